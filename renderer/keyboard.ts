/**
 * The one table of commands and their keys. The key handler, the menu, buttons and their tooltips, and the help all
 * read it. Notation: 'Mod+Shift+Z'; Mod is Ctrl, on a Mac Cmd. The first key is the one that is shown first.
 */
export interface Command {
  keys: readonly string[];
  group: CommandGroup;
  /** The keys mean this only while candidates are on screen; otherwise the browser has them (Tab moves the focus). */
  withCandidates?: true;
}

export const commandGroups = ['prompt', 'objects', 'proposals', 'images', 'view', 'project'] as const;
export type CommandGroup = (typeof commandGroups)[number];

export const commands = {
  'choose-1': { keys: ['1'], group: 'prompt', withCandidates: true },
  'choose-2': { keys: ['2'], group: 'prompt', withCandidates: true },
  'choose-3': { keys: ['3'], group: 'prompt', withCandidates: true },
  'choose-next': { keys: ['Tab'], group: 'prompt', withCandidates: true },
  'choose-previous': { keys: ['Shift+Tab'], group: 'prompt', withCandidates: true },
  accept: { keys: ['Enter'], group: 'prompt', withCandidates: true },
  /** Drops the prompt with its candidates; without one, the measured line; without either, clears the selection. */
  drop: { keys: ['Escape'], group: 'prompt' },

  'select-all': { keys: ['Mod+A'], group: 'objects' },
  merge: { keys: ['M'], group: 'objects' },
  subtract: { keys: ['S'], group: 'objects' },
  delete: { keys: ['Delete', 'Backspace'], group: 'objects' },
  'toggle-hidden': { keys: ['T'], group: 'objects' },
  'toggle-locked': { keys: ['L'], group: 'objects' },
  undo: { keys: ['Mod+Z'], group: 'objects' },
  redo: { keys: ['Mod+Shift+Z', 'Mod+Y'], group: 'objects' },

  propose: { keys: ['Shift+P'], group: 'proposals' },
  'propose-similar': { keys: ['Shift+L'], group: 'proposals' },
  propagate: { keys: ['Shift+S'], group: 'proposals' },
  'propagate-in-time': { keys: ['Shift+T'], group: 'proposals' },
  'next-proposal': { keys: ['J'], group: 'proposals' },
  'previous-proposal': { keys: ['K'], group: 'proposals' },
  'accept-proposal': { keys: ['E'], group: 'proposals' },
  'reject-proposal': { keys: ['R'], group: 'proposals' },
  'accept-shown': { keys: ['Shift+E'], group: 'proposals' },
  'reject-hidden': { keys: ['Shift+R'], group: 'proposals' },
  'toggle-proposals': { keys: ['Shift+X'], group: 'proposals' },

  'previous-image': { keys: ['A'], group: 'images' },
  'next-image': { keys: ['D'], group: 'images' },
  'find-image': { keys: ['Mod+F'], group: 'images' },
  'toggle-done': { keys: ['Shift+D'], group: 'images' },
  'previous-slice': { keys: [',', '<'], group: 'images' },
  'next-slice': { keys: ['.', '>'], group: 'images' },
  'next-channel': { keys: ['Shift+B'], group: 'images' },
  'toggle-composite': { keys: ['Shift+C'], group: 'images' },

  'tool-prompt': { keys: ['Q'], group: 'view' },
  'tool-select': { keys: ['V'], group: 'view' },
  'tool-pan': { keys: ['H'], group: 'view' },
  'tool-ruler': { keys: ['W'], group: 'view' },
  'pixel-size': { keys: [], group: 'view' },
  fit: { keys: ['0', 'F', '4'], group: 'view' },
  'actual-size': { keys: ['9', '5'], group: 'view' },
  'zoom-in': { keys: ['+', '='], group: 'view' },
  'zoom-out': { keys: ['-'], group: 'view' },
  reveal: { keys: ['Z'], group: 'view' },
  'toggle-objects': { keys: ['X'], group: 'view' },
  'auto-contrast': { keys: ['C'], group: 'view' },
  invert: { keys: ['Shift+I'], group: 'view' },
  'model-input': { keys: ['Shift+V'], group: 'view' },
  'toggle-preview': { keys: ['G'], group: 'view' },
  'step-close-ups': { keys: ['U'], group: 'view' },
  'toggle-theme': { keys: [], group: 'view' },

  'open-folder': { keys: ['Mod+O'], group: 'project' },
  'open-files': { keys: ['Mod+Shift+O'], group: 'project' },
  'open-sample': { keys: [], group: 'project' },
  export: { keys: ['Mod+E'], group: 'project' },
  models: { keys: ['Shift+M'], group: 'project' },
  settings: { keys: ['Mod+,'], group: 'project' },
  help: { keys: ['F1', '?'], group: 'project' },
  about: { keys: [], group: 'project' },
} as const satisfies Record<string, Command>;

export type CommandId = keyof typeof commands;

export const commandIds = Object.keys(commands) as CommandId[];

export const commandOf = (id: CommandId): Command => commands[id];

/** What a key event says, without the DOM. */
export interface KeyPress {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

/**
 * The key press in the table's notation; null for a lone modifier or with Alt. Shift is told for letters and named
 * keys only: for '+' or '?' it is part of how the character is typed. On a keyboard of another script the letter is
 * the one of the key's place.
 */
export function chordOf(press: KeyPress, mac: boolean): string | null {
  if (press.altKey || ['Control', 'Shift', 'Meta', 'Alt', 'AltGraph', 'Dead'].includes(press.key)) return null;
  const place = /^Key([A-Z])$/.exec(press.code)?.[1];
  const foreign = press.key.length === 1 && press.key.charCodeAt(0) > 127;
  const key = foreign && place ? place : press.key.length === 1 ? press.key.toUpperCase() : press.key;
  const mod = (mac ? press.metaKey : press.ctrlKey) ? 'Mod+' : '';
  const shift = press.shiftKey && (key.length > 1 || /[A-Z]/.test(key)) ? 'Shift+' : '';
  return `${mod}${shift}${key}`;
}

const byChord = new Map<string, CommandId>(
  commandIds.flatMap((id) => commandOf(id).keys.map((key): [string, CommandId] => [key, id])),
);

/** The command that this key means. */
export function commandForChord(chord: string, candidatesShown: boolean): CommandId | null {
  const id = byChord.get(chord);
  return id !== undefined && (!commandOf(id).withCandidates || candidatesShown) ? id : null;
}

/** Whether a class may have this key: a letter, or a function key, that no command has. */
export function keyFreeForClass(key: string): boolean {
  return /^([A-Z]|F\d{1,2})$/.test(key) && !byChord.has(key);
}

const symbols: Record<string, string> = { Escape: 'Esc', Delete: 'Del', Backspace: '⌫', Enter: '⏎', '-': '−' };

/** A key for people: 'Ctrl+Shift+Z', on a Mac '⌘⇧Z'. */
export function keyLabel(chord: string, mac: boolean): string {
  const parts = chord === '+' ? ['+'] : chord.split('+');
  const names = parts.map((part) => symbols[part] ?? part);
  if (mac) return names.map((name) => (name === 'Mod' ? '⌘' : name === 'Shift' ? '⇧' : name)).join('');
  return names.map((name) => (name === 'Mod' ? 'Ctrl' : name)).join('+');
}
