import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import Zstd from 'numcodecs/zstd';
import sharp from 'sharp';
import { type TiffPage, writeTiff } from './tiffWriter.ts';

const [widthPx, heightPx] = [96, 64];

/** For tests: small files of the kinds that are written nowhere else, for readers to stumble over when damaged. */
export async function writeSmallSpecimens(folder: string): Promise<void> {
  const grey = Uint8Array.from({ length: widthPx * heightPx }, (_, i) => (i * 7 + ((i / widthPx) | 0) * 3) % 251);
  const colour = Uint8Array.from({ length: grey.length * 3 }, (_, i) => grey[(i / 3) | 0]! ^ (i % 3));
  const image = sharp(colour, { raw: { width: widthPx, height: heightPx, channels: 3 } });
  const tiff = (tags: TiffPage['tags'], block: Uint8Array, more: Partial<TiffPage> = {}): TiffPage => ({
    tags: { 256: [widthPx], 257: [heightPx], 258: [8], 259: [1], 262: [1], 277: [1], 278: [heightPx], ...tags },
    blocks: [block],
    ...more,
  });
  const half = tiff({ 254: [1], 256: [48], 257: [32], 278: [32] }, grey.subarray(0, 48 * 32));
  const ome = `<?xml version="1.0"?><OME><Image><Pixels DimensionOrder="XYZCT" SizeX="96" SizeY="64" SizeC="2" SizeZ="1"
    SizeT="1" PhysicalSizeX="0.1"><Channel Name="a" Color="-1"/><TiffData IFD="0" PlaneCount="2"/></Pixels></Image></OME>`;
  const files: Record<string, Uint8Array> = {
    'colour.webp': await image.webp({ lossless: true }).toBuffer(),
    'tiles.tif': await image
      .tiff({ compression: 'jpeg', tile: true, tileWidth: 32, tileHeight: 32, pyramid: true })
      .toBuffer(),
    'cmyk.tif': await image.clone().toColourspace('cmyk').tiff({ compression: 'lzw' }).toBuffer(),
    'camera.bmp': bitmap(grey),
    'volume.nrrd': Buffer.concat([Buffer.from(nrrdHeader), gzipSync(grey)]),
    'zstd.tif': writeTiff([tiff({ 259: [50_000] }, await Zstd.fromConfig({ id: 'zstd' }).encode(grey))]),
    'levels.tif': writeTiff([tiff({ 259: [8], 317: [2] }, deflateSync(grey), { subPages: [half] })], false),
    'set.ome.tif': writeTiff([tiff({ 270: ome }, grey), tiff({}, grey)]),
    'stack.tif': writeTiff([tiff({ 257: [32], 278: [32], 270: 'ImageJ=1.5\nimages=2\nslices=2\nunit=nm\n' }, grey)]),
    'fei.tif': writeTiff([
      tiff({ 34682: '[Beam]\r\nHV=5000\r\n[Image]\r\nResolutionX=96\r\nResolutionY=60\r\n' }, grey),
    ]),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
}

const nrrdHeader =
  'NRRD0004\ntype: uchar\ndimension: 3\nsizes: 96 32 2\nencoding: gzip\nspacings: 1 1 2\nunits: "nm" "nm" "nm"\n\n';

/** 8 bits with a palette of greys. */
function bitmap(grey: Uint8Array): Buffer {
  const head = Buffer.alloc(54 + 1024);
  head.write('BM');
  head.writeUInt32LE(head.length, 10);
  head.writeUInt32LE(40, 14);
  head.writeInt32LE(widthPx, 18);
  head.writeInt32LE(heightPx, 22);
  head.writeUInt16LE(8, 28);
  for (let i = 0; i < 256; i++) head.fill(i, 54 + i * 4, 57 + i * 4);
  return Buffer.concat([head, grey]);
}
