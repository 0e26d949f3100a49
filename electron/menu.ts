import type { MenuItemConstructorOptions } from 'electron';
import type { MenuCommand } from './hostPort.ts';

/**
 * The application menu. Single keys and the page's own shortcuts are shown but not registered: the page handles them,
 * so that they mean the same in a browser and do nothing while someone types a name.
 */
export function menuTemplate(
  platform: NodeJS.Platform,
  send: (command: MenuCommand) => void,
): MenuItemConstructorOptions[] {
  const command = (label: string, name: MenuCommand, accelerator?: string): MenuItemConstructorOptions => ({
    id: name,
    label,
    ...(accelerator ? { accelerator } : {}),
    click: () => send(name),
  });
  const pageKey = (label: string, name: MenuCommand, accelerator: string): MenuItemConstructorOptions => ({
    ...command(label, name, accelerator),
    registerAccelerator: false,
  });
  const mac = platform === 'darwin';

  return [
    ...(mac ? [{ role: 'appMenu' } as const] : []),
    {
      label: '&File',
      submenu: [
        command('Open folder…', 'open-folder', 'CmdOrCtrl+O'),
        command('Open files…', 'open-files', 'CmdOrCtrl+Shift+O'),
        command('Open sample micrographs', 'open-sample'),
        { type: 'separator' },
        command('Export…', 'export', 'CmdOrCtrl+E'),
        pageKey('Models…', 'models', 'Shift+M'),
        pageKey('Settings…', 'settings', 'CmdOrCtrl+,'),
        { type: 'separator' },
        mac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    {
      label: '&Edit',
      submenu: [
        pageKey('Undo', 'undo', 'CmdOrCtrl+Z'),
        pageKey('Redo', 'redo', mac ? 'Cmd+Shift+Z' : 'Ctrl+Y'),
        { type: 'separator' },
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        pageKey('Select all', 'select-all', 'CmdOrCtrl+A'),
        { type: 'separator' },
        pageKey('Merge objects', 'merge', 'M'),
        pageKey('Delete objects', 'delete', 'Delete'),
      ],
    },
    {
      label: '&View',
      submenu: [
        pageKey('Fit to window', 'fit', '0'),
        pageKey('Actual size (100 %)', 'actual-size', '9'),
        pageKey('Zoom in', 'zoom-in', 'Plus'),
        pageKey('Zoom out', 'zoom-out', '-'),
        { type: 'separator' },
        command('Light or dark', 'toggle-theme'),
        { role: 'togglefullscreen' },
        { role: 'toggleDevTools' },
      ],
    },
    ...(mac ? [{ role: 'windowMenu' } as const] : []),
    {
      label: '&Help',
      role: 'help',
      submenu: [command('Keys and help', 'help', 'F1'), command('About Lamella', 'about')],
    },
  ];
}
