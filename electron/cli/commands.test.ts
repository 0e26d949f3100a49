import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeRle, type Rle, rleArea } from '../../native-models/masks/rle.ts';
import { findAppRoot } from '../service/appRoot.ts';
import { writeLargeTiff } from '../service/micrographs/testing/largeTiff.ts';
import { findDamage } from '../service/project/damage.ts';
import { openProject } from '../service/project/index.ts';
import { findEvaluationDatasets } from './evaluationDatasets.ts';
import { register as registerPredict } from './predict.ts';
import { buildCommandLine, type CommandResult, runCommand } from './testing.ts';

const root = findAppRoot(import.meta.url);
const samples = join(root, 'assets', 'samples');
const nuclei = join(samples, 'nuclei-fluorescence-16bit.png');
const zoo = join(root, '..', 'shared', 'data', 'formats');
let entry: string;
let folder: string;

beforeAll(async () => {
  entry = await buildCommandLine();
  folder = await mkdtemp(join(tmpdir(), 'lamella command line ö-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function lamella(...args: string[]): Promise<CommandResult> {
  return runCommand(entry, join(folder, 'data'), args);
}

/** What a command that must succeed printed as its one document. */
async function json<T>(...args: string[]): Promise<T> {
  const { exitCode, stdout, stderr } = await lamella(...args, '--json');
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout) as T;
}

describe('lamella info', () => {
  it('prints an object for one file, and an array for several', async () => {
    const facts = {
      ...{ file: nuclei, format: 'PNG', width: 768, height: 640, dtype: 'uint16', samples: 1 },
      ...{ channels: 1, z: 1, t: 1, pixelSize: null, pixelUnit: null, pixelSizeSource: null },
      ...{ axes: 'YX', shape: [640, 768], dataBar: null },
    };
    expect(await json('info', nuclei)).toEqual(facts);
    const alloy = join(samples, 'superalloy-precipitates-16bit.tif');
    expect(await json('info', nuclei, alloy)).toMatchObject([facts, { pixelSize: 0.25, pixelUnit: 'µm' }]);
  });

  it('goes on after a file that cannot be read, and fails', async () => {
    const [note, missing] = [join(folder, 'note.tif'), join(folder, 'nix.tif')];
    await writeFile(note, 'no picture');
    const { exitCode, stdout, stderr } = await lamella('info', note, missing, nuclei, '--json');
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject([
      { file: note, error: { code: 'file-unsupported', remedy: expect.any(String) as string } },
      { file: missing, error: { code: 'file-missing' } },
      { file: nuclei, width: 768 },
    ]);
    expect(stderr).toContain(note);
    expect(stderr).toContain(missing);
  });

  it.skipIf(!existsSync(zoo))('tells what the file holds, by the names of the reference', async () => {
    const names = ['u8_plain', 'u16_bigendian', 'i16_negative', 'f16', 'rgb16', 'channels_z.ome', 'hyperstack_imagej'];
    const reference = JSON.parse(await readFile(join(zoo, 'facts.json'), 'utf8')) as Record<string, object>;
    const keys = ['width', 'height', 'dtype', 'samples', 'channels', 'z', 't', 'pixelSize'];
    const wanted = names.map((name) =>
      Object.fromEntries(Object.entries(reference[`${name}.tif`]!).filter(([key]) => keys.includes(key))),
    );
    expect(await json('info', ...names.map((name) => join(zoo, `${name}.tif`)))).toMatchObject(wanted);
  });
});

describe('lamella models', () => {
  it('lists the model that ships; a damaged one is told on standard error and hides no other', async () => {
    const damaged = join(folder, 'data', 'models', 'half');
    await mkdir(damaged, { recursive: true });
    await writeFile(join(damaged, 'model.json'), '{"name": "half"');
    const { exitCode, stdout, stderr } = await lamella('models', 'list', '--json');
    await rm(damaged, { recursive: true });
    expect(exitCode).toBe(0);
    const [model, ...others] = JSON.parse(stdout) as { name: string; folder: string; bytes: number }[];
    expect(others).toEqual([]);
    expect(model).toMatchObject({ origin: 'embedded', precision: expect.any(String) as string });
    expect(await readdir(model!.folder)).toContain('model.json');
    expect(model!.bytes).toBeGreaterThan(1000);
    expect(stderr).toContain(join(damaged, 'model.json'));
  });
});

interface Candidate {
  rle: Rle;
  bbox: number[];
  area: number;
  predictedIou: number;
  stability: number;
}

describe('lamella predict', () => {
  const prompt = ['predict', nuclei, '--point', '300,300', '--point', '40.5,20,0', '--box', '200,200,420,420'];

  it('prints the candidates best first, their masks in the size of the image, and writes the best', async () => {
    const png = join(folder, 'best mask.png');
    const candidates = await json<Candidate[]>(...prompt, '--output', png);
    expect(candidates.length).toBeGreaterThan(0);
    expect(candidates.length).toBeLessThanOrEqual(3);
    for (const { rle, bbox, area, stability } of candidates) {
      const { x, y, width, height } = decodeRle(rle);
      expect(rle.size).toEqual([640, 768]);
      expect(bbox).toEqual([x, y, width, height]);
      expect(area).toBe(rleArea(rle));
      expect(stability).toBeLessThanOrEqual(1);
    }
    const scores = candidates.map(({ predictedIou }) => predictedIou);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));

    const [best] = candidates;
    expect(await sharp(png).metadata()).toMatchObject({ width: 768, height: 640, channels: 1, depth: 'uchar' });
    const pixels = await sharp(png).extractChannel(0).raw().toBuffer();
    const mask = decodeRle(best!.rle);
    expect(pixels.filter((value) => value === 255)).toHaveLength(best!.area);
    expect(pixels.filter((value) => value === 0)).toHaveLength(768 * 640 - best!.area);
    expect(pixels[mask.y * 768 + mask.x + mask.data.indexOf(1)]).toBe(255);
  });

  it('writes all candidates to a .json file', async () => {
    const list = join(folder, 'all.json');
    expect(await lamella(...prompt, '--output', list)).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(await readFile(list, 'utf8'))).toContainEqual({
      rle: { size: [640, 768], counts: expect.any(String) as string },
      bbox: expect.any(Array) as number[],
      ...{ area: expect.any(Number) as number, predictedIou: expect.any(Number) as number },
      stability: expect.any(Number) as number,
    });
  });

  it('answers in the pixels of a plane that is too large to be held', async () => {
    const path = join(folder, 'large.tif');
    await writeLargeTiff(path, { widthPx: 9000, heightPx: 8000, tileSide: 512, deflate: false });
    // A bright square of 128 pixels among dark ones, which the reduced whole shows as 32.
    const [left, top] = [4480, 4096];
    const picture = join(folder, 'large.png');
    const box = [left, top, left + 128, top + 128].join();
    const [best] = await json<Candidate[]>('predict', path, '--box', box, '--output', picture, '--overlay');
    expect(best!.rle.size).toEqual([8000, 9000]);
    const [x, y, width, height] = best!.bbox as [number, number, number, number];
    const near = (value: number, wanted: number) => expect(Math.abs(value - wanted)).toBeLessThan(10);
    near(x, left);
    near(y, top);
    near(x + width, left + 128);
    near(y + height, top + 128);
    expect((await sharp(picture).metadata()).width).toBeGreaterThan(300);
  }, 60_000);

  it.each([
    ['no prompt', ['--json']],
    ['no place for the result', ['--point', '3,3']],
    ['a point outside the image', ['--point', '768,3', '--json']],
    ['a box that reaches outside', ['--box', '700,600,800,620', '--json']],
    ['a box without extent', ['--box', '5,5,5,9', '--json']],
    ['a point that is none', ['--point', '3;4', '--json']],
    ['an output of another kind', ['--point', '3,3', '--output', 'mask.bmp']],
    ['a picture that is no .png', ['--point', '3,3', '--overlay', '--output', 'all.json']],
    ['a picture without a place', ['--point', '3,3', '--overlay', '--json']],
    ['the image itself as output', ['--point', '3,3', '--output', nuclei]],
    ['an unknown option', ['--point', '3,3', '--json', '--text', 'nuclei']],
  ])('takes %s for wrong usage', async (_, args) => {
    let told = '';
    const program = new Command().exitOverride().configureOutput({ writeErr: (text) => (told += text) });
    registerPredict(program);
    const run = program.parseAsync(['predict', nuclei, ...args], { from: 'user' });
    await expect(run).rejects.toBeInstanceOf(CommanderError);
    expect(told).toMatch(/^error: /);
  });

  it('fails with the reason and the remedy where there is no such model', async () => {
    const { exitCode, stdout, stderr } = await lamella(...prompt, '--json', '--model', 'nix');
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain('Known models: ');
  });
});

