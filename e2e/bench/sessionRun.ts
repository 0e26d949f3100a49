// Runs one graph several times in a process of its own and prints what it took: `node … GRAPH RUNS BATCH ARENA`.
import { readFileSync, existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { InferenceSession, Tensor } from 'onnxruntime-node';

export interface SessionRun {
  /** Milliseconds of each run but the first, which also plans and warms up. */
  ms: number[];
  /** Most memory that the process had, MiB; null where there is no /proc. */
  peakMiB: number | null;
  /** Every 97th value of the first output. */
  sample: number[];
}

const [path, runs, batch, arena] = process.argv.slice(2) as [string, string, string, string];
const session = await InferenceSession.create(path, {
  executionProviders: ['cpu'],
  intraOpNumThreads: availableParallelism(),
  logSeverityLevel: 3,
  enableCpuMemArena: arena === 'true',
});
const count = Number(batch);
const wave = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(i * 0.37));
const inputs: Record<string, () => Tensor> = {
  image: () => new Tensor('float32', wave(3 * 1024 * 1024), [1, 3, 1024, 1024]),
  image_embeddings: () => new Tensor('float32', wave(256 * 64 * 64), [1, 256, 64, 64]),
  point_coords: () =>
    new Tensor(
      'float32',
      Float32Array.from({ length: count * 4 }, (_, i) => (i * 97) % 1024),
      [count, 2, 2],
    ),
  point_labels: () =>
    new Tensor(
      'float32',
      Float32Array.from({ length: count * 2 }, (_, i) => (i % 2 ? -1 : 1)),
      [count, 2],
    ),
  mask_input: () => new Tensor('float32', new Float32Array(count * 256 * 256), [count, 1, 256, 256]),
  has_mask_input: () => new Tensor('float32', new Float32Array(count), [count]),
};
const feeds = Object.fromEntries(session.inputNames.map((name) => [name, inputs[name]!()]));
const ms: number[] = [];
let sample: number[] = [];
for (let run = 0; run <= Number(runs); run++) {
  const start = performance.now();
  const outputs = await session.run(feeds);
  if (run > 0) ms.push(performance.now() - start);
  const first = outputs[session.outputNames[0]!]!.data as Float32Array;
  sample = [...first.filter((_, i) => i % 97 === 0)];
}
const status = '/proc/self/status';
const peak = existsSync(status) ? /^VmHWM:\s+(\d+)/m.exec(readFileSync(status, 'utf8'))?.[1] : undefined;
const result: SessionRun = { ms, peakMiB: peak === undefined ? null : Number(peak) / 1024, sample };
process.stdout.write(JSON.stringify(result));
