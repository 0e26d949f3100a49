import type { PlaneAddress, SampleDtype } from '../../electron/service/api/contract.ts';
import type { PixelPlane } from '../../native-models/predictor/pixels.ts';
import { strings } from '../strings.ts';
import { request, tilePath } from './api.ts';
import { ServiceFailure } from './failure.ts';

/** Enough for the level-0 tiles of a 6000 × 4000 plane of 16 bits with its pyramid. */
const budgetBytes = 96 * 2 ** 20;

const kept = new Map<string, PixelPlane>();
let keptBytes = 0;

/** A tile, and whether it is only a sample that stands in until the whole plane has been read. */
export interface LoadedTile extends PixelPlane {
  isProvisional?: boolean;
}

/** One tile in its own dtype; kept in memory unless it only stands in, least recently used leave first. */
export async function loadTile(
  project: string,
  image: number,
  plane: PlaneAddress,
  level: number,
  tx: number,
  ty: number,
  signal: AbortSignal,
): Promise<LoadedTile> {
  const path = tilePath(project, image, plane, level, tx, ty);
  const known = keptTile(path);
  if (known) return known;
  const response = await request(path, { signal });
  const tile = readTile(response.headers, await response.arrayBuffer());
  if (response.headers.has('x-tile-provisional')) return { ...tile, isProvisional: true };
  if (!kept.has(path)) {
    kept.set(path, tile);
    keptBytes += tile.data.byteLength;
  }
  for (const [oldest, old] of kept) {
    if (keptBytes <= budgetBytes) break;
    kept.delete(oldest);
    keptBytes -= old.data.byteLength;
  }
  return tile;
}

/** Samples of the pixel when its full-resolution tile is in memory, else null. */
export function keptPixel(
  project: string,
  image: number,
  plane: PlaneAddress,
  tileSize: number,
  x: number,
  y: number,
): number[] | null {
  const tx = Math.floor(x / tileSize);
  const ty = Math.floor(y / tileSize);
  const tile = keptTile(tilePath(project, image, plane, 0, tx, ty));
  if (!tile) return null;
  const at = ((y - ty * tileSize) * tile.widthPx + x - tx * tileSize) * tile.samples;
  return Array.from(tile.data.subarray(at, at + tile.samples));
}

function keptTile(path: string): PixelPlane | null {
  const tile = kept.get(path);
  if (!tile) return null;
  kept.delete(path);
  kept.set(path, tile);
  return tile;
}

function readTile(headers: Headers, bytes: ArrayBuffer): PixelPlane {
  const widthPx = Number(headers.get('x-tile-width'));
  const heightPx = Number(headers.get('x-tile-height'));
  const samples = Number(headers.get('x-tile-samples')) === 3 ? 3 : 1;
  const data = samplesOf(headers.get('x-tile-dtype') as SampleDtype | null, bytes);
  if (!data || data.length !== widthPx * heightPx * samples) {
    throw new ServiceFailure({ code: 'internal', message: strings.failure.tile });
  }
  return { widthPx, heightPx, samples, data };
}

/** Samples come little-endian, as every machine that runs a browser keeps them. */
function samplesOf(dtype: SampleDtype | null, bytes: ArrayBuffer): PixelPlane['data'] | null {
  if (dtype === 'uint8') return new Uint8Array(bytes);
  if (dtype === 'uint16') return bytes.byteLength % 2 === 0 ? new Uint16Array(bytes) : null;
  if (dtype === 'float32') return bytes.byteLength % 4 === 0 ? new Float32Array(bytes) : null;
  return null;
}
