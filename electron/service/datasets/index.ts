import { LamellaError } from '../errors.ts';
import { cocoFormat } from './coco.ts';
import type { DatasetFormat } from './contract.ts';
import { labelsFormat } from './labels.ts';

/** Every dataset format that is written. */
const formats: readonly DatasetFormat[] = [cocoFormat, labelsFormat];

export const datasetFormatNames: readonly string[] = formats.map(({ name }) => name);

/** @throws LamellaError bad-request for a name that is none */
export function datasetFormat(name: string): DatasetFormat {
  const format = formats.find((candidate) => candidate.name === name);
  if (format) return format;
  throw new LamellaError('bad-request', `There is no dataset format "${name}".`, {
    remedy: `These can be written: ${datasetFormatNames.join(', ')}.`,
  });
}
