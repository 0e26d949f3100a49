import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cropPlane } from '../../../native-models/predictor/cropPlane.ts';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import type { Mask } from '../../../native-models/masks/mask.ts';
import { decodeRle, type Rle } from '../../../native-models/masks/rle.ts';
import type { MicrographFacts } from '../api/contract.ts';
import { firstPlane } from '../micrographs/contract.ts';
import { describeMicrograph } from '../micrographs/describe.ts';
import { openMicrograph } from '../micrographs/index.ts';
import { writeTiff } from '../micrographs/testing/tiffWriter.ts';
import { writeStack } from '../testing/stackFile.ts';
import { TestProject } from './testing.ts';

interface Coco {
  images: { id: number; file_name: string; width: number; height: number }[];
  annotations: { id: number; segmentation: number[][] | Rle; area: number; bbox: number[] }[];
}

const [widthPx, heightPx, barY] = [400, 300, 276];
const withoutDataBar = true;

let made: TestProject;
beforeEach(async () => {
  made = await TestProject.make();
});
afterEach(() => made.remove());

/** What a SEM saves, in 16 bits: grains, and below them a white bar with black text. */
function semValues(): Uint16Array {
  return Uint16Array.from({ length: widthPx * heightPx }, (_, at) => {
    const [x, y] = [at % widthPx, Math.floor(at / widthPx)];
    if (y < barY) return 10_000 + 1500 * Math.sin(x / 9) * Math.cos(y / 7) + 500 * Math.sin(x / 3 + y);
    const isText = y > barY + 5 && y < heightPx - 5 && x % 40 < 14 && (x * 7 + y * 3) % 5 < 2;
    return isText ? 0 : 65_535;
  });
}

function planeOf(data: PixelPlane['data'], samples: 1 | 3 = 1): PixelPlane {
  return { widthPx, heightPx, samples, data };
}

const grey16 = planeOf(semValues());
const grey8 = planeOf(Uint8Array.from(semValues(), (value) => value >> 8));
const colour = <T extends Uint8Array | Uint16Array>({ data }: { data: T }, of: (length: number) => T): PixelPlane =>
  planeOf(of(3 * data.length).map((_, at) => Math.max(0, data[Math.floor(at / 3)]! - (at % 3))) as T, 3);
const colour8 = colour(grey8 as { data: Uint8Array }, (length) => new Uint8Array(length));
const colour16 = colour(grey16 as { data: Uint16Array }, (length) => new Uint16Array(length));

/** Writes a picture as its name's ending says; TIFF with pixels of 1 µm. */
async function writePicture(name: string, { data, samples: channels }: PixelPlane): Promise<string> {
  const path = join(made.folder, name);
  const picture = sharp(data, { raw: { width: widthPx, height: heightPx, channels } });
  if (data instanceof Uint16Array) picture.toColourspace(channels === 1 ? 'grey16' : 'rgb16');
  else picture.toColourspace(channels === 1 ? 'b-w' : 'srgb');
  await (name.endsWith('.tif') ? picture.tiff({ compression: 'lzw', xres: 1000, yres: 1000 }) : picture).toFile(path);
  return path;
}

/** Adds a file with the facts that looking at it gives, or with others. Gives its id. */
async function add(
  path: string,
  change: (facts: MicrographFacts) => MicrographFacts = (same) => same,
): Promise<number> {
  const facts = change(await describeMicrograph(path));
  return made.project.addImages([{ path, sha256: 'x', facts, problem: null }])[0]!.id;
}

const addPicture = async (name: string, plane: PixelPlane) => add(await writePicture(name, plane));

/** Facts of before info bars were looked for. */
function ofOld(facts: MicrographFacts): MicrographFacts {
  const old = { ...facts };
  delete old.dataBar;
  return old;
}

function rectangle(x: number, y: number, width: number, height: number): Mask {
  return { x, y, width, height, data: new Uint8Array(width * height).fill(1) };
}

function coco(): Coco {
  return JSON.parse(readFileSync(join(made.output, 'annotations', 'instances.json'), 'utf8')) as Coco;
}

const aboveBar = (plane: PixelPlane) => cropPlane(plane, [0, 0, widthPx, barY]);

async function exportedPlane(name: string): Promise<PixelPlane> {
  return (await openMicrograph(join(made.output, 'images', name))).readPlane(firstPlane);
}

