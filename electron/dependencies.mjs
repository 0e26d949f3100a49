// @ts-check
// The dependencies of a clone: whether they are installed, and installing them. Without dependencies of its own, since
// it runs before there are any.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
const marker = join(root, 'node_modules', '.lamella-installed');

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

/** npm's own note of what is installed is newer than the lock file right after an install; ours holds its hash. */
function areInstalled() {
  if (existsSync(marker)) return readFileSync(marker, 'utf8').trim() === lockHash();
  const note = statSync(join(root, 'node_modules', '.package-lock.json'), { throwIfNoEntry: false });
  return note !== undefined && note.mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs;
}

/** Installs what package-lock.json says unless it is there. Without `electron` its program is not downloaded. */
export function installMissing(/** @type {{ electron: boolean }} */ { electron }) {
  if (!areInstalled()) {
    // onnxruntime's download is CUDA only, which nothing here needs; its CPU and WebGPU libraries come with the package.
    runStep('Installing the dependencies', 'npm', ['ci', '--no-audit', '--no-fund'], {
      ONNXRUNTIME_NODE_INSTALL: 'skip',
      ...(electron ? {} : { ELECTRON_SKIP_BINARY_DOWNLOAD: '1' }),
    });
  }
  writeFileSync(marker, `${lockHash()}\n`);
}

/**
 * Runs to the end with its output on standard error: standard output is for results. Ends this program on failure.
 * @param {string} what
 * @param {string} command
 * @param {string[]} args
 * @param {Record<string, string>} env
 */
export function runStep(what, command, args, env = {}) {
  console.error(`${what} …`);
  const result = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...env },
    shell: process.platform === 'win32' && command === 'npm',
  });
  if (result.status === 0) return;
  console.error(
    `${what} failed${result.error ? `: ${result.error.message}` : ''}. See the lines above, then try again.`,
  );
  process.exit(1);
}
