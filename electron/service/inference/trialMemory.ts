import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ModelDescription } from '../../../native-models/packages/description.ts';
import { providers } from '../../../native-models/runtime/providers.ts';
import type { ProviderTrial } from '../../../native-models/trials/tryProvider.ts';
import { writeAtomically } from '../writeAtomically.ts';
import type { MachineFacts } from './machineFacts.ts';

/** Models that are remembered: the latest ones. */
const kept = 50;

const times = z.object({ encodeMs: z.number(), promptMs: z.number() });
const record = z.object({
  /** Hashes of the model's graphs. */
  model: z.string(),
  name: z.string(),
  facts: z.record(z.string(), z.string()),
  triedAt: z.string(),
  trials: z.array(
    z.object({
      provider: z.enum(providers as [ProviderTrial['provider'], ...ProviderTrial['provider'][]]),
      reason: z.string().nullable(),
      times: times.nullable(),
      difference: z.number().nullable(),
      cpu: times.nullable(),
    }),
  ),
});
const memory = z.object({ version: z.literal(1), records: z.array(record) });

/** What came of trying this computer's providers with one model. */
export type TrialRecord = z.infer<typeof record>;

/** `providers.json` of the data folder. A note for the next start: whatever is wrong with it, providers are tried anew. */
const pathIn = (dataFolder: string) => join(dataFolder, 'providers.json');

/**
 * What was found before on the same computer, drivers and onnxruntime; null where all is to be tried. `recent`: records
 * that may not have found their way into the file.
 */
export async function recallTrials(
  dataFolder: string,
  description: ModelDescription,
  facts: MachineFacts,
  recent: readonly TrialRecord[] = [],
): Promise<TrialRecord | null> {
  const model = graphsOf(description);
  const known = [...recent, ...(await readRecords(dataFolder))].find((each) => each.model === model);
  return known && sameFacts(known.facts, facts) ? known : null;
}

export function recordOf(
  description: ModelDescription,
  facts: MachineFacts,
  trials: readonly ProviderTrial[],
): TrialRecord {
  const { name } = description;
  const triedAt = new Date().toISOString();
  return { model: graphsOf(description), name, facts: { ...facts }, triedAt, trials: [...trials] };
}

/** @throws LamellaError of the file system; what was remembered before stays. */
export async function rememberTrials(dataFolder: string, newest: TrialRecord): Promise<void> {
  const others = (await readRecords(dataFolder)).filter(({ model }) => model !== newest.model);
  const text = JSON.stringify({ version: 1, records: [newest, ...others].slice(0, kept) }, null, 2);
  await writeAtomically(pathIn(dataFolder), `${text}\n`, 'Noting which devices suit the model');
}

function graphsOf({ files }: ModelDescription): string {
  return [files.encoder, files.encoderWeights, files.decoder].flatMap((file) => (file ? [file.sha256] : [])).join(' ');
}

function sameFacts(known: MachineFacts, now: MachineFacts): boolean {
  const names = new Set([...Object.keys(known), ...Object.keys(now)]);
  return [...names].every((name) => known[name] === now[name]);
}

async function readRecords(dataFolder: string): Promise<TrialRecord[]> {
  try {
    return memory.parse(JSON.parse(await readFile(pathIn(dataFolder), 'utf8'))).records;
  } catch {
    return [];
  }
}
