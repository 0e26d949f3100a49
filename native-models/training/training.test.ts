import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** A Python that has PyTorch; `npm test` finds or installs one. */
const python = [process.env.LAMELLA_PYTHON, 'python3', '/usr/bin/python3'].find(
  (place) => place && spawnSync(place, ['-c', 'import torch, numpy, scipy, PIL, onnx']).status === 0,
);
const steps = 120;

function run(script: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(python!, [join(import.meta.dirname, script), ...args], {
    encoding: 'utf8',
  });
  expect(status, stderr).toBe(0);
  return stdout;
}

/** The losses of a run's log, by step. */
function losses(folder: string): Map<number, number> {
  const lines = readFileSync(join(folder, 'log.jsonl'), 'utf8').trim().split('\n');
  const records = lines.map((line) => JSON.parse(line) as { step: number; loss: number });
  return new Map(records.map(({ step, loss }) => [step, loss]));
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

if (!python) console.log('No Python with PyTorch, SciPy, Pillow and ONNX is here: the training recipe is not tried.');

describe.skipIf(!python)('the training recipe, in its tiny setting', { timeout: 300_000 }, () => {
  let folder: string;
  let checkpoint: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'lamella-training-'));
    checkpoint = join(folder, 'run', 'checkpoint.pt');
    run('train.py', '--tiny', '--steps', `${steps}`, '--run', join(folder, 'run'));
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('makes the loss fall', () => {
    const all = [...losses(join(folder, 'run')).values()];
    expect(all).toHaveLength(steps);
    expect(mean(all.slice(-30))).toBeLessThan(0.92 * mean(all.slice(0, 30)));
  });

  it('goes on where it was stopped', () => {
    run('train.py', '--tiny', '--steps', `${steps + 2}`, '--run', join(folder, 'run'));
    expect([...losses(join(folder, 'run')).keys()]).toEqual(Array.from({ length: steps + 2 }, (_, i) => i + 1));
  });

  it('gives a package whose graphs answer as the checkpoint does', () => {
    const modelFolder = join(folder, 'tiny-model');
    run('export.py', '--checkpoint', checkpoint, '--output', modelFolder);
    const modules = join(import.meta.dirname, '..', '..');
    const report = JSON.parse(
      run('parity.py', '--package', modelFolder, '--checkpoint', checkpoint, '--modules', modules),
    ) as Record<string, { worst: number }>;
    const { rounding: _, ...graphs } = report;
    expect(Object.keys(graphs)).toContain('encoder');
    for (const { worst } of Object.values(graphs)) expect(worst).toBeLessThanOrEqual(1e-3);
  });

  it('starts from the weights of a package', () => {
    const [start, model] = [join(folder, 'from-package'), join(folder, 'tiny-model')];
    run('train.py', '--tiny', '--steps', '1', '--start', model, '--run', start);
    const trained = losses(join(folder, 'run'));
    // The first loss is that of the weights as they were: far below that of random ones.
    expect(losses(start).get(1)!).toBeLessThan(mean([trained.get(1)!, trained.get(2)!]));
  });
});
