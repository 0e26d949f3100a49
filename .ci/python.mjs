// Finds a Python that can run the training recipe; on Debian it installs the distribution's packages when there is none.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const modules = 'import torch, numpy, scipy, PIL, onnx';
const packages = [
  'python3-torch',
  'python3-numpy',
  'python3-scipy',
  'python3-pil',
  'python3-onnx',
  'python3-matplotlib',
];

/** @returns {string | null} */
export function findPython() {
  const places = [process.env.LAMELLA_PYTHON, 'python3', '/usr/bin/python3'];
  return places.find((place) => place && spawnSync(place, ['-c', modules]).status === 0) ?? null;
}

/** @returns {string | null} null where there is none and none can be installed: what needs it is skipped. */
export function ensurePython() {
  const found = findPython();
  if (found || !existsSync('/usr/bin/apt-get')) return found;
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  if (asRoot.length > 0 && spawnSync('sudo', ['-n', 'true']).status !== 0) return null;
  const apt = (/** @type {string[]} */ ...args) => {
    const [command = 'apt-get', ...rest] = [...asRoot, 'apt-get', ...args];
    return spawnSync(command, rest, { stdio: 'inherit', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  };
  apt('update');
  apt('install', '-y', '--no-install-recommends', ...packages);
  return findPython();
}
