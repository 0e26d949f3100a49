import type { BrowserWindow, Dialog, IpcMain, IpcMainInvokeEvent, Shell } from 'electron';
import { hostChannels } from './hostChannels.ts';
import { workbenchOrigin } from './protocol.ts';

export interface DialogNeeds {
  ipcMain: Pick<IpcMain, 'handle'>;
  dialog: Pick<Dialog, 'showOpenDialog'>;
  shell: Pick<Shell, 'showItemInFolder'>;
  window(): BrowserWindow | null;
  /** Lower-case endings with the dot. */
  micrographExtensions: readonly string[];
  /** Whether the page may have this path shown in the file manager. */
  isKnownPath(path: string): boolean;
}

const modelExtensions = ['pt', 'pth', 'safetensors', 'onnx'];

/** Native dialogs for the page. Each call is answered only to our own page in our own window's main frame. */
export function answerDialogs(needs: DialogNeeds): void {
  const answer = <T>(channel: string, work: (window: BrowserWindow, ...given: unknown[]) => Promise<T>) =>
    needs.ipcMain.handle(channel, (event, ...given: unknown[]) => {
      const window = needs.window();
      if (!window || !isOurPage(event, window)) throw new Error(`${channel}: this page may not ask for it`);
      return work(window, ...given);
    });
  const open = async (window: BrowserWindow, options: Electron.OpenDialogOptions): Promise<string[]> => {
    const { canceled, filePaths } = await needs.dialog.showOpenDialog(window, options);
    return canceled ? [] : filePaths;
  };
  const extensions = needs.micrographExtensions.map((extension) => extension.slice(1));

  answer(hostChannels.openFolder, async (window) => (await open(window, { properties: ['openDirectory'] }))[0] ?? null);
  answer(hostChannels.openFiles, (window) =>
    open(window, {
      properties: ['openFile', 'multiSelections'],
      filters: [{ name: 'Micrographs', extensions }],
    }),
  );
  answer(hostChannels.openModel, async (window) => {
    const filters = [{ name: 'Checkpoints and graphs', extensions: modelExtensions }];
    return (await open(window, { properties: ['openFile'], filters }))[0] ?? null;
  });
  answer(
    hostChannels.saveFolder,
    async (window) => (await open(window, { properties: ['openDirectory', 'createDirectory'] }))[0] ?? null,
  );
  answer(hostChannels.showInFolder, async (_window, path) => {
    if (typeof path !== 'string' || !needs.isKnownPath(path))
      throw new Error('This path belongs to no opened project.');
    needs.shell.showItemInFolder(path);
  });
}

export function isOurPage(
  event: Pick<IpcMainInvokeEvent, 'sender' | 'senderFrame'>,
  window: Pick<BrowserWindow, 'webContents'>,
): boolean {
  const frame = event.senderFrame;
  return (
    event.sender === window.webContents &&
    frame !== null &&
    frame === window.webContents.mainFrame &&
    `${frame.origin}/`.startsWith(`${workbenchOrigin}/`)
  );
}
