import type { MenuItemConstructorOptions } from 'electron';
import { describe, expect, it } from 'vitest';
import type { MenuCommand } from './hostPort.ts';
import { menuTemplate } from './menu.ts';

function itemsOf(template: MenuItemConstructorOptions[]): MenuItemConstructorOptions[] {
  return template.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? itemsOf(item.submenu) : [])]);
}

function byLabel(platform: NodeJS.Platform, label: string, send: (command: MenuCommand) => void = () => {}) {
  const item = itemsOf(menuTemplate(platform, send)).find((candidate) => candidate.label === label);
  if (!item) throw new Error(`no menu item "${label}"`);
  return item;
}

describe.each(['linux', 'win32', 'darwin'] as const)('the menu on %s', (platform) => {
  it('sends the command of the item that was chosen', () => {
    const sent: MenuCommand[] = [];
    for (const label of ['Open folder…', 'Open files…', 'Export…', 'Undo', 'Merge objects', 'Fit to window']) {
      const click = byLabel(platform, label, (command) => sent.push(command)).click as unknown as () => void;
      click();
    }
    expect(sent).toEqual(['open-folder', 'open-files', 'export', 'undo', 'merge', 'fit']);
  });

  it('gives every accelerator to one item only', () => {
    const accelerators = itemsOf(menuTemplate(platform, () => {})).flatMap(({ accelerator }) => accelerator ?? []);
    expect(new Set(accelerators).size).toBe(accelerators.length);
  });

  it('leaves keys that also mean something in a text field to the page', () => {
    for (const label of ['Undo', 'Redo', 'Select all', 'Delete objects', 'Merge objects', 'Fit to window']) {
      expect(byLabel(platform, label), label).toMatchObject({ registerAccelerator: false });
    }
    expect(byLabel(platform, 'Open folder…').registerAccelerator).toBeUndefined();
  });
});

it('has the application menu on macOS only', () => {
  expect(menuTemplate('darwin', () => {})[0]).toEqual({ role: 'appMenu' });
  expect(menuTemplate('linux', () => {}).map(({ label }) => label)).toEqual(['&File', '&Edit', '&View', '&Help']);
});
