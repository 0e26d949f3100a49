import sharp from 'sharp';
import { decoderOptions } from '../../decodePlane.ts';

/**
 * A strip or tile that is a JPEG stream (TIFF technical note 2), decoded by libvips. `tables` (tag 347) is put before
 * it, and Adobe's marker says whether its colours are YCbCr: the stream itself does not, the TIFF does.
 * Gives exactly the block's size in interleaved samples, or throws.
 */
export async function decodeJpeg(
  bytes: Uint8Array,
  tables: Uint8Array,
  block: { widthPx: number; heightPx: number; samples: 1 | 3; ycbcr: boolean },
): Promise<Uint8Array> {
  const start = [0xff, 0xd8];
  const adobe = [0xff, 0xee, 0, 14, 0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, block.ycbcr ? 1 : 0];
  const stream = Buffer.concat([
    Uint8Array.from(block.samples === 3 ? [...start, ...adobe] : start),
    withoutEnds(tables),
    startsImage(bytes) ? bytes.subarray(2) : bytes,
  ]);
  const { data, info } = await sharp(stream, { ...decoderOptions, failOn: 'error' })
    .toColourspace(block.samples === 3 ? 'srgb' : 'b-w')
    .raw()
    .toBuffer({ resolveWithObject: true });
  // The last strip may be written at its full height.
  if (info.width !== block.widthPx || info.height < block.heightPx || info.channels !== block.samples) {
    throw new Error(`a JPEG block of ${info.width} × ${info.height} × ${info.channels}`);
  }
  return data;
}

function startsImage(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8;
}

function withoutEnds(tables: Uint8Array): Uint8Array {
  const ended = tables.at(-2) === 0xff && tables.at(-1) === 0xd9;
  return tables.subarray(startsImage(tables) ? 2 : 0, ended ? -2 : undefined);
}
