// Finds a Chromium for the browser journeys; on Debian it installs the distribution's own when there is none.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const places = [
  process.env.LAMELLA_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

export function findChromium() {
  return places.find((place) => place && existsSync(place)) ?? null;
}

/** @returns {string} path of the browser. @throws Error that says what to install. */
export function ensureChromium() {
  const found = findChromium();
  if (found) return found;
  if (existsSync('/usr/bin/apt-get')) {
    const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
    const apt = (/** @type {string[]} */ ...args) => {
      const [command, ...rest] = [...asRoot, 'apt-get', ...args];
      execFileSync(command, rest, { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
    };
    if (asRoot.length === 0 || spawnSync('sudo', ['-n', 'true']).status === 0) {
      apt('update');
      apt('install', '-y', '--no-install-recommends', 'chromium', 'libvulkan1', 'fonts-dejavu-core');
    }
  }
  const installed = findChromium();
  if (installed) return installed;
  throw new Error('The journeys need Chromium: install the package "chromium", or name a browser in LAMELLA_CHROMIUM.');
}
