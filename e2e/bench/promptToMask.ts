import { encodeRle } from '../../native-models/masks/rle.ts';
import { readModelPackage } from '../../native-models/packages/modelPackage.ts';
import { openPredictor } from '../../native-models/predictor/predictor.ts';
import { readModelInput } from '../../electron/cli/modelInput.ts';
import type { BareModel } from './bareModel.ts';
import { type Figure, figure } from './figure.ts';

const prompts = 30;

/** From a click to its candidates as RLE with their boxes, in one process, each beside a run of the bare decoder. */
export async function measurePromptToMask(modelFolder: string, image: string, bare: BareModel): Promise<Figure> {
  const predictor = await openPredictor(await readModelPackage(modelFolder, 'embedded'), 'cpu');
  try {
    const { plane, valueRange } = await readModelInput(image);
    const embedding = await predictor.encodeImage(plane, valueRange);
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let i = 0; i <= prompts; i++) {
      const x = ((i % 6) + 0.5) * (plane.widthPx / 6);
      const y = (Math.floor(i / 6) + 0.5) * (plane.heightPx / 6);
      const started = performance.now();
      const points = [{ x, y, label: 1 as const }];
      const { candidates } = await predictor.predict(embedding, { points, box: null, mask: null });
      for (const { mask } of candidates) encodeRle(mask, plane.heightPx, plane.widthPx);
      ours.push(performance.now() - started);
      theirs.push(await bare.decode());
    }
    // The first prompt also compiles code on both sides.
    return figure('prompt, from the click to masks as RLE', 'ms', ours.slice(1), theirs.slice(1));
  } finally {
    await predictor.close();
  }
}
