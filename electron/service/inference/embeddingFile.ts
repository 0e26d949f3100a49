import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import type { ModelDescription } from '../../../native-models/packages/description.ts';
import type { ImageEmbedding } from '../../../native-models/predictor/embedding.ts';

/**
 * An image embedding on disk: 8 bytes of magic, uint32 length of the header (both little-endian), the header as JSON
 * padded with blanks so that the data is aligned, then the tensors' float32 values in the header's order. A cache:
 * whatever is not exactly that is computed again.
 */
const magic = Buffer.from('LMEMBED1', 'latin1');
const alignment = 64;

const header = z.object({
  key: z.string(),
  transform: z.object({
    resize: z.enum(['longest-side', 'square']),
    origin: z.object({ x: z.number(), y: z.number() }).default({ x: 0, y: 0 }),
    widthImage: z.number(),
    heightImage: z.number(),
    widthModel: z.number(),
    heightModel: z.number(),
    inputSize: z.number(),
  }),
  tensors: z.array(z.object({ name: z.string(), dims: z.array(z.number().int().positive()) })),
  crc32: z.number(),
});
type Header = z.infer<typeof header>;

/**
 * Short name of what an embedding depends on besides the pixels: the encoder's weights and the preparation. Graphs that
 * keep their weights beside them are equal for all models of one architecture: the weights' file counts, too.
 */
export function embeddingTag({ files, inputSize, preparation }: ModelDescription): string {
  const weights = files.encoderWeights ? [files.encoderWeights.sha256] : [];
  const hash = createHash('sha256').update(JSON.stringify([files.encoder.sha256, ...weights, inputSize, preparation]));
  return hash.digest('hex').slice(0, 12);
}

/** Keys are hex by contract; any other becomes hex, so that no key leaves the folder. */
export function embeddingPath(folder: string, key: string, tag: string): string {
  const safe = /^[0-9a-z]{1,128}$/.test(key) ? key : createHash('sha256').update(key).digest('hex');
  return join(folder, `${safe}-${tag}.bin`);
}

/** Written beside and renamed, so that a reader never sees half of it. Throws what the file system throws. */
export async function writeEmbedding(path: string, key: string, embedding: ImageEmbedding): Promise<void> {
  const tensors = Object.entries(embedding.tensors);
  const data = tensors.map(([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  const head: Header = {
    key,
    transform: embedding.transform,
    tensors: tensors.map(([name, { dims }]) => ({ name, dims: [...dims] })),
    crc32: checksum(data),
  };
  await mkdir(dirname(path), { recursive: true });
  const beside = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(beside, 'w');
    try {
      await file.writev([encodeHeader(head), ...data]);
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/** null when there is no such file or it is damaged; throws what the file system throws otherwise. */
export async function readEmbedding(path: string, key: string): Promise<ImageEmbedding | null> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const found = decodeHeader(bytes);
  if (!found || found.head.key !== key) return null;
  const { head, dataStart } = found;
  const embedding: ImageEmbedding = { tensors: {}, transform: head.transform };
  let at = dataStart;
  for (const { name, dims } of head.tensors) {
    const length = dims.reduce((product, dim) => product * dim, 1) * 4;
    if (at + length > bytes.length) return null;
    embedding.tensors[name] = { dims, data: floats(bytes.subarray(at, at + length)) };
    at += length;
  }
  if (at !== bytes.length || checksum([bytes.subarray(dataStart)]) !== head.crc32) return null;
  return embedding;
}

function encodeHeader(head: Header): Buffer {
  const json = JSON.stringify(head);
  const start = magic.length + 4;
  const padded = Math.ceil((start + Buffer.byteLength(json)) / alignment) * alignment;
  const bytes = Buffer.alloc(padded, ' ');
  magic.copy(bytes);
  bytes.writeUInt32LE(padded - start, magic.length);
  bytes.write(json, start);
  return bytes;
}

function decodeHeader(bytes: Buffer): { head: Header; dataStart: number } | null {
  const start = magic.length + 4;
  if (bytes.length < start || !bytes.subarray(0, magic.length).equals(magic)) return null;
  const dataStart = start + bytes.readUInt32LE(magic.length);
  if (dataStart > bytes.length) return null;
  try {
    const parsed = header.safeParse(JSON.parse(bytes.toString('utf8', start, dataStart)));
    return parsed.success ? { head: parsed.data, dataStart } : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function floats(bytes: Buffer): Float32Array {
  if (bytes.byteOffset % 4 === 0) return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  return new Float32Array(new Uint8Array(bytes).buffer);
}

function checksum(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => crc32(part, sum), 0);
}
