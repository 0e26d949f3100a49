import { mkdir, open, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { MaskRecord } from '../../native-models/automatic/record.ts';
import { decodeRle } from '../../native-models/masks/rle.ts';
import type { MicrographFacts } from '../service/api/contract.ts';
import type { DatasetObject } from '../service/datasets/acceptedObjects.ts';
import { maxLabel, paintLabels } from '../service/datasets/labelImage.ts';
import { encodeLabelTiff } from '../service/datasets/labelTiff.ts';
import { fromSystemError } from '../service/errors.ts';
import { writeAtomically } from '../service/writeAtomically.ts';
import type { AutomaticImage } from './automaticImages.ts';

/** What a file of records says beside them. */
export interface RecordsHeader {
  model: string;
  /** null: published settings; 'prompts': none, each mask answers a prompt that was given. */
  preset: string | null;
  /** null: as the preset has it. */
  pointsPerSide: number | null;
  /** Side of the tiles; null: none were asked for. */
  tilePx: number | null;
  prompts: number;
}

/** The header comes before the records: a long file name fits in. */
const headerBytes = 64 * 1024;
const recordsBegin = ',"annotations":[';

/** What the file of records says of their making; null where there is none, or none that can be understood. */
export async function readRecordsHeader(recordsFile: string): Promise<Partial<RecordsHeader> | null> {
  try {
    const file = await open(recordsFile);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(headerBytes), 0, headerBytes, 0);
      const text = buffer.toString('utf8', 0, bytesRead);
      return JSON.parse(`${text.slice(0, text.indexOf(recordsBegin))}}`) as Partial<RecordsHeader>;
    } finally {
      await file.close();
    }
  } catch (cause) {
    if (cause instanceof SyntaxError || (cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw fromSystemError(cause, recordsFile, 'Reading the masks');
  }
}

/**
 * Writes the masks of one micrograph: the label image, then the records as SA-1B has them, best first. The records come
 * last and appear whole, so that where they are, all is there.
 * @returns whether there is a label image: there is none of more masks than 16 bits can number.
 */
export async function writeAutomatic(
  { image, records: recordsFile, labels: labelsFile }: AutomaticImage,
  facts: MicrographFacts,
  records: readonly MaskRecord[],
  header: RecordsHeader,
): Promise<boolean> {
  const { widthPx, heightPx } = facts;
  const order = paintingOrder(records);
  const labelled = records.length <= maxLabel;
  if (labelled) {
    const labels = await paintLabels(paintedObjects(records, order), widthPx, heightPx);
    await writeFileWithFolder(labelsFile, await encodeLabelTiff(labels, facts));
  }
  const values = new Map(order.map((record, painted) => [record, painted + 1]));
  const annotations = records.map((record, at) => ({ id: values.get(at), ...record }));
  const document = { image: { file_name: basename(image), width: widthPx, height: heightPx }, ...header, annotations };
  await writeAtomically(recordsFile, `${JSON.stringify(document)}\n`, 'Writing the masks');
  return labelled;
}

/** Larger masks first, so that what lies in another stays to be seen. A record's id is its value in the label image. */
function paintingOrder(records: readonly MaskRecord[]): number[] {
  return Array.from(records.keys()).sort((a, b) => records[b]!.area - records[a]!.area || a - b);
}

async function* paintedObjects(
  records: readonly MaskRecord[],
  order: readonly number[],
): AsyncGenerator<DatasetObject> {
  for (const [painted, at] of order.entries()) {
    yield { id: painted + 1, classId: 0, mask: decodeRle(records[at]!.segmentation) };
  }
}

async function writeFileWithFolder(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, pieces);
  } catch (cause) {
    throw fromSystemError(cause, path, 'Writing the label image');
  }
}
