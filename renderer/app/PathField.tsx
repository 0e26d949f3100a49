import { Button, InputGroup } from '@blueprintjs/core';
import { FolderOpen } from '@blueprintjs/icons';
import { useState } from 'react';
import { openPaths } from '../actions/projects.ts';
import { strings } from '../strings.ts';

/** In a browser: the place of the native open dialog. The path is one of the machine that the service runs on. */
export function PathField({ large = false, onOpened }: { large?: boolean; onOpened?: () => void }) {
  const [path, setPath] = useState('');
  return (
    <form
      className="path-field"
      onSubmit={(event) => {
        event.preventDefault();
        if (path.trim() === '') return;
        onOpened?.();
        void openPaths([path.trim()]);
      }}
    >
      <InputGroup
        fill
        size={large ? 'large' : 'small'}
        {...(large ? { leftElement: <FolderOpen className="path-field-icon" /> } : {})}
        placeholder={large ? strings.open.pathPlaceholder : strings.open.shortPlaceholder}
        aria-label={strings.open.path}
        title={strings.open.path}
        data-testid="path-field"
        spellCheck={false}
        value={path}
        onValueChange={setPath}
      />
      <Button
        type="submit"
        size={large ? 'large' : 'small'}
        intent={large ? 'primary' : 'none'}
        text={strings.actions.open}
        disabled={path.trim() === ''}
        data-testid="path-open"
      />
    </form>
  );
}
