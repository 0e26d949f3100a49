import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fillHoles } from '../../../native-models/masks/fillHoles.ts';
import { type Mask, maskArea, maskBbox, trimMask } from '../../../native-models/masks/mask.ts';
import { decodeRle, type Rle } from '../../../native-models/masks/rle.ts';
import { fillEvenOdd, fillUnited, planeOf, someMask } from '../../../native-models/masks/testing.ts';
import { openMicrograph } from '../micrographs/index.ts';
import { cocoShape } from './cocoSegmentation.ts';
import { heightPx, shapes, TestProject, widthPx } from './testing.ts';

interface Coco {
  info: { description: string };
  licenses: unknown[];
  images: { id: number; file_name: string; width: number; height: number }[];
  categories: { id: number; name: string; supercategory: string }[];
  annotations: {
    id: number;
    image_id: number;
    category_id: number;
    segmentation: number[][] | Rle;
    area: number;
    bbox: number[];
    iscrowd: number;
  }[];
}

let made: TestProject;
beforeEach(async () => {
  made = await TestProject.make();
});
afterEach(() => made.remove());

function written(): Coco {
  return JSON.parse(readFileSync(join(made.output, 'annotations', 'instances.json'), 'utf8')) as Coco;
}

/** The plane of a segmentation, which must be the same by the even-odd rule and by the union of the polygons. */
function planeOfSegmentation(segmentation: number[][] | Rle): Uint8Array {
  if (!Array.isArray(segmentation)) {
    expect(segmentation.size).toEqual([heightPx, widthPx]);
    return planeOf(decodeRle(segmentation), widthPx, heightPx);
  }
  const plane = fillUnited(segmentation, widthPx, heightPx);
  expect(fillEvenOdd(segmentation, widthPx, heightPx)).toEqual(plane);
  return plane;
}

const refusal = (code: string, path?: string) =>
  expect.objectContaining(path === undefined ? { code } : { code, path });

