import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LamellaError } from '../errors.ts';
import { firstPlane } from './contract.ts';
import { openMicrograph } from './index.ts';

const zoo = resolve(import.meta.dirname, '../../../../shared/data/formats');

interface Facts {
  width?: number;
  height?: number;
  dtype?: string;
  samples?: number;
  channels?: number;
  z?: number;
  t?: number;
  mean?: number;
  firstPixel?: number;
  pixelSize?: number | null;
  pixelUnit?: string | null;
  pixelSizeSource?: string | null;
}

/** The reference counts an alpha channel; its JPEG heights and means are of the source, not of the file. */
const deviations: Record<string, Partial<Facts>> = {
  // Its alpha channel is dropped.
  'test_rgba16.tif': { samples: 3 },
  // The file says 299 rows in its own header.
  'bilevel_g4.tif': { height: 299 },
  // Stored values are counted from white; what is shown and measured counts from black.
  'miniswhite.tif': { mean: 255 - 80.06944444444444, firstPixel: 255 - 69 },
};

function readable(): [string, Facts][] {
  if (!existsSync(zoo)) return [];
  const facts = JSON.parse(readFileSync(join(zoo, 'facts.json'), 'utf8')) as Record<string, Facts>;
  return Object.entries(facts)
    .filter(([name]) => /\.(tif|png|jpg)$/.test(name) && existsSync(join(zoo, name)))
    .map(([name, found]) => [name, { ...found, ...deviations[name] }]);
}

describe.skipIf(!existsSync(zoo))('files of other programs (../shared/data/formats)', () => {
  it.each(readable())('%s has the facts of the reference reader', async (name, expected) => {
    const micrograph = await openMicrograph(join(zoo, name));
    const { facts } = micrograph;
    expect(facts.widthPx).toBe(expected.width);
    expect(facts.heightPx).toBe(expected.height);
    expect(facts.storedDtype ?? facts.dtype).toBe(expected.dtype ?? facts.dtype);
    expect(facts.samples).toBe(expected.samples);
    if (expected.channels !== undefined) expect(facts.channels).toBe(expected.channels);
    if (expected.z !== undefined) expect(facts.z).toBe(expected.z);
    if (expected.t !== undefined) expect(facts.t).toBe(expected.t);
    if (typeof expected.pixelSize === 'number') {
      expect(facts.pixelSize).toBeCloseTo(expected.pixelSize, 9);
      expect(facts.pixelUnit).toBe(expected.pixelUnit);
      if (expected.pixelSizeSource) expect(facts.pixelSizeSource).toBe(expected.pixelSizeSource);
    }

    let sum = 0;
    let count = 0;
    let first: number | undefined;
    for (let t = 0; t < facts.t; t++) {
      for (let z = 0; z < facts.z; z++) {
        for (let c = 0; c < facts.channels; c++) {
          const plane = await micrograph.readPlane({ c: facts.channels > 1 ? c : null, z, t });
          expect(plane.data.length).toBe(facts.widthPx * facts.heightPx * facts.samples);
          first ??= plane.data[0];
          for (const value of plane.data) sum += value;
          count += plane.data.length;
        }
      }
    }
    if (expected.mean !== undefined) expect(sum / count).toBeCloseTo(expected.mean, 6);
    if (expected.firstPixel !== undefined) expect(first).toBeCloseTo(expected.firstPixel, 6);
  });

  it.each(existsSync(zoo) ? readdirSync(join(zoo, 'broken')) : [])('broken/%s is refused by name', async (name) => {
    const path = join(zoo, 'broken', name);
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
  });

  it.each(['test_STEM_image.dm3', 'test-2.dm4', 'HAADFscan.mrc'])('%s is named as not supported', async (name) => {
    await expect(openMicrograph(join(zoo, name))).rejects.toMatchObject({ code: 'file-unsupported' });
  });
});
