// Builds the workbench and its benchmark, then runs it.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { ensureChromium } from '../../.ci/chromium.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));
const build = spawnSync(process.execPath, ['electron/build.mjs'], { stdio: ['ignore', 2, 2] });
if (build.status !== 0) process.exit(build.status ?? 1);
await esbuild.build({
  entryPoints: {
    bench: 'e2e/bench/main.ts',
    'bench-apart': 'e2e/bench/ownProcess.ts',
    'bench-session': 'e2e/bench/sessionRun.ts',
  },
  outdir: 'dist',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  logLevel: 'warning',
});
process.env.LAMELLA_CHROMIUM ??= ensureChromium();
await import('../../dist/bench.mjs');
