import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Mask, maskArea } from '../../../native-models/masks/mask.ts';
import { planeOf, someMask } from '../../../native-models/masks/testing.ts';
import { firstPlane } from '../micrographs/contract.ts';
import { findMicrographs, openMicrograph } from '../micrographs/index.ts';
import { type LabelImage, maxLabel, paintLabels } from './labelImage.ts';
import { encodeLabelPng } from './labelPng.ts';
import { encodeLabelTiff } from './labelTiff.ts';
import { heightPx, shapes, TestProject, widthPx } from './testing.ts';

interface Table {
  images: {
    image: string;
    labels: string;
    widthPx: number;
    heightPx: number;
    objects: { value: number; objectId: number; class: string; areaPx: number }[];
  }[];
}

let made: TestProject;
beforeEach(async () => {
  made = await TestProject.make();
});
afterEach(() => made.remove());

async function valuesOf(file: string | Buffer): Promise<Uint16Array> {
  const data = await sharp(file).toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer();
  return new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
}

function table(): Table {
  return JSON.parse(readFileSync(join(made.output, 'labels.json'), 'utf8')) as Table;
}

/** Later masks over earlier ones. */
function painted(masks: readonly Mask[]): Uint16Array {
  const values = new Uint16Array(widthPx * heightPx);
  masks.forEach((mask, index) => {
    planeOf(mask, widthPx, heightPx).forEach((value, pixel) => {
      if (value) values[pixel] = index + 1;
    });
  });
  return values;
}

const refusal = (code: string) => expect.objectContaining({ code });
const { plane: _wholePlane, lastPixel: _lastPixel, ...separateShapes } = shapes;
const separate = Object.values(separateShapes);

