/**
 * What the desktop window offers the page beyond the service, as `window.lamellaHost` (types only; a browser has no
 * such port, and the page has a path field, uploads and its own menu instead).
 */

/** Commands of the application menu; the page carries them out as it does its own buttons and keys. */
export type MenuCommand =
  | 'open-folder'
  | 'open-files'
  | 'open-sample'
  | 'export'
  | 'models'
  | 'settings'
  | 'undo'
  | 'redo'
  | 'delete'
  | 'select-all'
  | 'merge'
  | 'fit'
  | 'actual-size'
  | 'zoom-in'
  | 'zoom-out'
  | 'toggle-theme'
  | 'help'
  | 'about';

export interface HostPort {
  /** process.platform of the host. */
  platform: string;
  /** Absolute path, or null when the dialog was dismissed. */
  openFolderDialog(): Promise<string | null>;
  openFilesDialog(): Promise<string[]>;
  /** A checkpoint, or a graph of a pair; null when the dialog was dismissed. */
  openModelDialog(): Promise<string | null>;
  /** A folder to write into; the dialog can make one. */
  saveFolderDialog(): Promise<string | null>;
  /** Path on disk of a file that was dropped or picked in the page. */
  pathForFile(file: File): string;
  onCommand(listener: (command: MenuCommand) => void): void;
  /** Opens the system's file manager at this file or folder, if it belongs to an opened project or an export. */
  showInFolder(path: string): Promise<void>;
}