describe('lamella evaluate', () => {
  /** A dataset of one micrograph with two objects, and one micrograph without ground truth. */
  async function writeDataset(at: string): Promise<void> {
    await mkdir(join(at, 'images'), { recursive: true });
    await mkdir(join(at, 'masks'));
    const [width, height] = [120, 80];
    const labels = new Uint16Array(width * height);
    labels.forEach((_, pixel) => {
      const [x, y] = [pixel % width, Math.floor(pixel / width)];
      if (Math.hypot(x - 30, y - 40) < 15) labels[pixel] = 7;
      if (Math.hypot(x - 80, y - 40) < 20) labels[pixel] = 300;
    });
    const raw = { raw: { width, height, channels: 1 as const } };
    await sharp(labels, raw)
      .toColourspace('grey16')
      .png()
      .toFile(join(at, 'masks', 'discs.png'));
    const image = Uint8Array.from(labels, (label) => (label === 0 ? 40 : 200));
    await sharp(image, raw)
      .png()
      .toFile(join(at, 'images', 'discs.png'));
    await sharp(image, raw)
      .png()
      .toFile(join(at, 'images', 'unlabelled.png'));
  }

  it('measures every dataset of a folder, and their mean', async () => {
    const data = join(folder, 'ground truth');
    await writeDataset(join(data, 'alpha', 'val'));
    await writeDataset(join(data, 'beta'));
    await writeFile(join(data, 'README.md'), 'not a dataset');
    const args = ['evaluate', data, '--clicks', '2', '--limit', '1'];
    const { exitCode, stdout, stderr } = await lamella(...args, '--json');
    expect(exitCode, stderr).toBe(0);
    const { datasets, overall } = JSON.parse(stdout) as { datasets: object[]; overall: Record<string, unknown> };
    const counts = { images: 1, objects: 2, iou3: null, noc85: null };
    expect(datasets).toMatchObject([
      { dataset: 'alpha', ...counts },
      { dataset: 'beta', ...counts },
    ]);
    expect(overall).toMatchObject({ dataset: 'overall', images: 2, objects: 4, model: expect.any(String) as string });
    for (const name of ['iou1_best', 'iou1_chosen', 'iou2', 'box_best', 'box_chosen']) {
      expect(overall[name]).toBeGreaterThanOrEqual(0);
      expect(overall[name]).toBeLessThanOrEqual(1);
    }
    expect(overall.ms_encode).toBeGreaterThan(0);
    expect(overall.by_size).toMatchObject({ small: { objects: 2 }, medium: { objects: 2 }, large: { objects: 0 } });
    expect(stderr).toContain('alpha 1/1 discs.png: 2 objects');
    expect(stderr).toContain('1 images without a label image');

    const table = await lamella('evaluate', join(data, 'beta'), '--clicks', '1', '--objects', '1');
    expect(table.exitCode, table.stderr).toBe(0);
    expect(table.stdout).toContain('beta');
  });

  it('fails where the ground truth does not fit', async () => {
    const data = join(folder, 'unfit');
    await writeDataset(data);
    const small = { create: { width: 9, height: 9, channels: 3 as const, background: '#000' } };
    await sharp(small)
      .toColourspace('b-w')
      .png()
      .toFile(join(data, 'masks', 'discs.png'));
    const { exitCode, stdout, stderr } = await lamella('evaluate', data, '--json');
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toContain('discs.png is 9 × 9 px, its micrograph 120 × 80 px');
  });

  it('finds the datasets of a folder, and none where there is none', async () => {
    const data = join(folder, 'found');
    await writeDataset(join(data, 'alloy', 'val'));
    const part = join(data, 'alloy', 'val');
    const alloy = {
      name: 'alloy',
      pairs: [{ image: join(part, 'images', 'discs.png'), mask: join(part, 'masks', 'discs.png') }],
      unpaired: [join(part, 'images', 'unlabelled.png')],
      semantic: false,
    };
    for (const at of [data, join(data, 'alloy'), part]) expect(await findEvaluationDatasets(at)).toEqual([alloy]);
    await expect(findEvaluationDatasets(samples)).rejects.toMatchObject({ code: 'file-missing', path: samples });
    await expect(findEvaluationDatasets(join(folder, 'nix'))).rejects.toMatchObject({ code: 'file-missing' });
  });
});

