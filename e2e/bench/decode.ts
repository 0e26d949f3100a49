import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import sharp, { type Sharp } from 'sharp';
import { firstPlane } from '../../electron/service/micrographs/contract.ts';
import { openMicrograph } from '../../electron/service/micrographs/index.ts';
import { type Figure, figure } from './figure.ts';

const rounds = 9;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

interface Picture {
  name: string;
  file: string;
  side: number;
  bits: 8 | 16;
  store(picture: Sharp): Sharp;
}

const pictures: readonly Picture[] = [
  { name: 'PNG', file: 'a.png', side: 2048, bits: 8, store: (picture) => picture.png() },
  { name: 'JPEG', file: 'a.jpg', side: 4096, bits: 8, store: (picture) => picture.jpeg({ quality: 90 }) },
  { name: 'TIFF, uncompressed', file: 'plain.tif', side: 4096, bits: 16, store: tiff('none') },
  { name: 'TIFF, LZW', file: 'lzw.tif', side: 4096, bits: 16, store: tiff('lzw') },
  { name: 'TIFF, deflate', file: 'deflate.tif', side: 4096, bits: 16, store: tiff('deflate') },
];

/**
 * From an opened file to its whole plane as the service reads it, beside libvips (as sharp brings it) decoding the same
 * file to the same samples, in turns. The library has as many threads as it takes by itself, the service one: where
 * other programs take the processor, too, the ratio grows. The files lie in the system's cache.
 */
export async function measureDecode(print: (line: Figure) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'lamella-bench-decode-'));
  try {
    for (const { name, file, side, bits, store } of pictures) {
      const path = join(folder, file);
      await store(grey(side, bits)).toFile(path);
      const micrograph = await openMicrograph(path);
      const bare = () => {
        const library = sharp(path, { ignoreIcc: true }).toColourspace(bits === 16 ? 'grey16' : 'b-w');
        return library.raw({ depth: bits === 16 ? 'ushort' : 'uchar' }).toBuffer();
      };
      const ours: number[] = [];
      const theirs: number[] = [];
      for (let round = 0; round <= rounds; round++) {
        ours.push(await timed(() => micrograph.readPlane(firstPlane)));
        theirs.push(await timed(bare));
      }
      // The first round also compiles code.
      const title = `decode a whole plane: ${name}, ${side} × ${side} px, ${bits} bits`;
      print(figure(title, 'ms', ours.slice(1), theirs.slice(1)));
      await rm(path);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function tiff(compression: 'none' | 'lzw' | 'deflate'): Picture['store'] {
  return (picture) => picture.tiff({ compression, predictor: compression === 'none' ? 'none' : 'horizontal' });
}

/**
 * Bright discs on a darker ground, with as much noise as lets it compress like the samples that ship: 16 bits to 0.79 of
 * its size by LZW and 0.68 by deflate, 8 bits to 0.6 as PNG.
 */
function grey(side: number, bits: 8 | 16): Sharp {
  const data = new (bits === 16 ? Uint16Array : Uint8Array)(side * side);
  const [unit, noise] = bits === 16 ? [256, 256] : [1, 16];
  let state = 1;
  for (let at = 0; at < data.length; at++) {
    const [x, y] = [at % side, Math.floor(at / side)];
    const isInside = Math.hypot((x % 128) - 64, (y % 128) - 64) < 40;
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    data[at] = (isInside ? 170 : 60) * unit + noise * ((state >>> 8) / 2 ** 24);
  }
  const picture = sharp(data, { raw: { width: side, height: side, channels: 1 } });
  return picture.toColourspace(bits === 16 ? 'grey16' : 'b-w');
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  // Giving back the planes of the rounds before takes as long as reading a small part of one: neither pays for it.
  collectGarbage();
  const started = performance.now();
  await work();
  return performance.now() - started;
}
