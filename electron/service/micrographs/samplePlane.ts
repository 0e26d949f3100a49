import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import type { LevelSize } from './contract.ts';
import type { ReadRegion } from './planeChunks.ts';
import { emptyLike } from './shrink.ts';

/** Pixels that may be decoded for a first picture: some tenths of a second of inflating. */
const budgetPixels = 48 * 2 ** 20;
/** Reads at a time; the disk and the system's threads have enough with these. */
const readsAtATime = 8;

/** Blocks of one direction that are read: every `every`-th, the one in the middle of each group. */
interface Picks {
  block: number;
  count: number;
  every: number;
}

/**
 * A level at 1/`step` without reading all of it: each sample is one pixel, as it is, of the nearest block (tile, strip,
 * row) that is read. All blocks are read where they are small or few; where decoding them would take long, every second,
 * third … of them, and what lies between repeats their borders. Good for a first picture and for what a histogram says,
 * not for looking closely.
 */
export async function samplePlane(
  level: number,
  size: LevelSize,
  block: LevelSize,
  step: number,
  read: ReadRegion,
): Promise<PixelPlane> {
  const across = picksOf(size.widthPx, block.widthPx, step);
  const down = picksOf(size.heightPx, block.heightPx, step);
  const cost = () => picked(across) * picked(down) * block.widthPx * block.heightPx;
  for (let n = 2; cost() > budgetPixels && (across.every < across.count || down.every < down.count); n++) {
    across.every = Math.min(across.count, picksOf(size.widthPx, block.widthPx, step).every * n);
    down.every = Math.min(down.count, picksOf(size.heightPx, block.heightPx, step).every * n);
  }
  const columns = placesOf(across, size.widthPx, step);
  const rows = placesOf(down, size.heightPx, step);
  let sample: PixelPlane | null = null;
  const readBlock = async (bx: number, by: number) => {
    const x = bx * block.widthPx;
    const y = by * block.heightPx;
    const width = Math.min(block.widthPx, size.widthPx - x);
    const height = Math.min(block.heightPx, size.heightPx - y);
    const piece = await read(level, [x, y, width, height]);
    sample ??= emptyLike(piece, columns.length, rows.length);
    const { samples } = piece;
    for (const [j, v] of rows.entries()) {
      if (v.block !== by) continue;
      for (const [i, u] of columns.entries()) {
        if (u.block !== bx) continue;
        for (let s = 0; s < samples; s++) {
          sample.data[(j * columns.length + i) * samples + s] =
            piece.data[((v.at - y) * width + u.at - x) * samples + s]!;
        }
      }
    }
  };
  const blocks = [...new Set(rows.map((row) => row.block))].flatMap((by) =>
    [...new Set(columns.map((column) => column.block))].map((bx) => [bx, by] as const),
  );
  for (let i = 0; i < blocks.length; i += readsAtATime) {
    await Promise.all(blocks.slice(i, i + readsAtATime).map(([bx, by]) => readBlock(bx, by)));
  }
  return sample!;
}

function picksOf(length: number, block: number, step: number): Picks {
  return { block, count: Math.ceil(length / block), every: Math.max(1, Math.floor(step / block)) };
}

function picked({ count, every }: Picks): number {
  return Math.ceil(count / every);
}

/** For each sample of one direction the block that it is taken from, and the pixel. */
function placesOf({ block, count, every }: Picks, length: number, step: number): { block: number; at: number }[] {
  return Array.from({ length: Math.ceil(length / step) }, (_, i) => {
    const wanted = Math.min(length - 1, Math.floor((i + 0.5) * step));
    const group = Math.floor(Math.floor(wanted / block) / every);
    const chosen = Math.min(count - 1, group * every + (every >> 1));
    const last = Math.min(length, (chosen + 1) * block) - 1;
    return { block: chosen, at: Math.min(last, Math.max(chosen * block, wanted)) };
  });
}
