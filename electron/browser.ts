import { spawn } from 'node:child_process';

/** Whether there is a screen to open a browser on. */
export function hasDisplay(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): boolean {
  return platform === 'win32' || platform === 'darwin' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
}

/** Opens the address in the user's browser; `failed` is told when there is no program for it. */
export function openBrowser(address: string, failed: (message: string) => void): void {
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', address]
      : process.platform === 'win32'
        ? ['rundll32', 'url.dll,FileProtocolHandler', address]
        : ['xdg-open', address];
  const child = spawn(command!, args, { stdio: 'ignore', detached: true });
  child.on('error', (error) => failed(`No browser could be opened (${error.message}): open the address yourself.`));
  child.unref();
}
