// @ts-check
// `npm start`: installs and builds what is missing or out of date, then opens the workbench: in Electron's window, or,
// where its program is not there, in a browser on this machine. Plain JavaScript without dependencies: it runs before
// there are any.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { installMissing, root, runStep } from './dependencies.mjs';

const neededNode = [20, 19];
/** About 120 MB; a network that gives less than 200 kB/s gets the browser this time. */
const electronDownloadMs = 600_000;
/** What the bundle is made from. */
const sources = ['electron', 'renderer', 'native-models', 'package.json', 'tsconfig.json', 'vite.config.ts'];

/** Why this Node can't run Lamella, or null. */
export function nodeProblem(/** @type {string} */ version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [neededMajor, neededMinor] = /** @type {[number, number]} */ (neededNode);
  if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) return null;
  return `Lamella needs Node.js ${neededNode.join('.')} or newer; this is ${version}. Install it from https://nodejs.org and run npm start again.`;
}

/**
 * Splits the arguments: --headless (no window, no browser) is ours, the rest goes to the window or to `lamella serve`.
 * @param {readonly string[]} given
 */
export function splitArguments(given) {
  const headless = given.includes('--headless');
  const rest = given.filter((argument) => argument !== '--headless');
  // A port makes sense for the loopback host only, so it asks for it.
  const loopback = headless || rest.some((argument) => argument === '--port' || argument.startsWith('--port='));
  const serve = headless && !rest.includes('--no-open') ? [...rest, '--no-open'] : rest;
  return { headless, loopback, serve, window: rest.filter((argument) => argument !== '--no-open') };
}

/** Newest change below these paths, in ms since 1970; tests and what is built or downloaded do not count. */
export function newestChange(/** @type {readonly string[]} */ paths) {
  let newest = 0;
  for (const path of paths) {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) continue;
    if (stat.isDirectory()) {
      const below = readdirSync(path)
        .filter(
          (name) =>
            !['node_modules', '__pycache__', 'embedded', 'training'].includes(name) && !/\.test\.tsx?$/.test(name),
        )
        .map((name) => join(path, name));
      newest = Math.max(newest, newestChange(below));
    } else {
      newest = Math.max(newest, stat.mtimeMs);
    }
  }
  return newest;
}

function prepare(/** @type {boolean} */ loopback) {
  installMissing({ electron: !loopback });
  const built = newestChange([join(root, 'dist', 'cli.mjs')]);
  const page = existsSync(join(root, 'dist', 'renderer', 'index.html'));
  if (!page || built < newestChange(sources.map((path) => join(root, path)))) {
    runStep('Building', process.execPath, [join(root, 'electron', 'build.mjs')]);
  }
}

/** Path of Electron's program, or null where it is not (any more). */
function installedElectron() {
  const folder = join(root, 'node_modules', 'electron');
  const note = join(folder, 'path.txt');
  if (!existsSync(note)) return null;
  const program = join(folder, 'dist', readFileSync(note, 'utf8').trim());
  return existsSync(program) ? program : null;
}

/** Why no window can be opened on this machine whatever is installed, or null. */
export function windowProblem(
  /** @type {NodeJS.Platform} */ platform,
  /** @type {NodeJS.ProcessEnv} */ env,
  /** @type {number | undefined} */ userId,
) {
  if (platform === 'win32' || platform === 'darwin') return null;
  if (!env.DISPLAY && !env.WAYLAND_DISPLAY) return 'There is no display here';
  // Chromium's sandbox does not work for root, and a window without it is not offered.
  return userId === 0 ? "Electron's window does not open for the root user" : null;
}

/**
 * Electron's program, downloaded at the first start that needs it (its package comes without).
 * @returns {{program: string} | {problem: string}}
 */
function electronProgram() {
  const problem = windowProblem(process.platform, process.env, process.getuid?.());
  if (problem) return { problem };
  const installed = installedElectron();
  if (installed) return { program: installed };
  console.error("Downloading Electron's program …");
  spawnSync(process.execPath, [join(root, 'node_modules', 'electron', 'install.js')], {
    stdio: 'ignore',
    timeout: electronDownloadMs,
  });
  const program = installedElectron();
  return program ? { program } : { problem: "Electron's program is not installed and could not be downloaded" };
}

/** Starts the child in our place: signals go to it, its exit code is ours; `hint` is told when it failed. */
function become(/** @type {string} */ command, /** @type {string[]} */ args, /** @type {string | null} */ hint = null) {
  const child = spawn(command, args, { stdio: 'inherit' });
  for (const signal of /** @type {NodeJS.Signals[]} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('error', (error) => {
    console.error(`${command} could not be started: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (code !== 0 && hint) console.error(`It ended with ${signal ?? `exit code ${code}`}. ${hint}`);
    process.exit(code ?? 128 + (signal ? (constants.signals[signal] ?? 0) : 0));
  });
}

function main() {
  const problem = nodeProblem(process.versions.node);
  if (problem) {
    console.error(problem);
    process.exit(1);
  }
  const { loopback, serve, window } = splitArguments(process.argv.slice(2));
  prepare(loopback);
  if (!loopback) {
    const electron = electronProgram();
    if ('program' in electron) {
      become(electron.program, [root, ...window], 'npm start -- --headless serves the same workbench to a browser.');
      return;
    }
    console.error(`${electron.problem}: the same workbench is served to a browser on this computer.`);
  }
  become(process.execPath, [join(root, 'dist', 'cli.mjs'), 'serve', ...serve]);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) main();
