import type { AutomaticSettings } from '../../../native-models/automatic/segmentPlane.ts';
import { isBlank, segmentTiles, type TileProgress } from '../../../native-models/automatic/segmentTiles.ts';
import { settingsOfPart } from '../../../native-models/automatic/specimenRows.ts';
import type { Tiling } from '../../../native-models/automatic/tiling.ts';
import type { Bbox } from '../../../native-models/masks/mask.ts';
import type { ModelInfo } from '../api/contract.ts';
import { LamellaError } from '../errors.ts';
import type { EmbeddingSource, InferenceClient } from '../inference/contract.ts';
import type { SegmentedMasks } from '../inference/messages.ts';

/** Masks of larger planes can't be written as RLE: the runs are counted in 32 bits. */
const mostPixels = 2 ** 31 - 1;

/**
 * As InferenceClient.segment, of a plane that is looked at tile by tile, at its own resolution. One tile's pixels are
 * held at a time.
 * @param sourceOf gives a part of the plane.
 * @throws LamellaError file-unsupported for a plane whose pixels can't be counted, and what reading and segmenting throw.
 */
export async function* segmentInTiles(
  inference: Pick<InferenceClient, 'segment'>,
  size: { widthPx: number; heightPx: number },
  tiling: Tiling,
  sourceOf: (part: Bbox) => Promise<EmbeddingSource>,
  model: ModelInfo,
  settings: AutomaticSettings,
  signal: AbortSignal,
): AsyncGenerator<TileProgress, SegmentedMasks> {
  if (size.widthPx * size.heightPx > mostPixels) throw tooLarge();
  return yield* segmentTiles(
    size,
    async ({ outer: [x0, y0, x1, y1] }) => {
      signal.throwIfAborted();
      const ofTile = settingsOfPart(settings, y0, y1 - y0);
      if (!ofTile) return null;
      const source = await sourceOf([x0, y0, x1 - x0, y1 - y0]);
      const plane = await source.readPixels();
      if (isBlank(plane)) return null;
      return inference.segment(model, asImage({ ...source, readPixels: async () => plane }), ofTile, signal);
    },
    settings.filters.maxCovered,
    tiling,
  );
}

/** A part as an image of its own: points and masks count from its corner, and so does its embedding. */
function asImage(source: EmbeddingSource): EmbeddingSource {
  return { ...source, key: `${source.key}-tile`, origin: { x: 0, y: 0 } };
}

function tooLarge(): LamellaError {
  return new LamellaError('file-unsupported', 'The picture is too large to look for everything in it.', {
    remedy: 'Cut it into parts of at most 2 gigapixels, or prompt for the objects.',
  });
}