describe('lamella repair', () => {
  async function project(name: string, classes: number): Promise<string> {
    const at = join(folder, name);
    await mkdir(at);
    const opened = await openProject(at);
    for (let count = 0; count < classes; count++) {
      opened.apply(
        { type: 'addClass', name: `phase ${count}`, color: '#123456', key: null },
        { candidate: () => expect.unreachable() },
      );
    }
    opened.close();
    return at;
  }

  it('leaves a sound project as it is', async () => {
    const at = await project('sound', 1);
    const before = await readFile(join(at, 'project.lamella'));
    expect(await json('repair', join(at, 'project.lamella'))).toEqual({ project: at, state: 'intact' });
    expect((await readFile(join(at, 'project.lamella'))).equals(before)).toBe(true);
    expect((await readdir(at)).sort()).toEqual(['cache', 'project.lamella']);
  });

  it('rescues what is left of a damaged one and keeps the damaged file', async () => {
    const at = await project('damaged', 40);
    const file = join(at, 'project.lamella');
    const { length } = await readFile(file);
    await truncate(file, length - 4096);
    const damaged = await readFile(file);
    const report = await json<{ damagedCopy: string; recovered: { classes: number } }>('repair', at);
    expect(report).toMatchObject({ project: at, state: 'repaired', damage: [expect.any(String)] });
    expect(report.recovered.classes).toBeGreaterThan(0);
    expect((await readFile(report.damagedCopy)).equals(damaged)).toBe(true);
    expect(findDamage(file)).toEqual([]);
  });

  it('finds no project in a folder without one, and makes none', async () => {
    const empty = join(folder, 'empty');
    await mkdir(empty);
    expect(await lamella('repair', empty, '--json')).toMatchObject({ exitCode: 1, stdout: '' });
    expect(await readdir(empty)).toEqual([]);
  });
});

describe('lamella', () => {
  it('takes unknown commands and missing arguments for wrong usage', async () => {
    for (const args of [
      ['frobnicate'],
      ['info'],
      ['evaluate', '.', '--limit', 'all'],
      ['evaluate', '.', '--sheet', 'a.jpg'],
    ]) {
      const { exitCode, stdout, stderr } = await lamella(...args);
      expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
      expect(stderr).toMatch(/^error: /);
    }
  });
});
