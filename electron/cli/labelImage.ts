import { basename } from 'node:path';
import type { LabelImage } from '../../native-models/evaluation/labelObjects.ts';
import type { PixelPlane } from '../../native-models/predictor/pixels.ts';
import { LamellaError } from '../service/errors.ts';
import { firstPlane } from '../service/micrographs/contract.ts';
import { openMicrograph } from '../service/micrographs/index.ts';

const remedy = 'Save the ground truth as a grey label image of 8 or 16 bits: 0 is background, each object a number.';

/**
 * Reads the label image of a plane.
 * @throws LamellaError file-unsupported where it holds no labels or is of another size than the plane; and what
 * reading throws.
 */
export async function readLabelImage(path: string, plane: PixelPlane): Promise<LabelImage> {
  const micrograph = await openMicrograph(path);
  const { widthPx, heightPx, samples, data } = await micrograph.readPlane(firstPlane);
  if (samples !== 1) throw noLabels(path, 'is in colour, so its values are no labels');
  if (data instanceof Float32Array && !data.every((value) => Number.isInteger(value) && value >= 0)) {
    throw noLabels(path, 'holds values that are no whole numbers from 0 on, so they are no labels');
  }
  if (widthPx !== plane.widthPx || heightPx !== plane.heightPx) {
    throw noLabels(path, `is ${widthPx} × ${heightPx} px, its micrograph ${plane.widthPx} × ${plane.heightPx} px`);
  }
  return { widthPx, heightPx, data };
}

function noLabels(path: string, what: string): LamellaError {
  return new LamellaError('file-unsupported', `The label image ${basename(path)} ${what}.`, { path, remedy });
}
