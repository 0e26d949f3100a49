import { describe, expect, it } from 'vitest';
import {
  chordOf,
  commandForChord,
  commandIds,
  commandOf,
  type KeyPress,
  keyFreeForClass,
  keyLabel,
} from './keyboard.ts';

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  code: '',
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...more,
});

describe('the table of keys', () => {
  it('gives no key to two commands', () => {
    const owners = new Map<string, string[]>();
    for (const id of commandIds)
      for (const key of commandOf(id).keys) owners.set(key, [...(owners.get(key) ?? []), id]);
    expect([...owners].filter(([, ids]) => ids.length > 1)).toEqual([]);
  });

  it('leaves letters and function keys for classes', () => {
    expect(['P', 'B', 'Y', 'F2'].every(keyFreeForClass)).toBe(true);
    expect(['Q', '1', 'F1', 'Enter', 'ab', ''].some(keyFreeForClass)).toBe(false);
  });

  it('keeps Tab and Enter for the browser while there are no candidates', () => {
    for (const key of ['Tab', 'Shift+Tab', 'Enter', '1']) {
      expect(commandForChord(key, false)).toBeNull();
      expect(commandForChord(key, true)).not.toBeNull();
    }
    expect(commandForChord('Escape', false)).toBe('drop');
  });
});

describe('chordOf', () => {
  it('reads letters in either case, with Shift and Ctrl', () => {
    expect(chordOf(press('d'), false)).toBe('D');
    expect(chordOf(press('D', { shiftKey: true }), false)).toBe('Shift+D');
    expect(chordOf(press('Z', { shiftKey: true, ctrlKey: true }), false)).toBe('Mod+Shift+Z');
    expect(chordOf(press('z', { metaKey: true }), true)).toBe('Mod+Z');
    expect(chordOf(press('Tab', { shiftKey: true }), false)).toBe('Shift+Tab');
  });
  it('takes a typed sign as it is', () => {
    expect(chordOf(press('?', { shiftKey: true }), false)).toBe('?');
    expect(chordOf(press('+', { shiftKey: true }), false)).toBe('+');
  });
  it('goes by the place of the key on keyboards of other scripts', () => {
    expect(chordOf(press('й', { code: 'KeyQ' }), false)).toBe('Q');
  });
  it('is silent about modifiers alone and with Alt', () => {
    expect(chordOf(press('Shift', { shiftKey: true }), false)).toBeNull();
    expect(chordOf(press('q', { altKey: true }), false)).toBeNull();
  });
});

it('keyLabel writes keys as the platform does', () => {
  expect(keyLabel('Mod+Shift+Z', false)).toBe('Ctrl+Shift+Z');
  expect(keyLabel('Mod+Shift+Z', true)).toBe('⌘⇧Z');
  expect(keyLabel('+', false)).toBe('+');
});
