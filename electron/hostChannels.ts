/** Names of the messages between preload and shell: the dialogs are asked for, menu commands are told. */
export const hostChannels = {
  openFolder: 'lamella:open-folder-dialog',
  openFiles: 'lamella:open-files-dialog',
  openModel: 'lamella:open-model-dialog',
  saveFolder: 'lamella:save-folder-dialog',
  showInFolder: 'lamella:show-in-folder',
  command: 'lamella:command',
} as const;
