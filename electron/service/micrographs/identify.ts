import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { MicrographFacts } from '../api/contract.ts';
import { fromSystemError } from '../errors.ts';
import { openMicrograph } from './index.ts';

/**
 * What a file is: hash of its bytes (hex; names its embeddings) and its facts. Reads the whole file once, in pieces.
 * @throws LamellaError file-missing, file-unreadable, file-damaged, file-unsupported
 */
export async function identifyMicrograph(path: string): Promise<{ sha256: string; facts: MicrographFacts }> {
  const { facts } = await openMicrograph(path);
  return { sha256: await hashFile(path), facts };
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), hash);
  } catch (cause) {
    throw fromSystemError(cause, path, `Reading ${basename(path)}`);
  }
  return hash.digest('hex');
}
