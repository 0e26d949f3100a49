import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cropPlane } from '../../../native-models/predictor/cropPlane.ts';
import { LamellaError } from '../errors.ts';
import { firstPlane, type Micrograph } from './contract.ts';
import { describeMicrograph } from './describe.ts';
import { openMicrograph } from './index.ts';

// Files of instruments and other programs; without the folder these tests say that they were skipped, no more.
const zoo = resolve(import.meta.dirname, '../../../../shared/data/formats');
const isThere = existsSync(zoo);
if (!isThere) console.warn(`Skipped: the formats' files are not at ${zoo}.`);

interface Facts {
  width?: number;
  height?: number;
  dtype?: string;
  samples?: number;
  channels?: number;
  z?: number;
  t?: number;
  axes?: string;
  shape?: number[];
  mean?: number;
  firstPixel?: number;
  pyramid?: boolean;
  pixelSize?: number | null;
  pixelUnit?: string | null;
  pixelSizeSource?: string | null;
}

const facts = isThere ? (JSON.parse(readFileSync(join(zoo, 'facts.json'), 'utf8')) as Record<string, Facts>) : {};

/** Where the reference means something else than the file, or than what is shown and measured here. */
const deviations: Record<string, Partial<Facts>> = {
  // The file says 299 rows in its own header.
  'bilevel_g4.tif': { height: 299 },
  // Stored values are counted from white; what is shown and measured counts from black.
  'miniswhite.tif': { mean: 255 - 80.06944444444444, firstPixel: 255 - 69 },
};

/** Pixel sizes that the reference reader left out, by the files' own tags. */
const calibrated: [name: string, pixelSize: number, pixelUnit: string, source: RegExp][] = [
  ['FEI-Helios-navcam.tif', 0.202732 / 768, 'm', /34682/],
  ['saved_with_DM.tif', 0.16867469251155853, 'µm', /65009/],
  ['saved_with_imageJ_stack.tif', 1 / 5.928571, 'micron', /ImageJ/],
  ['olympus_SIS.tif', 2.392791775876109e-11, 'm', /33560/],
  ['test_STEM_image.dm3', 0.24853801727294922, 'nm', /DigitalMicrograph/],
  ['HAADFscan.mrc', 5.679131317138672, 'nm', /MRC/],
];

/** Info bars, by the instrument's text or by the pixels. */
const bars: [name: string, y: number][] = [
  ['FEI-Helios-Ebeam-8bits.tif', 442],
  ['FEI-Helios-navcam.tif', 512],
  ['Zeiss_SEM_1k.tif', 691],
];

/** Mean over all planes, and the very first sample. */
async function valuesOf(micrograph: Micrograph): Promise<{ mean: number; first: number }> {
  const { channels, z, t, widthPx, heightPx, samples } = micrograph.facts;
  let sum = 0;
  let count = 0;
  let first: number | undefined;
  for (let at = 0; at < channels * z * t; at++) {
    const c = at % channels;
    const address = { c: channels > 1 ? c : null, z: Math.floor(at / channels) % z, t: Math.floor(at / channels / z) };
    const plane = await micrograph.readPlane(address);
    expect(plane.data.length).toBe(widthPx * heightPx * samples);
    expect(Buffer.isBuffer(plane.data)).toBe(false);
    first ??= plane.data[0];
    for (const value of plane.data) sum += value;
    count += plane.data.length;
  }
  return { mean: sum / count, first: first! };
}

describe.skipIf(!isThere)('files of other programs (../shared/data/formats)', () => {
  it.each(Object.keys(facts))('%s has the facts of the reference reader', async (name) => {
    const expected = { ...facts[name], ...deviations[name] };
    const found = await describeMicrograph(join(zoo, name));
    expect(found.widthPx).toBe(expected.width ?? found.widthPx);
    expect(found.heightPx).toBe(expected.height ?? found.heightPx);
    expect(found.storedDtype ?? found.dtype).toBe(expected.dtype ?? found.storedDtype ?? found.dtype);
    expect(found.storedSamples ?? found.samples).toBe(expected.samples ?? found.storedSamples ?? found.samples);
    for (const key of ['channels', 'z', 't', 'axes', 'shape', 'pyramid'] as const) {
      if (expected[key] !== undefined) expect(found[key], key).toEqual(expected[key]);
    }
    if (typeof expected.pixelSize === 'number') {
      expect(found.pixelSize).toBeCloseTo(expected.pixelSize, 9);
      expect(found.pixelUnit).toBe(expected.pixelUnit);
      if (expected.pixelSizeSource) expect(found.pixelSizeSource).toBe(expected.pixelSizeSource);
    }
    const { mean, first } = await valuesOf(await openMicrograph(join(zoo, name)));
    if (expected.mean !== undefined) expect(mean).toBeCloseTo(expected.mean, 6);
    if (expected.firstPixel !== undefined) expect(first).toBeCloseTo(expected.firstPixel, 6);
  });

  it.each(calibrated)('%s: a pixel is %d %s', async (name, pixelSize, pixelUnit, source) => {
    const found = await describeMicrograph(join(zoo, name));
    expect(found.pixelSize! / pixelSize).toBeCloseTo(1, 6);
    expect(found).toMatchObject({ pixelUnit, pixelSizeSource: expect.stringMatching(source) });
  });

  it.each(bars)('%s: its info bar begins at row %i', async (name, y) => {
    const { dataBar, heightPx } = await describeMicrograph(join(zoo, name));
    expect(dataBar).toEqual({ y, height: heightPx - y });
  });

  it.each([
    'u16_lzw_tiles.tif',
    'rgb_planar.tif',
    'f32_predictor3.tif',
    'u8_deflate.tif',
    'rgb_jpeg.tif',
    'cells.ome.zarr',
  ])('%s: a region is what the plane has there', async (name) => {
    const micrograph = await openMicrograph(join(zoo, name));
    const { facts } = micrograph;
    const address = { c: facts.channels > 1 ? 1 : null, z: facts.z - 1, t: 0 };
    const [x, y, width, height] = [101, 57, 93, 88];
    const plane = await micrograph.readPlane(address);
    const region = await micrograph.readRegion(address, 0, [x, y, width, height]);
    expect(region).toEqual(cropPlane(plane, [x, y, x + width, y + height]));
  });

  it.each(isThere ? readdirSync(join(zoo, 'broken')) : [])('broken/%s is refused by name', async (name) => {
    const path = join(zoo, 'broken', name);
    const began = performance.now();
    const reading = openMicrograph(path).then((micrograph) => micrograph.readPlane(firstPlane));
    const error = await reading.then(
      () => null,
      (cause: unknown) => cause,
    );
    expect(error).toBeInstanceOf(LamellaError);
    const { code, path: named, message, remedy } = error as LamellaError;
    expect(['file-damaged', 'file-unsupported']).toContain(code);
    expect(named).toBe(path);
    expect(message).toContain(name);
    expect(remedy).toBeTruthy();
    expect(performance.now() - began).toBeLessThan(2000);
  });
});
