import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Figure, figure } from './figure.ts';
import { writeRandomGraph } from './randomModels.ts';
import type { SessionRun } from './sessionRun.ts';

const rounds = 3;
/** Prompts at once. */
const promptBatches = [8, 64];

/**
 * What the compiler's graphs take, beside graphs laid out as the published exporter lays them out, in turns: ViT-B and
 * MobileSAM encode, ViT-B with int8 weights beside fp32, and a decoder's batches of prompts beside single ones.
 * @param runner the bundle of sessionRun.ts
 */
export async function measureFullSizeModels(runner: string, print: (figure: Figure) => void): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'lamella-bench-models-'));
  const run = (graph: string, { runs = 1, batch = 1, arena = true } = {}) =>
    JSON.parse(
      execFileSync(process.execPath, [runner, graph, String(runs), String(batch), String(arena)], {
        encoding: 'utf8',
        maxBuffer: 2 ** 28,
      }),
    ) as SessionRun;
  try {
    for (const model of ['vit-b', 'mobile-sam'] as const) {
      const plain = await writeRandomGraph(root, model, 'encoder', { precision: 'fp32', layout: 'plain' });
      const compact = await writeRandomGraph(root, model, 'encoder', { precision: 'fp32', layout: 'compact' });
      const options = { runs: model === 'vit-b' ? 1 : 4, arena: model !== 'vit-b' };
      const pairs = Array.from(
        { length: rounds },
        () => [run(compact, options), run(plain, { ...options, arena: true })] as const,
      );
      printPair(`${model} encode`, pairs, print);
      if (model !== 'vit-b') continue;
      const int8 = await writeRandomGraph(root, model, 'encoder', { precision: 'int8', layout: 'compact' });
      const byWeights = Array.from({ length: rounds }, () => [run(int8, options), run(compact, options)] as const);
      printPair(`${model} encode, int8 weights`, byWeights, print);
      const similar = byWeights.map(([a, b]) => cosine(a.sample, b.sample));
      print(figure(`${model} embedding, int8 beside fp32: cosine similarity`, '', similar));
    }
    const decoder = await writeRandomGraph(root, 'vit-b', 'decoder', { precision: 'fp32', layout: 'compact' });
    const plain = await writeRandomGraph(root, 'vit-b', 'decoder', { precision: 'fp32', layout: 'plain' });
    const one = { compact: [] as number[], plain: [] as number[] };
    const batches = new Map<number, number[]>(promptBatches.map((batch) => [batch, []]));
    for (let round = 0; round < rounds; round++) {
      one.compact.push(...run(decoder, { runs: 16 }).ms);
      one.plain.push(...run(plain, { runs: 16 }).ms);
      for (const [batch, times] of batches) {
        times.push(...run(decoder, { runs: Math.max(2, 64 / batch), batch }).ms.map((ms) => ms / batch));
      }
    }
    print(figure('decoder, a prompt by itself', 'ms', one.compact, one.plain));
    for (const [batch, times] of batches) {
      print(figure(`decoder, a prompt of a batch of ${batch}, beside single ones`, 'ms', times, one.compact));
    }
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

function printPair(
  name: string,
  pairs: readonly (readonly [SessionRun, SessionRun])[],
  print: (figure: Figure) => void,
): void {
  const times = (which: 0 | 1) => pairs.flatMap((pair) => pair[which].ms);
  print(figure(name, 'ms', times(0), times(1)));
  const peaks = (which: 0 | 1) => pairs.map((pair) => pair[which].peakMiB).filter((peak) => peak !== null);
  if (peaks(0).length > 0) print(figure(`${name}: most memory`, 'MiB', peaks(0), peaks(1)));
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
