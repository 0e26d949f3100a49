import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/**
 * `downloads.json` beside the downloaded files: what came from which address. Where nobody states a hash, this is what
 * a later download is compared with, so that a file that was exchanged is noticed.
 */
const recordSchema = z.record(
  z.string(),
  z.object({ sha256: z.string(), bytes: z.number(), downloadedAt: z.string() }),
);
type DownloadRecord = z.infer<typeof recordSchema>;

const recordFile = 'downloads.json';

/** The sha256 that this address gave before; null at the first time, or where the record is lost. */
export async function recordedHash(folder: string, address: string): Promise<string | null> {
  return (await readRecord(folder))[address]?.sha256 ?? null;
}

/** Throws what the file system throws. */
export async function recordDownload(folder: string, address: string, sha256: string, bytes: number): Promise<void> {
  const record = await readRecord(folder);
  record[address] = { sha256, bytes, downloadedAt: new Date().toISOString() };
  const path = join(folder, recordFile);
  const beside = `${path}.${process.pid}.new`;
  await writeFile(beside, `${JSON.stringify(record, null, 2)}\n`);
  await rename(beside, path);
}

async function readRecord(folder: string): Promise<DownloadRecord> {
  try {
    return recordSchema.parse(JSON.parse(await readFile(join(folder, recordFile), 'utf8')));
  } catch {
    return {};
  }
}
