/**
 * Samples of one plane (or of a tile of it) in image space: row-major, interleaved, `widthPx * heightPx * samples`
 * values in their own dtype, never rescaled.
 */
export interface PixelPlane {
  widthPx: number;
  heightPx: number;
  /** 1 grey, 3 colour (R, G, B). */
  samples: 1 | 3;
  data: Uint8Array | Uint16Array | Float32Array;
  /** Of a plane that was reduced to be encoded: the size in image space of what it shows. Left out: its own. */
  sizeImage?: { widthPx: number; heightPx: number };
}

/** Sample values that become 0 and 1 before the model's own normalisation. */
export type ValueRange = [low: number, high: number];
