import { EventEmitter } from 'node:events';
import type { Session, WebContents } from 'electron';
import { describe, expect, it } from 'vitest';
import { denyNavigation, denyPermissions, windowOptions } from './window.ts';

describe('the window', () => {
  it('keeps the page in the sandbox, without Node', () => {
    const { webPreferences } = windowOptions('/preload.cjs', '/icon.png', null, true);
    expect(webPreferences).toMatchObject({
      preload: '/preload.cjs',
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
    });
  });

  it('comes back where it was', () => {
    const bounds = { x: 40, y: 50, width: 1200, height: 700 };
    expect(windowOptions('p', 'i', { bounds, maximized: false }, false)).toMatchObject(bounds);
  });
});

/** The events of a page as Electron emits them, with what was done about each. */
class Page extends EventEmitter {
  openHandler: (() => { action: string }) | null = null;
  setWindowOpenHandler(handler: () => { action: string }) {
    this.openHandler = handler;
  }
  /** Whether the page was let go there. */
  goes(event: string, url: string): boolean {
    let stopped = false;
    this.emit(event, {
      url,
      preventDefault() {
        stopped = true;
      },
    });
    return !stopped;
  }
}

describe('navigation', () => {
  const page = new Page();
  denyNavigation(page as unknown as WebContents);

  it.each(['will-navigate', 'will-redirect', 'will-frame-navigate'])('%s stays in the workbench', (event) => {
    expect(page.goes(event, 'lamella://workbench/')).toBe(true);
    for (const url of [
      'https://example.com/',
      'file:///etc/passwd',
      'lamella://workbench.example.com/',
      'lamella://other/',
      'javascript:alert(1)',
    ]) {
      expect(page.goes(event, url), url).toBe(false);
    }
  });

  it('opens no window and no embedded browser', () => {
    expect(page.openHandler?.()).toEqual({ action: 'deny' });
    expect(page.goes('will-attach-webview', 'lamella://workbench/')).toBe(false);
  });
});

it('grants no permission', () => {
  const handlers: Record<string, (...given: never[]) => unknown> = {};
  denyPermissions({
    setPermissionRequestHandler: (handler: never) => {
      handlers.request = handler;
    },
    setPermissionCheckHandler: (handler: never) => {
      handlers.check = handler;
    },
    setDevicePermissionHandler: (handler: never) => {
      handlers.device = handler;
    },
  } as unknown as Session);
  const answers: boolean[] = [];
  handlers.request?.(null as never, 'media' as never, ((granted: boolean) => answers.push(granted)) as never);
  expect([...answers, handlers.check?.(), handlers.device?.()]).toEqual([false, false, false]);
});
