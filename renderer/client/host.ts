import type { HostPort } from '../../electron/hostPort.ts';

declare global {
  interface Window {
    lamellaHost?: HostPort;
  }
}

/** The desktop window's port; null in a browser, where a path field and uploads take the place of its dialogs. */
export const host: HostPort | null = window.lamellaHost ?? null;
