import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';

/** For tests: a picture that was written to a file, and what a reader must find in it. */
export interface Specimen {
  name: string;
  path: string;
  plane: PixelPlane;
}

export const specimenWidthPx = 600;
export const specimenHeightPx = 520;
/** The bright grain of every specimen, in pixels. */
export const grain = { x: 200, y: 180, radius: 90 };

/** More than one tile wide and high: a bright grain on a dark, slightly uneven ground. */
function grey(x: number, y: number): number {
  const inside = Math.hypot(x - grain.x, y - grain.y) < grain.radius;
  return (inside ? 190 : 40) + ((x * 7 + y * 13) % 23);
}

/** 8-bit samples; 16-bit ones are spread over the upper range, so that a reader that drops bits is found out. */
function makePlane(samples: 1 | 3, bits: 8 | 16): PixelPlane {
  const length = specimenWidthPx * specimenHeightPx * samples;
  const data = bits === 8 ? new Uint8Array(length) : new Uint16Array(length);
  for (let at = 0; at < length; at++) {
    const pixel = Math.floor(at / samples);
    const x = pixel % specimenWidthPx;
    const y = Math.floor(pixel / specimenWidthPx);
    const value = grey(x, y) + 5 * (at % samples);
    data[at] = bits === 8 ? value : value * 211 + (x % 200);
  }
  return { widthPx: specimenWidthPx, heightPx: specimenHeightPx, samples, data };
}

function imageOf({ widthPx, heightPx, samples, data }: PixelPlane): Sharp {
  const image = sharp(data, { raw: { width: widthPx, height: heightPx, channels: samples } });
  if (data instanceof Uint8Array) return image.toColourspace(samples === 1 ? 'b-w' : 'srgb');
  return image.toColourspace(samples === 1 ? 'grey16' : 'rgb16');
}

async function write(folder: string, name: string, plane: PixelPlane): Promise<Specimen> {
  const path = join(folder, name);
  const image = imageOf(plane);
  await (/\.tiff?$/.test(name) ? image.tiff({ compression: 'lzw' }) : image).toFile(path);
  return { name, path, plane };
}

/** Every kind of file that is read without loss: PNG and TIFF, 8 and 16 bit, grey and colour. In the list's order. */
export async function writeSpecimens(folder: string): Promise<Specimen[]> {
  return [
    await write(folder, 'colour 8.png', makePlane(3, 8)),
    await write(folder, 'colour 16.tif', makePlane(3, 16)),
    await write(folder, 'grey 8.tiff', makePlane(1, 8)),
    await write(folder, 'grey 16.png', makePlane(1, 16)),
  ];
}

/** One 8-bit grey picture, for tests that need no more. */
export function writeGreySpecimen(folder: string, name: string): Promise<Specimen> {
  return write(folder, name, makePlane(1, 8));
}

/** A JPEG gives back what its decoder makes of it: the plane is the decoded one. */
export async function writeJpegSpecimen(folder: string, name: string): Promise<Specimen> {
  const { path, plane } = await write(folder, name, makePlane(3, 8));
  const decoded = await sharp(path).raw().toBuffer();
  return { name, path, plane: { ...plane, data: new Uint8Array(decoded) } };
}
