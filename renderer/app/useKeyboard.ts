import { useEffect } from 'react';
import { pressClassKey } from '../actions/review.ts';
import { host } from '../client/host.ts';
import { runCommand } from '../commands.ts';
import { chordOf, commandForChord, commandIds } from '../keyboard.ts';
import { useProject } from '../state/projectStore.ts';
import { usePrompt } from '../state/promptStore.ts';
import { useView } from '../state/viewStore.ts';

export const isMac = /mac/i.test(host?.platform === 'darwin' ? 'mac' : navigator.platform);

/** One key handler for the whole page, and the menu's commands beside it. */
export function useKeyboard(): void {
  useEffect(() => {
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);
  useEffect(() => {
    host?.onCommand((command) => {
      // Edit commands of the menu go to the text field that has the focus, as everywhere.
      if (!isTyping(document.activeElement) && (commandIds as string[]).includes(command)) runCommand(command);
    });
  }, []);
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || isTyping(event.target) || useView.getState().dialog !== null) return;
  const chord = chordOf(event, isMac);
  if (chord === null) return;
  const { candidates } = usePrompt.getState();
  const command = commandForChord(chord, candidates.length > 0);
  // A button that was reached with Tab keeps its own Enter, a list its own Escape comes last.
  if (command === 'accept' && hasKeyboardFocus(event.target)) return;
  if (command) {
    if (useProject.getState().phase !== 'open' && !command.startsWith('open-') && !withoutProject.has(command)) return;
    event.preventDefault();
    if (!event.repeat || repeatable.has(command)) runCommand(command);
    return;
  }
  const chosen = useProject.getState().records.classes.find(({ key }) => key?.toUpperCase() === chord);
  if (chosen) {
    event.preventDefault();
    pressClassKey(chosen.id);
  }
}

/** Commands that mean something before a project is open. */
const withoutProject = new Set<string>(['models', 'settings', 'help']);

/** Commands that go on while the key is held. */
const repeatable = new Set<string>([
  'undo',
  'redo',
  'previous-image',
  'next-image',
  'zoom-in',
  'zoom-out',
  'choose-next',
  'next-proposal',
  'previous-proposal',
]);

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('input:not([type="checkbox"], [type="radio"], [type="range"], [type="color"]), textarea, select') !==
      null
  );
}

function hasKeyboardFocus(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('button:focus-visible, a:focus-visible, [role="slider"]');
}
