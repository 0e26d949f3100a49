import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeRle, type Rle } from '../native-models/masks/rle.ts';

/** A full-size plane of 0 and 1, row-major. */
export type Plane = Uint8Array;

interface CocoFile {
  images: { id: number; file_name: string; width: number; height: number }[];
  annotations: {
    id: number;
    image_id: number;
    category_id: number;
    segmentation: number[][] | Rle;
    area: number;
    bbox: number[];
  }[];
  categories: { id: number; name: string }[];
}

export async function readCoco(folder: string): Promise<CocoFile> {
  return JSON.parse(await readFile(join(folder, 'annotations', 'instances.json'), 'utf8')) as CocoFile;
}

/** Rasterises a COCO segmentation independently of the exporter: pixel centres, even-odd rule. */
export function rasterise(segmentation: number[][] | Rle, width: number, height: number): Plane {
  const plane = new Uint8Array(width * height);
  if (!Array.isArray(segmentation)) {
    const mask = decodeRle(segmentation);
    for (let j = 0; j < mask.height; j++) {
      plane.set(mask.data.subarray(j * mask.width, (j + 1) * mask.width), (mask.y + j) * width + mask.x);
    }
    return plane;
  }
  for (const ring of segmentation) {
    for (let y = 0; y < height; y++) {
      const crossings: number[] = [];
      for (let i = 0; i < ring.length; i += 2) {
        const [x0, y0] = [ring[i]!, ring[i + 1]!];
        const [x1, y1] = [ring[(i + 2) % ring.length]!, ring[(i + 3) % ring.length]!];
        const centre = y + 0.5;
        if (y0 <= centre !== y1 <= centre) crossings.push(x0 + ((centre - y0) / (y1 - y0)) * (x1 - x0));
      }
      crossings.sort((a, b) => a - b);
      for (let k = 0; k + 1 < crossings.length; k += 2) {
        for (let x = Math.ceil(crossings[k]! - 0.5); x + 0.5 < crossings[k + 1]!; x++) plane[y * width + x] = 1;
      }
    }
  }
  return plane;
}

/** Unpacks a frame of masks (electron/service/api/frames.ts) to full-size planes by object id. */
export function planesOfFrame(frame: Buffer, width: number, height: number): Map<number, Plane> {
  const headerLength = frame.readUInt32LE(0);
  const header = JSON.parse(frame.subarray(4, 4 + headerLength).toString('utf8')) as {
    objects: { id: number; bbox: [number, number, number, number] }[];
  };
  let at = 4 + headerLength;
  const planes = new Map<number, Plane>();
  for (const { id, bbox } of header.objects) {
    const [x, y, w, h] = bbox;
    const plane = new Uint8Array(width * height);
    for (let p = 0; p < w * h; p++) {
      if (frame[at + (p >> 3)]! & (0x80 >> (p & 7))) plane[(y + Math.floor(p / w)) * width + x + (p % w)] = 1;
    }
    planes.set(id, plane);
    at += (w * h + 7) >> 3;
  }
  return planes;
}
