import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Moments, SmokeCandidate, SmokeFigures } from './smokePrediction.ts';
import { ModelError } from './modelError.ts';

/**
 * `expected.json` of a model package: what the model made of the smoke picture on the CPU of the computer where it was
 * added. Beside model.json and not in it, because it says what came out here, not what the model is. A package may do
 * without.
 */
export const expectedFile = 'expected.json';

const moments = z.object({ mean: z.number(), rms: z.number() });
const schema = z.object({
  version: z.literal(1),
  figures: z.object({
    embedding: moments,
    prompts: z.array(
      z.object({
        prompt: z.string(),
        candidates: z.array(z.object({ predictedIou: z.number(), areaShare: z.number(), logits: moments })),
      }),
    ),
  }),
});

export async function writeExpected(folder: string, figures: SmokeFigures): Promise<void> {
  await writeFile(join(folder, expectedFile), `${JSON.stringify({ version: 1, figures }, null, 2)}\n`);
}

/**
 * null where the package has none.
 * @throws ModelError model-invalid where it can't be read or understood.
 */
export async function readExpected(folder: string): Promise<SmokeFigures | null> {
  const path = join(folder, expectedFile);
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8'))).figures;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    const remedy = 'Delete this file to do without the comparison, or add the model anew.';
    throw new ModelError('model-invalid', `The expected figures ${path} can't be read.`, { path, remedy, cause });
  }
}

/** One number that was compared. */
export interface Comparison {
  what: string;
  expected: number;
  found: number;
  /** Largest difference that passes. */
  tolerance: number;
}

export const agrees = ({ expected, found, tolerance }: Comparison) => Math.abs(found - expected) <= tolerance;

/**
 * How far figures may lie apart, as a share of the size of what is compared. Sums in another order cost fp32 a few
 * parts in 10 000 on the CPU; GPUs round more coarsely (TF32 keeps 10 bits), fp16 likewise, and int8 kernels differ
 * between processors. A wrong weight, a swapped file or a broken driver lies far outside of all of them.
 */
export function smokeTolerance(precision: string, onCpu: boolean): number {
  switch (precision) {
    case 'int8':
      return onCpu ? 0.05 : 0.1;
    case 'fp16':
      return onCpu ? 0.01 : 0.03;
    default:
      return onCpu ? 0.002 : 0.02;
  }
}

/**
 * Every figure beside the expected one. Candidates come sorted by predicted IoU, and two that are nearly equal may
 * change places: each is compared with the one that lies nearest.
 */
export function compareFigures(expected: SmokeFigures, found: SmokeFigures, tolerance: number): Comparison[] {
  const comparisons = compareMoments('embedding', expected.embedding, found.embedding, tolerance);
  for (const { prompt, candidates } of expected.prompts) {
    const rest = [...(found.prompts.find((each) => each.prompt === prompt)?.candidates ?? [])];
    const counts = { expected: candidates.length, found: rest.length };
    comparisons.push({ what: `${prompt}: candidates`, ...counts, tolerance: 0 });
    for (const [index, candidate] of candidates.entries()) {
      const nearest = takeNearest(rest, candidate);
      if (nearest === null) break;
      const what = `${prompt}: candidate ${index + 1}`;
      comparisons.push(
        ...compareMoments(`${what}, logits`, candidate.logits, nearest.logits, tolerance),
        {
          what: `${what}, predicted IoU`,
          expected: candidate.predictedIou,
          found: nearest.predictedIou,
          tolerance: 2 * tolerance * Math.max(1, Math.abs(candidate.predictedIou)),
        },
        // Where logits are near the threshold, a small change of theirs moves many pixels.
        {
          what: `${what}, share of the picture`,
          expected: candidate.areaShare,
          found: nearest.areaShare,
          tolerance: 5 * tolerance,
        },
      );
    }
  }
  return comparisons;
}

function compareMoments(what: string, expected: Moments, found: Moments, share: number): Comparison[] {
  const tolerance = share * expected.rms;
  return [
    { what: `${what}, mean`, expected: expected.mean, found: found.mean, tolerance },
    { what: `${what}, root mean square`, expected: expected.rms, found: found.rms, tolerance },
  ];
}

function takeNearest(rest: SmokeCandidate[], wanted: SmokeCandidate): SmokeCandidate | null {
  const distance = ({ logits, predictedIou }: SmokeCandidate) =>
    Math.abs(logits.mean - wanted.logits.mean) +
    Math.abs(logits.rms - wanted.logits.rms) +
    Math.abs(predictedIou - wanted.predictedIou);
  const nearest = rest.reduce<SmokeCandidate | null>(
    (best, each) => (best === null || distance(each) < distance(best) ? each : best),
    null,
  );
  if (nearest) rest.splice(rest.indexOf(nearest), 1);
  return nearest;
}