describe('label image export', () => {
  it.each(['tiff', 'png'] as const)('gives back every object, pixel for pixel (%s)', async (container) => {
    const image = await made.addImage('grains.png');
    await made.addImage('empty.png');
    const ids = separate.map((mask) => made.addObject(image, mask));
    made.hide(ids[1]!);
    const result = await made.export('labels', { container });
    const ending = container === 'tiff' ? 'tif' : 'png';
    const file = join(made.output, `grains_labels.${ending}`);
    expect(await sharp(file).metadata()).toMatchObject({
      depth: 'ushort',
      channels: 1,
      width: widthPx,
      height: heightPx,
    });
    expect(await valuesOf(file)).toEqual(painted(separate));
    expect(await valuesOf(join(made.output, `empty_labels.${ending}`))).toEqual(painted([]));
    expect(result).toMatchObject({ format: 'labels', images: 2, objects: ids.length, notices: [] });
    expect(result.files.every((name) => existsSync(join(made.output, name)))).toBe(true);
    expect(readdirSync(made.output, { recursive: true }).length).toBe(result.files.length + 1);
  });

  it('is read by Lamella itself with the same values', async () => {
    const image = await made.addImage('a.png');
    for (const mask of separate) made.addObject(image, mask);
    await made.export('labels');
    const labels = await openMicrograph(join(made.output, 'a_labels.tif'));
    expect(labels.facts).toMatchObject({ dtype: 'uint16', samples: 1, widthPx, heightPx, z: 1, pixelSize: null });
    expect((await labels.readPlane(firstPlane)).data).toEqual(painted(separate));
  });

  it('keeps the classes and ids in labels.json', async () => {
    const image = await made.addImage('a.png');
    await made.addImage('b.png');
    const pore = made.addClass('pore');
    const [hole, dot] = [made.addObject(image, shapes.hole!), made.addObject(image, shapes.onePixel!, pore)];
    await made.export('labels');
    const sizes = { widthPx, heightPx };
    expect(table().images).toEqual([
      {
        image: 'a.png',
        labels: 'a_labels.tif',
        ...sizes,
        objects: [
          { value: 1, objectId: hole, class: 'Object', areaPx: 19 },
          { value: 2, objectId: dot, class: 'pore', areaPx: 1 },
        ],
      },
      { image: 'b.png', labels: 'b_labels.tif', ...sizes, objects: [] },
    ]);
  });

  it('shows the later of objects that overlap, and says how many do', async () => {
    const [first, second] = [await made.addImage('a.png'), await made.addImage('b.png')];
    const masks = [shapes.lastPixel!, shapes.onePixel!, shapes.hole!, shapes.bottomRight!];
    for (const mask of masks) made.addObject(first, mask);
    made.addObject(second, shapes.hole!);
    const { notices } = await made.export('labels');
    expect(await valuesOf(join(made.output, 'a_labels.tif'))).toEqual(painted(masks));
    expect(notices).toHaveLength(1);
    expect(notices[0]!.message).toMatch(/^a\.png: 2 objects overlap.* 1 of them lies wholly under others/);
  });

  it('gives every image a file of its own', async () => {
    const names = ['a.png', 'a.tif', 'sub/a.png', 'b.c.png', 'B.C.tif'];
    for (const name of names) await made.addImage(name);
    await made.addImage('a.png', join(made.root, 'elsewhere', 'a.png'));
    await made.export('labels');
    const files = Object.fromEntries(table().images.map(({ image, labels }) => [image, labels]));
    expect(files).toEqual({
      'a.png': 'a_png_labels.tif',
      'a_2.png': 'a_2_labels.tif',
      'a.tif': 'a_tif_labels.tif',
      'sub/a.png': 'sub/a_labels.tif',
      'b.c.png': 'b.c_png_labels.tif',
      'B.C.tif': 'B.C_tif_labels.tif',
    });
    for (const file of Object.values(files)) expect(existsSync(join(made.output, file))).toBe(true);
  });

  it('can be written beside the micrographs without becoming one of them', async () => {
    await made.addImage('a.png');
    const before = await findMicrographs(made.folder);
    for (const container of ['tiff', 'png'] as const)
      await made.export('labels', { container }, { output: made.folder });
    expect(readdirSync(made.folder)).toEqual(
      expect.arrayContaining(['a.png', 'a_labels.tif', 'a_labels.png', 'preview']),
    );
    expect(await findMicrographs(made.folder)).toEqual(before);
  });

  it('is not written over a micrograph that has its name', async () => {
    await made.addImage('a.png');
    await made.addImage('a_labels.tif');
    const original = readFileSync(join(made.folder, 'a_labels.tif'));
    await expect(made.export('labels', {}, { output: made.folder })).rejects.toThrow(refusal('edit-refused'));
    expect(readFileSync(join(made.folder, 'a_labels.tif')).equals(original)).toBe(true);
  });

  it('has a colour preview in which objects can be told apart', async () => {
    const image = await made.addImage('a.png');
    for (const mask of separate) made.addObject(image, mask);
    await made.export('labels');
    const { data, info } = await sharp(join(made.output, 'preview', 'a_preview.png'))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, info.channels]).toEqual([widthPx, heightPx, 3]);
    const colors = new Map<number, Set<string>>();
    painted(separate).forEach((value, pixel) => {
      const color = data.subarray(3 * pixel, 3 * pixel + 3).join(' ');
      colors.set(value, (colors.get(value) ?? new Set()).add(color));
    });
    expect([...colors.get(0)!]).toEqual(['0 0 0']);
    expect([...colors.values()].every(({ size }) => size === 1)).toBe(true);
    expect(new Set([...colors.values()].flatMap((set) => [...set])).size).toBe(separate.length + 1);
  });

  it('is refused for more objects than 16 bits count, before anything is written', async () => {
    await made.addImage('a.png');
    const crowded = Object.create(made.project, {
      images: { value: () => made.project.images().map((image) => ({ ...image, objectCount: maxLabel + 1 })) },
    }) as typeof made.project;
    await expect(made.export('labels', {}, { project: crowded })).rejects.toThrow(refusal('edit-refused'));
    expect(existsSync(made.output)).toBe(false);
  });

  it('stops when cancelled', async () => {
    await made.addImage('a.png');
    const abort = new AbortController();
    const onProgress = (_done: number, _total: number, detail: string) => {
      if (detail.startsWith('Writing')) abort.abort();
    };
    await expect(made.export('labels', {}, { signal: abort.signal, onProgress })).rejects.toThrow(refusal('cancelled'));
    expect(readdirSync(made.output)).toEqual([]);
  });
});

