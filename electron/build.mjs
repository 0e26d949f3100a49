// @ts-check
// Builds everything that runs: the renderer (Vite) and the Node entries (esbuild) into dist/.
import { chmod, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { build as buildRenderer } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
await rm('dist', { recursive: true, force: true });

/** @type {esbuild.BuildOptions} */
const node = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  packages: 'external',
  logLevel: 'warning',
};

await Promise.all([
  esbuild.build({
    ...node,
    format: 'esm',
    outdir: 'dist',
    outExtension: { '.js': '.mjs' },
    entryPoints: {
      main: 'electron/main.ts',
      cli: 'electron/cli.ts',
      'inference-process': 'electron/service/inference/inference-process.ts',
      'model-process': 'electron/service/models/model-process.ts',
    },
    external: ['electron'],
  }),
  esbuild.build({
    ...node,
    format: 'cjs',
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    entryPoints: { preload: 'electron/preload.ts' },
    external: ['electron'],
  }),
  buildRenderer({ configFile: 'vite.config.ts', logLevel: 'warn' }),
]);
await chmod('dist/cli.mjs', 0o755);
