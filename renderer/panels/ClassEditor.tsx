import { Button, HTMLSelect, InputGroup } from '@blueprintjs/core';
import { Tick, Trash } from '@blueprintjs/icons';
import { useState } from 'react';
import type { ClassView } from '../../electron/service/api/contract.ts';
import { submitEdit } from '../actions/edits.ts';
import { notify } from '../app/notify.tsx';
import { keyFreeForClass } from '../keyboard.ts';
import { strings } from '../strings.ts';

interface ClassEditorProps {
  edited: ClassView;
  others: readonly ClassView[];
  onClose(): void;
}

/** Name, colour and key of a class; saved together as one edit, by Enter or the tick. */
export function ClassEditor({ edited, others, onClose }: ClassEditorProps) {
  const [name, setName] = useState(edited.name);
  const [color, setColor] = useState(edited.color);
  const [key, setKey] = useState(edited.key?.toUpperCase() ?? '');
  const [moveTo, setMoveTo] = useState<number | null>(null);

  const save = () => {
    const taken = others.some((other) => other.id !== edited.id && other.key?.toUpperCase() === key);
    if (key !== '' && (taken || !keyFreeForClass(key))) {
      return notify({ level: 'warning', message: strings.classes.keyTaken(key), remedy: strings.classes.keyHint });
    }
    const set = {
      ...(name.trim() && name.trim() !== edited.name ? { name: name.trim() } : {}),
      ...(color !== edited.color ? { color } : {}),
      ...(key !== (edited.key?.toUpperCase() ?? '') ? { key: key === '' ? null : key } : {}),
    };
    if (Object.keys(set).length > 0) void submitEdit({ type: 'updateClass', id: edited.id, set });
    onClose();
  };
  const remove = async () => {
    if (await submitEdit({ type: 'removeClass', id: edited.id, moveTo })) onClose();
  };

  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- Escape in any of its fields closes it.
    <form
      className="class-editor"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose();
      }}
    >
      <div className="class-editor-row">
        <input
          type="color"
          aria-label={strings.classes.color(edited.name)}
          value={color}
          onChange={(event) => setColor(event.target.value)}
        />
        <InputGroup
          // oxlint-disable-next-line jsx-a11y/no-autofocus -- it was opened to type a name.
          autoFocus
          fill
          size="small"
          aria-label={strings.classes.name}
          value={name}
          maxLength={80}
          data-testid="class-name"
          onFocus={(event) => event.target.select()}
          onValueChange={setName}
        />
        <InputGroup
          className="class-key"
          size="small"
          aria-label={strings.classes.key}
          title={strings.classes.keyHint}
          placeholder={strings.classes.key}
          value={key}
          maxLength={3}
          onValueChange={(value) => setKey(value.toUpperCase())}
        />
        <Button type="submit" size="small" intent="primary" icon={<Tick />} aria-label={strings.actions.close} />
      </div>
      {others.length > 1 && (
        <div className="class-editor-row">
          <Button
            size="small"
            variant="minimal"
            intent="danger"
            icon={<Trash />}
            text={strings.actions.remove}
            title={strings.classes.remove}
            onClick={() => void remove()}
          />
          <HTMLSelect
            fill
            className="class-move"
            aria-label={strings.classes.moveTo}
            title={strings.classes.moveTo}
            value={moveTo ?? ''}
            onChange={(event) => setMoveTo(event.target.value === '' ? null : Number(event.target.value))}
          >
            <option value="">{strings.classes.refuseObjects}</option>
            {others
              .filter(({ id }) => id !== edited.id)
              .map((other) => (
                <option key={other.id} value={other.id}>
                  {strings.classes.moveTo} {other.name}
                </option>
              ))}
          </HTMLSelect>
        </div>
      )}
    </form>
  );
}
