import type { Bbox } from '../../../native-models/masks/mask.ts';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import type { FileBytes } from './fileBytes.ts';
import { allocateSamples, bytesPerSample, dtypeOf, samplesFromBytes, type StoredDtype } from './storedSamples.ts';

/** A plane whose samples lie in the file row after row, uncompressed and interleaved. */
export interface RawLayout {
  /** First byte of the file's first row. */
  at: number;
  /** Bytes from one row to the next. */
  rowBytes: number;
  heightPx: number;
  stored: StoredDtype;
  littleEndian: boolean;
  /** Samples a pixel in the file. */
  storedSamples: number;
  /** Which of them a pixel of the plane is made of: [0], or red, green and blue. */
  pick: readonly [number] | readonly [number, number, number];
  /** The file's first row is the picture's last. */
  bottomUp: boolean;
}

/** First byte after the plane. */
export function rawEnd(layout: RawLayout): number {
  return layout.at + layout.rowBytes * layout.heightPx;
}

/** Reads the bytes of the region's rows, as one piece where that is little more than the region itself. */
export async function readRawRegion(bytes: FileBytes, layout: RawLayout, region: Bbox): Promise<PixelPlane> {
  const [x, y, widthPx, heightPx] = region;
  const { rowBytes, stored, storedSamples, littleEndian, pick } = layout;
  const pixelBytes = bytesPerSample[stored] * storedSamples;
  const spanBytes = widthPx * pixelBytes;
  const firstRow = layout.bottomUp ? layout.heightPx - y - heightPx : y;
  const start = layout.at + firstRow * rowBytes + x * pixelBytes;
  const packed = spanBytes === rowBytes;
  const rows = packed
    ? await bytes.read(start, spanBytes * heightPx)
    : await readRows(bytes, start, spanBytes, rowBytes, heightPx);
  const values = samplesFromBytes(rows, stored, littleEndian);
  const samples = pick.length;
  const data = samples === storedSamples && !layout.bottomUp && pick.every((from, to) => from === to) ? values : null;
  if (data) return { widthPx, heightPx, samples, data };
  const picked = allocateSamples(dtypeOf(stored), widthPx * heightPx * samples);
  for (let j = 0; j < heightPx; j++) {
    const row = (layout.bottomUp ? heightPx - 1 - j : j) * widthPx * storedSamples;
    for (let s = 0; s < samples; s++) {
      let to = j * widthPx * samples + s;
      for (let from = row + pick[s]!; from < row + widthPx * storedSamples; from += storedSamples, to += samples) {
        picked[to] = values[from]!;
      }
    }
  }
  return { widthPx, heightPx, samples, data: picked };
}

async function readRows(
  bytes: FileBytes,
  start: number,
  spanBytes: number,
  rowBytes: number,
  count: number,
): Promise<Uint8Array> {
  const rows = new Uint8Array(spanBytes * count);
  const wholeBytes = rowBytes * (count - 1) + spanBytes;
  const piece = wholeBytes <= 4 * rows.length ? await bytes.read(start, wholeBytes) : null;
  for (let j = 0; j < count; j++) {
    const row = piece
      ? piece.subarray(j * rowBytes, j * rowBytes + spanBytes)
      : await bytes.read(start + j * rowBytes, spanBytes);
    rows.set(row, j * spanBytes);
  }
  return rows;
}
