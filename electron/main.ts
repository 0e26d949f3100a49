import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  nativeTheme,
  protocol,
  screen,
  session,
  shell,
  utilityProcess,
} from 'electron';
import { answerDialogs } from './dialogs.ts';
import { hostChannels } from './hostChannels.ts';
import type { MenuCommand } from './hostPort.ts';
import { menuTemplate } from './menu.ts';
import { serveWorkbench, workbenchOrigin, workbenchScheme } from './protocol.ts';
import { findAppRoot } from './service/appRoot.ts';
import { dataFolderPath } from './service/dataFolder.ts';
import { isLamellaError } from './service/errors.ts';
import { adaptUtilityProcess } from './service/inference/inferenceChild.ts';
import { micrographExtensions } from './service/micrographs/index.ts';
import { reportDefect, type ServiceHost, startServiceHost } from './serviceHost.ts';
import { denyNavigation, denyPermissions, windowOptions } from './window.ts';
import { isReachable, readWindowState, writeWindowState } from './windowState.ts';

// The shell: one window on the service. What it does beyond that (dialogs, menu, single instance) is wired here.

const shellFolder = join(dataFolderPath(), 'shell');
mkdirSync(shellFolder, { recursive: true });
app.setPath('userData', shellFolder);
protocol.registerSchemesAsPrivileged([workbenchScheme]);

const windowStatePath = join(shellFolder, 'window.json');
let window: BrowserWindow | null = null;
let service: ServiceHost | null = null;
/** Files that the system asked to open before the service was there. */
const early: string[] = [];

if (app.requestSingleInstanceLock()) {
  app.on('second-instance', (_event, argv, workingDirectory) => {
    void openPaths(pathsOf(argv).map((path) => resolve(workingDirectory, path)));
  });
  app.on('open-file', (event, path) => {
    event.preventDefault();
    void openPaths([path]);
  });
  app.on('window-all-closed', () => app.quit());
  app.on('will-quit', closeServiceFirst);
  app.whenReady().then(start).catch(failAtStart);
} else {
  app.quit();
}

async function start(): Promise<void> {
  const appRoot = findAppRoot(import.meta.url);
  service = startServiceHost({
    host: 'electron',
    fork: (entry, { quiet = false } = {}) =>
      adaptUtilityProcess(utilityProcess.fork(entry, [], { stdio: quiet ? 'ignore' : 'inherit' })),
  });
  const { workbench } = service;
  serveWorkbench(protocol, service.app);
  denyPermissions(session.defaultSession);
  app.on('web-contents-created', (_event, contents) => denyNavigation(contents));
  answerDialogs({
    ipcMain,
    dialog,
    shell,
    window: () => window,
    micrographExtensions,
    isKnownPath: (path) => workbench.knowsPath(path),
  });
  const send = (command: MenuCommand) => window?.webContents.send(hostChannels.command, command);
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(process.platform, send)));
  const wanted = [...early, ...pathsOf(process.argv).map((path) => resolve(path))];
  if (wanted.length > 0) await openInWorkbench(wanted);
  await openWindow(appRoot);
}

async function openWindow(appRoot: string): Promise<void> {
  const saved = readWindowState(windowStatePath);
  const workAreas = screen.getAllDisplays().map((display) => display.workArea);
  const state = saved && isReachable(saved.bounds, workAreas) ? saved : null;
  const opened = new BrowserWindow(
    windowOptions(
      join(appRoot, 'dist', 'preload.cjs'),
      join(appRoot, 'assets', 'icons', 'icon.png'),
      state,
      nativeTheme.shouldUseDarkColors,
    ),
  );
  window = opened;
  if (state?.maximized) opened.maximize();
  opened.once('ready-to-show', () => opened.show());
  opened.on('close', () => {
    writeWindowState(windowStatePath, { bounds: opened.getNormalBounds(), maximized: opened.isMaximized() });
  });
  opened.on('closed', () => {
    window = null;
  });
  await opened.loadURL(`${workbenchOrigin}/`);
}

/** Opens what the system or a second start named; the page goes to the project that was opened last. */
async function openPaths(paths: string[]): Promise<void> {
  if (!service) {
    early.push(...paths);
    return;
  }
  if (window?.isMinimized()) window.restore();
  window?.focus();
  if (paths.length === 0) return;
  await openInWorkbench(paths);
  window?.webContents.reload();
}

async function openInWorkbench(paths: string[]): Promise<void> {
  try {
    await service?.workbench.open(paths);
  } catch (cause) {
    if (!isLamellaError(cause)) reportDefect(cause);
    const detail = isLamellaError(cause) ? (cause.remedy ?? '') : '';
    await dialog.showMessageBox({
      type: 'error',
      message: cause instanceof Error ? cause.message : String(cause),
      detail,
    });
  }
}

/** File names among the arguments; in development the first is the program's own entry. */
function pathsOf(argv: readonly string[]): string[] {
  return argv.slice(app.isPackaged ? 1 : 2).filter((argument) => !argument.startsWith('-'));
}

/** Quitting waits until projects are closed and the inference process has ended. */
function closeServiceFirst(event: Electron.Event): void {
  if (!service) return;
  event.preventDefault();
  const closing = service;
  service = null;
  closing
    .close()
    .catch(reportDefect)
    .finally(() => app.quit());
}

function failAtStart(cause: unknown): void {
  reportDefect(cause);
  dialog.showErrorBox('Lamella cannot start', cause instanceof Error ? cause.message : String(cause));
  app.exit(1);
}
