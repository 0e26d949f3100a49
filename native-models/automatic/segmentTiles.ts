import { decodeRle, encodeRle } from '../masks/rle.ts';
import { cropPlane } from '../predictor/cropPlane.ts';
import type { PixelPlane, ValueRange } from '../predictor/pixels.ts';
import type { AutomaticProgress, GeneratedMasks } from './generateMasks.ts';
import { boxToXywh } from './inclusiveBox.ts';
import { lastOf } from './lastOf.ts';
import { rleOf, runsOf, uniteRuns } from './maskRuns.ts';
import type { BatchPredictor } from './modelDecoder.ts';
import type { MaskRecord } from './record.ts';
import { type AutomaticSettings, segmentSteps } from './segmentPlane.ts';
import { settingsOfPart } from './specimenRows.ts';
import { joinTiles, type PlaneTile, type TileMask, tilesOf, type Tiling, usualTiling } from './tiling.ts';

export interface TileProgress extends AutomaticProgress {
  /** Which tile, and at what scale, for people. */
  where: string;
}

/** A mask of a tile, its place in the plane's pixels. */
interface FoundInTile extends TileMask {
  record: Omit<MaskRecord, 'segmentation'>;
}

/**
 * Masks of everything in a plane of any size, tile by tile, each tile as an image of its own. Masks are held as runs,
 * pixels only by `segmentTile`.
 * @param segmentTile finds the masks in a tile's outer box, in pixels of that; null: there is nothing to look at.
 * @param maxCovered as in MaskFilters, between tiles.
 */
export async function* segmentTiles(
  { widthPx, heightPx }: Pick<PixelPlane, 'widthPx' | 'heightPx'>,
  segmentTile: (tile: PlaneTile) => Promise<AsyncGenerator<AutomaticProgress, GeneratedMasks> | null>,
  maxCovered: number,
  tiling: Tiling = usualTiling,
): AsyncGenerator<TileProgress, GeneratedMasks> {
  const tiles = tilesOf(widthPx, heightPx, tiling);
  const found: FoundInTile[] = [];
  let prompts = 0;
  for (const [at, tile] of tiles.entries()) {
    const where = `tile ${at + 1}/${tiles.length} (one tile = ${tiling.coreSidePx} px)`;
    const steps = await segmentTile(tile);
    if (steps) {
      const ofTile = yield* placedSteps(steps, ({ fraction, masks }) => ({
        fraction: (at + fraction) / tiles.length,
        masks: found.length + masks,
        where,
      }));
      prompts += ofTile.prompts;
      for (const record of ofTile.records) found.push(inPlane(record, tile, widthPx, heightPx));
    }
    yield { fraction: (at + 1) / tiles.length, masks: found.length, where };
  }
  const objects = joinTiles(found, maxCovered);
  return { records: objects.map((group) => recordOf(group.map((at) => found[at]!))), prompts };
}

/** As segmentPlane, tile by tile, of a plane that is at hand as a whole. */
export function segmentPlaneInTiles(
  predictor: BatchPredictor,
  plane: PixelPlane,
  valueRange: ValueRange,
  settings: AutomaticSettings,
  tiling: Tiling,
  { onProgress, signal }: { onProgress?: (progress: TileProgress) => void; signal?: AbortSignal } = {},
): Promise<GeneratedMasks> {
  const run = signal ? { signal } : {};
  const segmentTile = async ({ outer }: PlaneTile) => {
    const ofTile = settingsOfPart(settings, outer[1], outer[3] - outer[1]);
    if (!ofTile) return null;
    const part = cropPlane(plane, outer);
    return isBlank(part) ? null : segmentSteps(predictor, part, valueRange, ofTile, run);
  };
  return lastOf(segmentTiles(plane, segmentTile, settings.filters.maxCovered, tiling), onProgress);
}

/** Whether all samples are equal: there is nothing to be found. */
export function isBlank({ data }: PixelPlane): boolean {
  const first = data[0];
  for (const value of data) if (value !== first) return false;
  return true;
}

async function* placedSteps<Result>(
  steps: AsyncGenerator<AutomaticProgress, Result>,
  place: (progress: AutomaticProgress) => TileProgress,
): AsyncGenerator<TileProgress, Result> {
  try {
    for (;;) {
      const { done, value } = await steps.next();
      if (done) return value;
      yield place(value);
    }
  } finally {
    // One that is given up in the middle lets go of what it holds; the value is nobody's.
    await steps.return(undefined as never);
  }
}

function inPlane(record: MaskRecord, tile: PlaneTile, widthPx: number, heightPx: number): FoundInTile {
  const { segmentation, bbox, crop_box: crop, point_coords: points, ...facts } = record;
  const [left, top] = tile.outer;
  const mask = decodeRle(segmentation);
  const [[pointX, pointY]] = points;
  return {
    tile,
    runs: runsOf(encodeRle({ ...mask, x: mask.x + left, y: mask.y + top }, heightPx, widthPx)),
    predictedIou: record.predicted_iou,
    record: {
      ...facts,
      bbox: [bbox[0] + left, bbox[1] + top, bbox[2], bbox[3]],
      crop_box: [crop[0] + left, crop[1] + top, crop[2], crop[3]],
      point_coords: [[pointX + left, pointY + top]],
    },
  };
}

/** An object as the record of its largest piece, which is as sure and as stable as the least of them. */
function recordOf(pieces: readonly FoundInTile[]): MaskRecord {
  const [only] = pieces;
  if (pieces.length === 1) return { segmentation: rleOf(only!.runs), ...only!.record };
  const { record } = pieces.reduce((a, b) => (b.runs.areaPx > a.runs.areaPx ? b : a));
  const runs = uniteRuns(pieces.map((piece) => piece.runs));
  const [x, y, width, height] = runs.bbox;
  return {
    ...record,
    segmentation: rleOf(runs),
    area: runs.areaPx,
    bbox: boxToXywh([x, y, x + width - 1, y + height - 1]),
    predicted_iou: Math.min(...pieces.map((piece) => piece.record.predicted_iou)),
    stability_score: Math.min(...pieces.map((piece) => piece.record.stability_score)),
  };
}
