import { open, realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, isAbsolute } from 'node:path';
import type { TensorProto } from '../graph/onnxSchema.ts';
import { ModelError } from '../packages/modelError.ts';

/** Of one tensor; a buffer of Node.js holds no more at any rate. */
const mostBytes = 2 ** 31 - 1;

/**
 * The bytes of a tensor that the graph file keeps in another file (ONNX, ExternalData.md), which must lie in the graph's
 * folder or below it.
 * @throws ModelError checkpoint-invalid: the place is outside, is not there, or has too few bytes.
 */
export async function readExternalData(graphPath: string, tensor: TensorProto): Promise<Uint8Array> {
  const entries = new Map(tensor.externalData?.map(({ key, value }) => [key, value]));
  const location = entries.get('location') ?? '';
  const path = await placeOf(graphPath, tensor.name, location);
  const { size } = await stat(path);
  const offset = wholeNumber(entries.get('offset') ?? '0');
  const length = entries.has('length') ? wholeNumber(entries.get('length')!) : size - offset;
  if (!(offset >= 0 && length >= 0 && length <= mostBytes && offset + length <= size)) {
    const wanted = `bytes ${offset} to ${offset + length} of ${location}, which has ${size}`;
    throw invalid(graphPath, `the values of ${tensor.name} are said to be ${wanted}`);
  }
  const bytes = new Uint8Array(length);
  const file = await open(path);
  try {
    for (let read = 0; read < length;) {
      const { bytesRead } = await file.read(bytes, read, length - read, offset + read);
      if (bytesRead === 0) throw invalid(graphPath, `${location} ends before the values of ${tensor.name}`);
      read += bytesRead;
    }
  } finally {
    await file.close();
  }
  return bytes;
}

/** -1 for what is no whole number. */
function wholeNumber(text: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : -1;
  return Number.isSafeInteger(value) ? value : -1;
}

async function placeOf(graphPath: string, tensor: string, location: string): Promise<string> {
  const outside = () =>
    invalid(graphPath, `the values of ${tensor} are said to be in "${location}", outside the folder of the graph`);
  if (location === '' || /^([\\/]|[a-z]:)/i.test(location) || location.split(/[\\/]/).includes('..')) throw outside();
  const path = join(dirname(graphPath), location);
  let place: string;
  try {
    place = await realpath(path);
    if (!(await stat(place)).isFile()) throw invalid(graphPath, `${location}, where its weights are, is no file`);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw invalid(graphPath, `the file ${location} with its weights is not beside it`, cause);
  }
  // Download caches keep the files elsewhere under their hashes, all in one folder, with links to them.
  const homes = [await realpath(dirname(graphPath)), dirname(await realpath(graphPath))];
  const inside = homes.map((home) => relative(home, place)).some((way) => !way.startsWith('..') && !isAbsolute(way));
  if (!inside) throw outside();
  return place;
}

function invalid(path: string, reason: string, cause?: unknown): ModelError {
  return new ModelError('checkpoint-invalid', `${path} is not complete: ${reason}.`, {
    path,
    remedy: 'Put the graph and the files of its weights into one folder, as they were exported.',
    cause,
  });
}
