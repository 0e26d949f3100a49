import { Button, NonIdealState, OverlayToaster, Position, Spinner } from '@blueprintjs/core';
import { Offline } from '@blueprintjs/icons';
import { useEffect } from 'react';
import { start } from '../actions/projects.ts';
import { AboutDialog } from '../dialogs/AboutDialog.tsx';
import { ExportDialog } from '../dialogs/ExportDialog.tsx';
import { ModelInputDialog } from '../dialogs/ModelInputDialog.tsx';
import { ModelsDialog } from '../dialogs/ModelsDialog.tsx';
import { OpenDialog } from '../dialogs/OpenDialog.tsx';
import { PixelSizeDialog } from '../dialogs/PixelSizeDialog.tsx';
import { SettingsDialog } from '../dialogs/SettingsDialog.tsx';
import { ShortcutsDialog } from '../dialogs/ShortcutsDialog.tsx';
import { useProject } from '../state/projectStore.ts';
import { useView } from '../state/viewStore.ts';
import { strings } from '../strings.ts';
import { NoticeText, setToaster } from './notify.tsx';
import { useFileDrop } from './useFileDrop.ts';
import { useKeyboard } from './useKeyboard.ts';
import { Welcome } from './Welcome.tsx';
import { Workbench } from './Workbench.tsx';

/** The whole page: what is shown depends on how far the project is. */
export function App() {
  const phase = useProject((state) => state.phase);
  const dark = useView((state) => state.dark);
  const dialog = useView((state) => state.dialog);
  const dropping = useFileDrop();
  useKeyboard();
  useEffect(() => {
    document.body.classList.toggle('bp6-dark', dark);
    const theme = dark ? 'dark' : 'light';
    document.documentElement.style.colorScheme = theme;
    document.documentElement.dataset.theme = theme;
  }, [dark]);

  return (
    <div className="app" role="presentation" onMouseDown={keepFocus}>
      {/* Escape belongs to the prompt and the selection: toasts go by themselves. */}
      <OverlayToaster ref={setToaster} position={Position.BOTTOM} maxToasts={4} canEscapeKeyClear={false} />
      {phase === 'open' && <Workbench />}
      {phase === 'welcome' && <Welcome />}
      {(phase === 'starting' || phase === 'opening') && (
        <NonIdealState
          icon={<Spinner size={32} />}
          title={phase === 'starting' ? strings.app.starting : strings.app.opening}
        />
      )}
      {phase === 'unreachable' && <Unreachable />}
      <OpenDialog isOpen={dialog === 'open'} />
      <ExportDialog isOpen={dialog === 'export'} />
      <ModelsDialog isOpen={dialog === 'models'} />
      <SettingsDialog isOpen={dialog === 'settings'} />
      <ModelInputDialog isOpen={dialog === 'model-input'} />
      <PixelSizeDialog isOpen={dialog === 'pixel-size'} />
      <ShortcutsDialog isOpen={dialog === 'shortcuts'} />
      <AboutDialog isOpen={dialog === 'about'} />
      {dropping && (
        <div className="drop-target" role="status">
          {strings.open.dropHere}
        </div>
      )}
    </div>
  );
}

function Unreachable() {
  const failure = useProject((state) => state.startFailure);
  return (
    <NonIdealState
      icon={<Offline size={40} />}
      title={strings.failure.startTitle}
      description={failure ? <NoticeText notice={failure} /> : undefined}
      action={<Button text={strings.actions.retry} intent="primary" onClick={() => void start()} />}
    />
  );
}

/**
 * A button pressed with the mouse does not take the focus, or the next Enter would press it again instead of
 * accepting the candidate. The keyboard still reaches every button with Tab.
 */
function keepFocus(event: React.MouseEvent): void {
  const target = event.target as HTMLElement;
  if (!target.closest('button, [role="option"]') || target.closest('.bp6-dialog')) return;
  event.preventDefault();
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}