describe('COCO export', () => {
  it.each(['auto', 'rle', 'polygon'] as const)('gives back every mask, pixel for pixel (%s)', async (segmentation) => {
    const image = await made.addImage('a.png');
    const masks = new Map(Object.values(shapes).map((mask) => [made.addObject(image, mask), mask]));
    const result = await made.export('coco', { segmentation });
    const { annotations } = written();
    expect(annotations.map(({ id }) => id)).toEqual([...masks.keys()]);
    expect(result).toMatchObject({ format: 'coco', output: made.output, images: 1, objects: masks.size });
    for (const annotation of annotations) {
      const mask = masks.get(annotation.id)!;
      const expected = segmentation === 'polygon' ? fillHoles(mask) : mask;
      expect(planeOfSegmentation(annotation.segmentation)).toEqual(planeOf(expected, widthPx, heightPx));
      expect(annotation).toMatchObject({
        image_id: image,
        iscrowd: 0,
        area: maskArea(expected),
        bbox: maskBbox(expected),
      });
    }
    const kinds = annotations.map(({ segmentation: kind }) => (Array.isArray(kind) ? 'polygon' : 'rle'));
    const withHoles = kinds.filter((_, index) => index < 2);
    expect(new Set(withHoles)).toEqual(new Set([segmentation === 'polygon' ? 'polygon' : 'rle']));
    expect(new Set(kinds.slice(2))).toEqual(new Set([segmentation === 'rle' ? 'rle' : 'polygon']));
    expect(result.notices.map(({ message }) => message)).toEqual(
      segmentation === 'polygon' ? [expect.stringContaining('2 objects lost their holes')] : [],
    );
  });

  it('keeps any mask in any way of writing it', () => {
    fc.assert(
      fc.property(someMask, fc.constantFrom('auto', 'rle', 'polygon'), (drawn, as) => {
        const mask = trimMask(drawn);
        if (mask.width === 0) return;
        const shape = cocoShape(mask, heightPx, widthPx, as);
        const expected: Mask = shape.lostHoles ? fillHoles(mask) : mask;
        expect(planeOfSegmentation(shape.segmentation)).toEqual(planeOf(expected, widthPx, heightPx));
        expect([shape.area, shape.bbox]).toEqual([maskArea(expected), maskBbox(expected)]);
        expect(shape.lostHoles).toBe(as === 'polygon' && maskArea(fillHoles(mask)) > maskArea(mask));
      }),
      { numRuns: 300 },
    );
  });

  it('has images without objects, classes by their ids, hidden objects, and images in the order of the list', async () => {
    const [ten, nine] = [await made.addImage('a10.png'), await made.addImage('a9.png')];
    const crack = made.addClass('crack "fine"');
    const first = made.addObject(ten, shapes.onePixel!);
    const second = made.addObject(ten, shapes.topLeft!, crack);
    made.hide(second);
    await made.export('coco');
    const { images, categories, annotations, info, licenses } = written();
    expect(images).toEqual([
      { id: nine, file_name: 'a9.png', width: widthPx, height: heightPx },
      { id: ten, file_name: 'a10.png', width: widthPx, height: heightPx },
    ]);
    expect(categories.map(({ id, name }) => [id, name])).toEqual(
      made.project.classes().map(({ id, name }) => [id, name]),
    );
    expect(annotations.map(({ id, category_id }) => [id, category_id])).toEqual([
      [first, categories[0]!.id],
      [second, crack],
    ]);
    expect([info.description, licenses]).toEqual([made.project.name, []]);
    expect(readdirSync(made.output)).toEqual(['annotations']);
  });

  it('copies the images as they are, under names that file_name gives and that never meet', async () => {
    await made.addImage('a.png');
    await made.addImage('sub/a.png');
    for (const place of ['left', 'right']) await made.addImage('a.png', join(made.root, place, 'a.png'));
    const result = await made.export('coco', { images: true });
    const names = written().images.map(({ file_name }) => file_name);
    expect([...names].sort()).toEqual(['a.png', 'a_2.png', 'a_3.png', 'sub/a.png']);
    for (const { id, file_name } of written().images) {
      const original = readFileSync(made.project.image(id).view.path);
      expect(readFileSync(join(made.output, 'images', file_name)).equals(original)).toBe(true);
    }
    expect(result.files).toEqual([...names.map((name) => `images/${name}`), 'annotations/instances.json']);
  });

  it('says of pictures that EXIF turns that the annotations are upright', async () => {
    const path = join(made.folder, 'turned.jpg');
    await sharp({ create: { width: 8, height: 5, channels: 3, background: '#123456' } })
      .withMetadata({ orientation: 6 })
      .toFile(path);
    made.project.addImages([{ path, sha256: 'x', facts: (await openMicrograph(path)).facts, problem: null }]);
    const { notices } = await made.export('coco', { images: true });
    expect(written().images[0]).toMatchObject({ width: 5, height: 8 });
    expect(notices).toEqual([expect.objectContaining({ message: expect.stringContaining('turned.jpg') })]);
  });

  it('exports the objects of a file that is gone, leaves out one that never could be read, and names both', async () => {
    const gone = await made.addImage('gone.png');
    made.addObject(gone, shapes.parts!);
    const damaged = join(made.folder, 'damaged.png');
    writeFileSync(damaged, 'no picture');
    made.project.addImages([{ path: damaged, sha256: null, facts: null, problem: null }]);
    const whole = await made.addImage('whole.png');
    rmSync(join(made.folder, 'gone.png'));
    const result = await made.export('coco', { images: true });
    expect(written().images.map(({ id }) => id)).toEqual([gone, whole]);
    expect(written().annotations).toHaveLength(1);
    expect(result.images).toBe(2);
    expect(result.files).toEqual(['images/whole.png', 'annotations/instances.json']);
    expect(result.notices).toEqual([
      expect.objectContaining({ path: damaged, message: expect.stringContaining('left out') }),
      expect.objectContaining({
        path: join(made.folder, 'gone.png'),
        message: expect.stringContaining('its object is exported without it'),
      }),
    ]);
  });

  it('takes in a file that the project has not looked at yet', async () => {
    const path = join(made.folder, 'new.png');
    await sharp({ create: { width: 7, height: 3, channels: 3, background: 'red' } }).toFile(path);
    made.project.addImages([{ path, sha256: null, facts: null, problem: null }]);
    expect((await made.export('coco')).notices).toEqual([]);
    expect(written().images).toEqual([expect.objectContaining({ file_name: 'new.png', width: 7, height: 3 })]);
  });

  it('cuts objects at the border of a file that was replaced by a smaller one, and says so', async () => {
    const image = await made.addImage('a.png');
    made.addObject(image, { x: 10, y: 2, width: 4, height: 2, data: new Uint8Array(8).fill(1) });
    made.addObject(image, shapes.lastPixel!);
    const path = join(made.folder, 'a.png');
    await sharp({ create: { width: 12, height: 20, channels: 3, background: 'red' } }).toFile(path);
    expect((await made.export('coco')).notices).toEqual([
      expect.objectContaining({ message: expect.stringContaining('12 × 20 px now') }),
    ]);
    expect(written().annotations).toHaveLength(2);
    made.project.updateImage(image, { sha256: 'y', facts: (await openMicrograph(path)).facts, problem: null });
    const { notices, objects } = await made.export('coco');
    expect(notices).toEqual([expect.objectContaining({ message: expect.stringContaining('2 objects reach beyond') })]);
    expect(objects).toBe(1);
    expect(written().annotations).toEqual([
      expect.objectContaining({ bbox: [10, 2, 2, 2], area: 4, segmentation: [[10, 2, 12, 2, 12, 4, 10, 4]] }),
    ]);
  });

  it('replaces an earlier export and leaves other files and nothing half written', async () => {
    const image = await made.addImage('a.png');
    made.addObject(image, shapes.parts!);
    await made.export('coco', { images: true });
    writeFileSync(join(made.output, 'notes.txt'), 'mine');
    made.addObject(image, shapes.hole!);
    await made.export('coco', { images: true });
    expect(written().annotations).toHaveLength(2);
    expect((readdirSync(made.output, { recursive: true }) as string[]).sort()).toEqual([
      'annotations',
      join('annotations', 'instances.json'),
      'images',
      join('images', 'a.png'),
      'notes.txt',
    ]);
  });

  it('never writes over the project’s own images', async () => {
    const images = join(made.root, 'data', 'images');
    await made.addImage('a.png', join(images, 'a.png'));
    const original = readFileSync(join(images, 'a.png'));
    const options = { images: true };
    const output = join(made.root, 'data');
    await expect(made.export('coco', options, { output })).rejects.toThrow(refusal('edit-refused', images));
    mkdirSync(made.output);
    symlinkSync(images, join(made.output, 'images'));
    await expect(made.export('coco', options)).rejects.toThrow(refusal('edit-refused'));
    expect(readdirSync(images)).toEqual(['a.png']);
    expect(readFileSync(join(images, 'a.png')).equals(original)).toBe(true);
    // Without copies there is nothing to refuse.
    await made.export('coco', {}, { output });
  });

  it('does not write over an image in a subfolder either', async () => {
    const path = join(made.output, 'images', 'sub', 'a.png');
    await made.addImage('a.png', path);
    const original = readFileSync(path);
    mkdirSync(join(made.folder, 'sub'));
    writeFileSync(join(made.folder, 'sub', 'a.png'), 'another');
    await made.addImage('sub/a.png');
    await expect(made.export('coco', { images: true })).rejects.toThrow(refusal('edit-refused', path));
    expect(readFileSync(path).equals(original)).toBe(true);
    expect(readdirSync(dirname(path))).toEqual(['a.png']);
  });

  it('tells its progress up to the end, image by image', async () => {
    await made.addImage('a.png');
    await made.addImage('b.png');
    const told: [number, string][] = [];
    await made.export(
      'coco',
      { images: true },
      {
        onProgress: (done, total, detail) => told.push([done / total, detail]),
      },
    );
    const shares = told.map(([share]) => share);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect([shares[0], shares.at(-1)]).toEqual([0, 1]);
    expect(told.filter(([, detail]) => detail.includes('b.png'))).toHaveLength(3);
  });

  it.each(['Looking at b', 'Copying b', 'Writing the objects of b'])('stops when cancelled at "%s"', async (moment) => {
    const image = await made.addImage('a.png');
    await made.addImage('b.png');
    made.addObject(image, shapes.parts!);
    const earlier = JSON.stringify((await made.export('coco', { images: true }), written()));
    const abort = new AbortController();
    const onProgress = (_done: number, _total: number, detail: string) => {
      if (detail.startsWith(moment)) abort.abort();
    };
    made.addObject(image, shapes.hole!);
    await expect(made.export('coco', { images: true }, { signal: abort.signal, onProgress })).rejects.toThrow(
      refusal('cancelled'),
    );
    expect(JSON.stringify(written())).toBe(earlier);
    expect((readdirSync(made.output, { recursive: true }) as string[]).filter((name) => name.includes('.new'))).toEqual(
      [],
    );
  });
});
