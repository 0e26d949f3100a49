import type { PixelPlane, ValueRange } from '../../native-models/predictor/pixels.ts';
import { firstPlane } from '../service/micrographs/contract.ts';
import { contrastOf } from '../service/micrographs/contrast.ts';
import { openMicrograph } from '../service/micrographs/index.ts';
import { openPlaneParts, type PlaneParts } from '../service/micrographs/planeParts.ts';

/** What a model sees of a micrograph. */
export interface ModelInput {
  plane: PixelPlane;
  valueRange: ValueRange;
}

/**
 * The first plane of a file with automatic contrast: what the workbench gives to the model as long as nobody has set
 * another display range.
 * @throws LamellaError file-missing, file-unreadable, file-damaged, file-unsupported
 */
export async function readModelInput(path: string): Promise<ModelInput> {
  const micrograph = await openMicrograph(path);
  const plane = await micrograph.readPlane(firstPlane);
  return { plane, valueRange: contrastOf(plane, micrograph.facts.dataBar).autoRange };
}

/** As {@link ModelInput}, of a plane that may be too large to be held whole. */
export interface PartedInput {
  parts: PlaneParts;
  valueRange: ValueRange;
}

/**
 * As {@link readModelInput}, without reading more of a large plane than shows its contrast, which is that of the sample
 * that the workbench takes.
 * @throws LamellaError as {@link readModelInput}
 */
export async function openModelInput(path: string): Promise<PartedInput> {
  const micrograph = await openMicrograph(path);
  const parts = openPlaneParts(micrograph, firstPlane);
  return { parts, valueRange: contrastOf(await parts.preview(), micrograph.facts.dataBar).autoRange };
}