const messages = ({ notices }: { notices: { message: string }[] }) => notices.map(({ message }) => message);

describe('an export without info bars', () => {
  it('COCO: sizes and objects end above the bar; what lies wholly in it is left out and counted', async () => {
    const image = await addPicture('sem.png', grey8);
    const inside = made.addObject(image, rectangle(10, 20, 6, 4));
    const across = made.addObject(image, rectangle(30, barY - 3, 5, 10));
    for (const x of [50, 90]) made.addObject(image, rectangle(x, barY, 4, 4));
    for (const segmentation of ['polygon', 'rle'] as const) {
      const result = await made.export('coco', { withoutDataBar, segmentation });
      expect(coco().images).toEqual([{ id: image, file_name: 'sem.png', width: widthPx, height: barY }]);
      expect(coco().annotations).toMatchObject([
        { id: inside, area: 24, bbox: [10, 20, 6, 4] },
        { id: across, area: 15, bbox: [30, barY - 3, 5, 3] },
      ]);
      expect(messages(result)).toEqual(['sem.png: 2 objects lie wholly in the info bar and are left out.']);
      expect(result.objects).toBe(2);
      const { segmentation: shape } = coco().annotations[1]!;
      if (Array.isArray(shape)) expect(shape[0]!.filter((_, at) => at % 2 === 1)).toEqual([273, 273, 276, 276]);
      else expect([shape.size, decodeRle(shape)]).toEqual([[barY, widthPx], rectangle(30, barY - 3, 5, 3)]);
    }
  });

  it.each(['tiff', 'png'] as const)('label images end above the bar (%s)', async (container) => {
    const image = await addPicture('sem.tif', grey16);
    const across = made.addObject(image, rectangle(30, barY - 3, 5, 10));
    made.addObject(image, rectangle(50, barY, 4, 4));
    const result = await made.export('labels', { withoutDataBar, container });
    expect(messages(result)).toEqual(['sem.tif: one object lies wholly in the info bar and is left out.']);
    const labels = await openMicrograph(join(made.output, `sem_labels.${container === 'tiff' ? 'tif' : 'png'}`));
    expect(labels.facts).toMatchObject({ widthPx, heightPx: barY });
    if (container === 'tiff') expect(labels.facts.pixelSize).toBeCloseTo(1, 6);
    const { data } = await labels.readPlane(firstPlane);
    expect(Array.from(data).filter((value) => value > 0)).toEqual(new Array(15).fill(1));
    expect([data[(barY - 3) * widthPx + 30], data[(barY - 1) * widthPx + 34]]).toEqual([1, 1]);
    const preview = await sharp(join(made.output, 'preview', 'sem_preview.png')).metadata();
    expect([preview.width, preview.height]).toEqual([widthPx, barY]);
    const table = JSON.parse(readFileSync(join(made.output, 'labels.json'), 'utf8')) as { images: unknown[] };
    expect(table.images).toMatchObject([
      { image: 'sem.tif', widthPx, heightPx: barY, objects: [{ objectId: across, areaPx: 15 }] },
    ]);
  });

  it('without the option, everything is as it was', async () => {
    const image = await addPicture('sem.png', grey8);
    made.addObject(image, rectangle(30, barY - 3, 5, 10));
    made.addObject(image, rectangle(50, barY, 4, 4));
    const result = await made.export('coco', { images: true });
    expect([result.objects, result.notices]).toEqual([2, []]);
    expect(coco().images).toMatchObject([{ file_name: 'sem.png', height: heightPx }]);
    const copied = readFileSync(join(made.output, 'images', 'sem.png'));
    expect(copied.equals(readFileSync(join(made.folder, 'sem.png')))).toBe(true);
    await made.export('labels');
    expect((await openMicrograph(join(made.output, 'sem_labels.tif'))).facts.heightPx).toBe(heightPx);
  });

  it.each([
    ['grey8.png', grey8],
    ['grey16.png', grey16],
    ['colour8.png', colour8],
    ['colour16.png', colour16],
    ['grey8.tif', grey8],
    ['grey16.tif', grey16],
    ['colour8.tif', colour8],
    ['colour16.tif', colour16],
  ])('%s is written cropped, with its own values, under its own name', async (name, plane) => {
    await addPicture(name, plane);
    const { notices, files } = await made.export('coco', { withoutDataBar, images: true });
    expect([notices, files]).toEqual([[], [`images/${name}`, 'annotations/instances.json']]);
    expect(await exportedPlane(name)).toEqual(aboveBar(plane));
    if (!name.endsWith('.tif')) return;
    const { facts } = await openMicrograph(join(made.output, 'images', name));
    expect(facts).toMatchObject({ format: 'TIFF', channels: 1, z: 1, t: 1, pixelUnit: 'µm' });
    expect(facts.pixelSize).toBeCloseTo(1, 6);
  });

  it('TIFF that is written is read alike by other programs', async () => {
    await addPicture('colour16.tif', colour16);
    await made.export('coco', { withoutDataBar, images: true });
    const file = sharp(join(made.output, 'images', 'colour16.tif'));
    expect(await file.metadata()).toMatchObject({ depth: 'ushort', channels: 3, width: widthPx, height: barY });
    const raw = await file.toColourspace('rgb16').raw({ depth: 'ushort' }).toBuffer();
    expect(new Uint16Array(raw.buffer, raw.byteOffset, raw.length / 2)).toEqual(aboveBar(colour16).data);
  });

  it('floating-point values stay what they are, where the instrument tells of a bar', async () => {
    const values = Float32Array.from(semValues(), (value) => value / 65_536 - 0.25);
    const path = join(made.folder, 'float.tif');
    const tags = {
      256: [widthPx],
      257: [heightPx],
      258: [32],
      259: [1],
      262: [1],
      277: [1],
      278: [heightPx],
      339: [3],
    };
    writeFileSync(path, writeTiff([{ tags, blocks: [new Uint8Array(values.buffer)] }]));
    const header = `[MAIN]\r\nDevice=MIRA3\r\nImageStripSize=24\r\nPixelSizeX=5e-8\r\nPixelSizeY=6e-8\r\n[SEM]\r\nHV=10000\r\n`;
    writeFileSync(join(made.folder, 'float-tif.hdr'), header);
    await add(path);
    await made.export('coco', { withoutDataBar, images: true });
    expect(await exportedPlane('float.tif')).toEqual(aboveBar(planeOf(values)));
    const { facts } = await openMicrograph(join(made.output, 'images', 'float.tif'));
    expect([facts.pixelSize, facts.pixelSizeY].map((size) => size!.toFixed(6))).toEqual(['0.050000', '0.060000']);
  });

  it('a JPEG becomes a PNG of what is seen, upright, under a name that no other picture loses its own to', async () => {
    const path = join(made.folder, 'sem.jpg');
    const turned = sharp(grey8.data, { raw: { width: widthPx, height: heightPx, channels: 1 } }).rotate(90);
    await turned.withMetadata({ orientation: 8 }).jpeg({ quality: 95 }).toFile(path);
    const image = await add(path, (facts) => ({ ...facts, dataBar: { y: barY, height: heightPx - barY } }));
    await made.addImage('sem.png');
    const result = await made.export('coco', { withoutDataBar, images: true });
    expect(result.notices).toEqual([]);
    const names = Object.fromEntries(coco().images.map(({ id, file_name, height }) => [file_name, { id, height }]));
    expect(names).toMatchObject({ 'sem.png': { height: 24 }, 'sem_2.png': { id: image, height: barY } });
    const copied = readFileSync(join(made.output, 'images', 'sem.png'));
    expect(copied.equals(readFileSync(join(made.folder, 'sem.png')))).toBe(true);
    expect(await exportedPlane('sem_2.png')).toEqual(
      aboveBar(await (await openMicrograph(path)).readPlane(firstPlane)),
    );
    // Where pictures are not written, names are those of the micrographs.
    await made.export('coco', { withoutDataBar });
    expect(
      coco()
        .images.map(({ file_name }) => file_name)
        .sort(),
    ).toEqual(['sem.jpg', 'sem.png']);
  });

  it('slices of a stack are cropped, too', async () => {
    const path = join(made.folder, 'stack.nrrd');
    const [width, height] = [60, 50];
    await writeStack(path, width, height, [[{ x: 20, y: 20, radius: 8 }], [{ x: 30, y: 25, radius: 8 }]]);
    const image = await add(path, (facts) => ({ ...facts, dataBar: { y: 40, height: 10 } }));
    const plane = { c: null, z: 1, t: 0 };
    made.addObject(image, rectangle(25, 35, 6, 10), undefined, plane);
    await made.export('coco', { withoutDataBar, images: true });
    expect(coco().images).toMatchObject([{ file_name: 'stack_z2.png', width, height: 40 }]);
    expect(coco().annotations).toMatchObject([{ bbox: [25, 35, 6, 5] }]);
    const slice = await (await openMicrograph(path)).readPlane(plane);
    expect(await exportedPlane('stack_z2.png')).toEqual(cropPlane(slice, [0, 0, width, 40]));
  });

  it('a bar that nobody has looked for yet is found', async () => {
    await add(await writePicture('old.png', grey8), ofOld);
    const path = await writePicture('new.png', grey8);
    made.project.addImages([{ path, sha256: null, facts: null, problem: null }]);
    await made.export('coco', { withoutDataBar, images: true });
    expect(coco().images.map(({ height }) => height)).toEqual([barY, barY]);
    for (const name of ['old.png', 'new.png']) expect(await exportedPlane(name)).toEqual(aboveBar(grey8));
  });

  it('the stored bar holds for a file that is gone', async () => {
    const image = await addPicture('sem.jpg', grey8);
    made.addObject(image, rectangle(30, barY - 3, 5, 10));
    rmSync(join(made.folder, 'sem.jpg'));
    await made.export('coco', { withoutDataBar, images: true });
    expect(coco()).toMatchObject({ images: [{ file_name: 'sem.jpg', height: barY }], annotations: [{ area: 15 }] });
  });

  it('what can’t be cropped stays whole, and is named', async () => {
    const gone = await writePicture('gone.png', grey8);
    await add(gone, ofOld);
    rmSync(gone);
    const cut = await writePicture('cut.png', grey16);
    await add(cut, ofOld);
    truncateSync(cut, 30_000);
    const atTop = (facts: MicrographFacts) => ({ ...facts, dataBar: { y: 0, height: 24 } });
    await add(await writePicture('top.png', grey8), atTop);
    await add(await writePicture('channels.png', grey8), (facts) => ({ ...facts, channels: 2 }));
    await add(await writePicture('changed.png', grey8), (facts) => ({ ...facts, widthPx: 500 }));
    const result = await made.export('coco', { withoutDataBar, images: true });
    expect(coco().images.map(({ height }) => height)).toEqual(new Array(5).fill(heightPx));
    const kept = messages(result).filter((message) => message.includes('is exported whole'));
    expect(kept.sort()).toEqual([
      expect.stringMatching(/^changed\.png .*another size/),
      expect.stringMatching(/^channels\.png .*several channels/),
      expect.stringMatching(/^cut\.png .*can't be decoded/),
      expect.stringMatching(/^gone\.png .*is not known/),
      expect.stringMatching(/^top\.png .*last rows/),
    ]);
    for (const name of ['top.png', 'channels.png', 'changed.png']) {
      const copied = readFileSync(join(made.output, 'images', name));
      expect(copied.equals(readFileSync(join(made.folder, name)))).toBe(true);
    }
  });
});

// Files of instruments; without the folder these tests say that they were skipped, no more.
const zoo = resolve(import.meta.dirname, '../../../../shared/data/formats');
const isThere = existsSync(zoo);
if (!isThere) console.warn(`Skipped: the formats' files are not at ${zoo}.`);

it.runIf(isThere).each([
  ['FEI-Helios-Ebeam-8bits.tif', 442],
  ['FEI-Helios-navcam.tif', 512],
  ['Zeiss_SEM_1k.tif', 691],
])('%s is exported without its bar, with its pixel size', async (name, rows) => {
  const path = join(zoo, name);
  await add(path);
  expect((await made.export('coco', { withoutDataBar, images: true })).notices).toEqual([]);
  const original = await openMicrograph(path);
  const whole = await original.readPlane(firstPlane);
  expect(await exportedPlane(name)).toEqual(cropPlane(whole, [0, 0, whole.widthPx, rows]));
  const { facts } = await openMicrograph(join(made.output, 'images', name));
  const { pixelSize, pixelUnit } = original.facts;
  expect(facts.pixelUnit).toBe('µm');
  expect(facts.pixelSize! / (pixelSize! * (pixelUnit === 'm' ? 1e6 : 1))).toBeCloseTo(1, 5);
});
