import type { BrowserWindow, Dialog, IpcMain } from 'electron';
import { describe, expect, it } from 'vitest';
import { answerDialogs } from './dialogs.ts';
import { hostChannels } from './hostChannels.ts';

const mainFrame = { origin: 'lamella://workbench' };
const contents = { mainFrame };
const window = { webContents: contents } as unknown as BrowserWindow;
const ourPage = { sender: contents, senderFrame: mainFrame };

type Handler = (event: unknown, ...given: unknown[]) => unknown;

function setUp(chosen: { canceled: boolean; filePaths: string[] }) {
  const handlers = new Map<string, Handler>();
  const shown: string[] = [];
  const asked: unknown[] = [];
  answerDialogs({
    ipcMain: { handle: (channel: string, handler: Handler) => handlers.set(channel, handler) } as unknown as IpcMain,
    dialog: {
      showOpenDialog: async (_window: unknown, options: unknown) => {
        asked.push(options);
        return chosen;
      },
    } as unknown as Dialog,
    shell: { showItemInFolder: (path) => shown.push(path) },
    window: () => window,
    micrographExtensions: ['.png', '.tif'],
    isKnownPath: (path) => path.startsWith('/project/'),
  });
  // As ipcMain does: what a handler throws is a rejection for the page.
  const call = async (channel: string, event: unknown, ...given: unknown[]) => handlers.get(channel)?.(event, ...given);
  return { call, shown, asked };
}

describe('native dialogs', () => {
  it('answer our page with what was chosen', async () => {
    const { call, asked } = setUp({ canceled: false, filePaths: ['/a b/ä.png', '/c.tif'] });
    expect(await call(hostChannels.openFiles, ourPage)).toEqual(['/a b/ä.png', '/c.tif']);
    expect(await call(hostChannels.openFolder, ourPage)).toBe('/a b/ä.png');
    expect(await call(hostChannels.openModel, ourPage)).toBe('/a b/ä.png');
    expect(asked[0]).toMatchObject({ filters: [{ extensions: ['png', 'tif'] }] });
  });

  it('answer null, or no files, when dismissed', async () => {
    const { call } = setUp({ canceled: true, filePaths: [] });
    expect(await call(hostChannels.openFolder, ourPage)).toBeNull();
    expect(await call(hostChannels.saveFolder, ourPage)).toBeNull();
    expect(await call(hostChannels.openModel, ourPage)).toBeNull();
    expect(await call(hostChannels.openFiles, ourPage)).toEqual([]);
  });

  it.each([
    ['another page', { sender: { mainFrame }, senderFrame: mainFrame }],
    ['a frame inside our page', { sender: contents, senderFrame: { origin: 'lamella://workbench' } }],
    ['a page that is gone', { sender: contents, senderFrame: null }],
  ])('are refused to %s', async (_who, event) => {
    const { call, asked } = setUp({ canceled: false, filePaths: ['/secret'] });
    for (const channel of [
      hostChannels.openFolder,
      hostChannels.openFiles,
      hostChannels.openModel,
      hostChannels.saveFolder,
    ]) {
      await expect(call(channel, event)).rejects.toThrow('may not ask');
    }
    expect(asked).toEqual([]);
  });

  it('are refused when our window shows something else', async () => {
    const { call } = setUp({ canceled: false, filePaths: ['/secret'] });
    mainFrame.origin = 'https://example.com';
    await expect(call(hostChannels.openFolder, ourPage)).rejects.toThrow('may not ask');
    mainFrame.origin = 'lamella://workbench';
  });

  it('show only what belongs to an opened project', async () => {
    const { call, shown } = setUp({ canceled: true, filePaths: [] });
    await call(hostChannels.showInFolder, ourPage, '/project/export/labels.tif');
    await expect(call(hostChannels.showInFolder, ourPage, '/etc/passwd')).rejects.toThrow('no opened project');
    expect(shown).toEqual(['/project/export/labels.tif']);
  });
});
