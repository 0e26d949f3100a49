import type { BrowserWindowConstructorOptions, Session, WebContents } from 'electron';
import { workbenchOrigin } from './protocol.ts';
import type { WindowState } from './windowState.ts';

/** Options of the one window: the page is sandboxed and has no Node, only the small port of the preload. */
export function windowOptions(
  preload: string,
  icon: string,
  state: WindowState | null,
  dark: boolean,
): BrowserWindowConstructorOptions {
  return {
    width: 1440,
    height: 900,
    ...(state ? state.bounds : {}),
    minWidth: 900,
    minHeight: 600,
    show: false,
    title: 'Lamella',
    icon,
    backgroundColor: dark ? '#1c2127' : '#f6f7f9',
    webPreferences: {
      preload,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
    },
  };
}

/** The page stays where it is: no other address, no new window, no embedded browser. */
export function denyNavigation(contents: Pick<WebContents, 'on' | 'setWindowOpenHandler'>): void {
  const stay = (event: { preventDefault(): void }, url: string) => {
    if (!url.startsWith(`${workbenchOrigin}/`)) event.preventDefault();
  };
  contents.on('will-navigate', (event) => stay(event, event.url));
  contents.on('will-redirect', (event) => stay(event, event.url));
  contents.on('will-frame-navigate', (event) => stay(event, event.url));
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
}

/** No camera, microphone, notifications, USB … : an annotation workbench needs none of them. */
export function denyPermissions(
  session: Pick<Session, 'setPermissionRequestHandler' | 'setPermissionCheckHandler' | 'setDevicePermissionHandler'>,
): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
}
