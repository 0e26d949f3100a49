import { contextBridge, ipcRenderer, webUtils } from 'electron';
import { hostChannels } from './hostChannels.ts';
import type { HostPort, MenuCommand } from './hostPort.ts';

const port: HostPort = {
  platform: process.platform,
  openFolderDialog: () => ipcRenderer.invoke(hostChannels.openFolder),
  openFilesDialog: () => ipcRenderer.invoke(hostChannels.openFiles),
  openModelDialog: () => ipcRenderer.invoke(hostChannels.openModel),
  saveFolderDialog: () => ipcRenderer.invoke(hostChannels.saveFolder),
  showInFolder: (path) => ipcRenderer.invoke(hostChannels.showInFolder, path),
  pathForFile: (file) => webUtils.getPathForFile(file),
  onCommand(listener) {
    // The event object itself never reaches the page: it would hand out ipcRenderer.
    ipcRenderer.on(hostChannels.command, (_event, command: MenuCommand) => listener(command));
  },
};

contextBridge.exposeInMainWorld('lamellaHost', port);