describe('label image files', () => {
  it('hold any values, in strips and up to the highest', async () => {
    const wide = 1031;
    const high = 1029;
    const image = labelImageOf(wide, high, (pixel) => (pixel * 7919) % (maxLabel + 1));
    for (const encode of [(labels: LabelImage) => encodeLabelTiff(labels, unknownSize), encodeLabelPng]) {
      expect(Buffer.compare(bytes(await valuesOf(Buffer.concat(await encode(image)))), bytes(image.data))).toBe(0);
    }
  });

  it('are TIFF that shows its objects in ImageJ and knows the pixel size', async () => {
    const image = { ...labelImageOf(3, 2, (pixel) => pixel), objects: new Array(5) as LabelImage['objects'] };
    const sizes = [
      { pixelSize: 3.25e-7, pixelUnit: 'm', expected: 0.325, unit: 'µm' },
      { pixelSize: 1e-10, pixelUnit: 'm', expected: 1e-4, unit: 'µm' },
      { pixelSize: 12.5, pixelUnit: 'nm', expected: 0.0125, unit: 'µm' },
      { pixelSize: 1 / 3, pixelUnit: 'µm', expected: 1 / 3, unit: 'µm' },
      { pixelSize: 2000, pixelUnit: 'furlong\n', expected: 2000, unit: 'furlong\\u000A' },
    ];
    for (const [index, { expected, unit, ...size }] of sizes.entries()) {
      const path = join(made.root, `${index}.tif`);
      const encoded = Buffer.concat(await encodeLabelTiff(image, size));
      expect(encoded.toString('latin1')).toContain('ImageJ=1.11a\nimages=1\nmin=0.0\nmax=5.0\n');
      writeFileSync(path, encoded);
      const { facts } = await openMicrograph(path);
      expect(facts.pixelUnit).toBe(unit);
      expect(facts.pixelSize! / expected).toBeCloseTo(1, 6);
    }
  });
});

describe('painting labels', () => {
  it('counts the objects that share pixels and those of which nothing is left', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          someMask.filter((mask) => maskArea(mask) > 0),
          { maxLength: 6 },
        ),
        async (masks) => {
          const objects = masks.map((mask, id) => ({ id, classId: 1, mask }));
          const labels = await paintLabels(asyncly(objects), widthPx, heightPx);
          expect(labels.data).toEqual(painted(masks));
          const planes = masks.map((mask) => planeOf(mask, widthPx, heightPx));
          const meets = (a: Uint8Array, b: Uint8Array) => a.some((value, pixel) => value === 1 && b[pixel] === 1);
          const overlapping = planes.filter((plane) => planes.some((other) => other !== plane && meets(plane, other)));
          expect(labels.overlapping).toBe(overlapping.length);
          const left = new Set(labels.data);
          expect(labels.covered).toBe(planes.filter((_, index) => !left.has(index + 1)).length);
        },
      ),
    );
  });
});

const unknownSize = { pixelSize: null, pixelUnit: null };

function labelImageOf(width: number, height: number, value: (pixel: number) => number): LabelImage {
  const data = Uint16Array.from({ length: width * height }, (_, pixel) => value(pixel));
  return { widthPx: width, heightPx: height, data, objects: [], overlapping: 0, covered: 0 };
}

function bytes(values: Uint16Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

async function* asyncly<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values;
}
