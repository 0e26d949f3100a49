import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MaskRecord } from '../../native-models/automatic/record.ts';
import { decodeRle, rleArea } from '../../native-models/masks/rle.ts';
import { findAppRoot } from '../service/appRoot.ts';
import { firstPlane } from '../service/micrographs/contract.ts';
import { describeMicrograph } from '../service/micrographs/describe.ts';
import { openMicrograph } from '../service/micrographs/index.ts';
import { writeBarredParticles } from '../service/testing/barredParticles.ts';
import { automaticImages } from './automaticImages.ts';
import { ofShard, parseShard } from './shard.ts';
import { buildCommandLine, type CommandResult, runCommand } from './testing.ts';

const sample = join(findAppRoot(import.meta.url), 'assets', 'samples', 'nuclei-fluorescence-16bit.png');
let entry: string;
let folder: string;
let images: string;

interface RecordsFile {
  image: { file_name: string; width: number; height: number };
  model: string;
  preset: string | null;
  pointsPerSide: number | null;
  prompts: number;
  annotations: (MaskRecord & { id: number })[];
}

beforeAll(async () => {
  entry = await buildCommandLine();
  folder = await mkdtemp(join(tmpdir(), 'lamella automatic ö-'));
  images = join(folder, 'images');
  await mkdir(images);
  await sharp(sample).extract({ left: 100, top: 100, width: 300, height: 240 }).png().toFile(join(images, 'a.png'));
  await writeFile(join(images, 'b.tif'), 'no picture');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function lamella(...args: string[]): Promise<CommandResult> {
  return runCommand(entry, join(folder, 'data'), args);
}

const few = ['--preset', 'cells', '--points-per-side', '3'];

/** Many prompts a test, each a run of the decoder. */
const patience = { timeout: 240_000 };

describe('lamella automatic', patience, () => {
  it('looks for nothing in the info bar, and extracts nothing there', async () => {
    const image = join(folder, 'sem.png');
    await writeBarredParticles(image, 24);
    expect(await describeMicrograph(image)).toMatchObject({ dataBar: { y: 216, height: 24 } });
    const output = join(folder, 'barred');
    const asked = ['--preset', 'particles', '--points-per-side', '6', '--extract', '--json'];
    const { exitCode, stderr } = await lamella('automatic', image, '--output', output, ...asked);
    expect(exitCode, stderr).toBe(0);
    const { annotations } = JSON.parse(await readFile(join(output, 'sem.json'), 'utf8')) as RecordsFile;
    expect(annotations.length).toBeGreaterThan(0);
    for (const { segmentation } of annotations) {
      const { y, height } = decodeRle(segmentation);
      expect(y + height).toBeLessThanOrEqual(216);
    }
    for (const name of ['sem_labels.tif', 'sem_regions.tif', 'sem_phase.png']) {
      const { data, heightPx } = await (await openMicrograph(join(output, name))).readPlane(firstPlane);
      expect(heightPx, name).toBe(240);
      expect(
        data.some((value) => value > 0),
        name,
      ).toBe(true);
      expect(
        data.subarray(216 * 300).every((value) => value === 0),
        name,
      ).toBe(true);
    }
  });

  it('writes masks and a label image of each micrograph, names a bad one, and goes on where it stopped', async () => {
    const output = join(folder, 'masks');
    const { exitCode, stdout, stderr } = await lamella('automatic', images, '--output', output, ...few, '--json');
    expect(exitCode).toBe(1);
    expect(stderr).toContain(join(images, 'b.tif'));
    expect(stderr).toContain('100 % 1/2 a.png');
    expect((await readdir(output)).sort()).toEqual(['a.json', 'a_labels.tif']);
    const [made, failed] = JSON.parse(stdout) as [{ masks: number; records: string; labels: string }, object];
    expect(failed).toMatchObject({ image: join(images, 'b.tif'), error: { code: 'file-unsupported' } });

    const file = JSON.parse(await readFile(made.records, 'utf8')) as RecordsFile;
    expect(file).toMatchObject({ image: { file_name: 'a.png', width: 300, height: 240 }, preset: 'cells' });
    expect(file.pointsPerSide).toBe(3);
    expect(file.annotations).toHaveLength(made.masks);
    expect(made.masks).toBeGreaterThan(0);
    const plane = await (await openMicrograph(made.labels)).readPlane(firstPlane);
    expect([plane.widthPx, plane.heightPx]).toEqual([300, 240]);
    for (const { id, segmentation, area, bbox, point_coords, crop_box, ...scores } of file.annotations) {
      const mask = decodeRle(segmentation);
      expect(rleArea(segmentation)).toBe(area);
      expect(bbox).toEqual([mask.x, mask.y, mask.width - 1, mask.height - 1]);
      expect(crop_box).toEqual([0, 0, 300, 240]);
      expect(point_coords[0][0]).toBeLessThan(300);
      expect(scores.predicted_iou).toBeGreaterThan(0.6);
      expect(scores.stability_score).toBeGreaterThanOrEqual(0.6);
      // What a mask shows in the label image lies in the mask.
      const shown = Array.from(plane.data.keys()).filter((at) => plane.data[at] === id);
      const isInside = (at: number) => {
        const [x, y] = [(at % 300) - mask.x, Math.floor(at / 300) - mask.y];
        return x >= 0 && x < mask.width && mask.data[y * mask.width + x] === 1;
      };
      expect(shown.every(isInside)).toBe(true);
    }
    expect(Math.max(...plane.data)).toBe(made.masks);

    const { mtimeMs } = await stat(made.records);
    const again = await lamella('automatic', join(images, 'a.png'), '--output', output, ...few, '--json');
    expect(again.exitCode, again.stderr).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject([{ skipped: true, records: made.records }]);
    expect((await stat(made.records)).mtimeMs).toBe(mtimeMs);
    const other = ['--preset', 'particles', '--points-per-side', '2'];
    const changed = await lamella('automatic', join(images, 'a.png'), '--output', output, ...other, '--json');
    expect(JSON.parse(changed.stdout)).toMatchObject([{ masks: expect.any(Number) }]);
    expect(JSON.parse(await readFile(made.records, 'utf8'))).toMatchObject({ preset: 'particles', pointsPerSide: 2 });
    await writeFile(made.records, '{"image":{"file_name":"a.png"},"mo');
    const anew = await lamella('automatic', join(images, 'a.png'), '--output', output, ...few, '--json');
    expect(JSON.parse(anew.stdout)).toMatchObject([{ masks: made.masks }]);
    expect(JSON.parse(await readFile(made.records, 'utf8'))).toEqual(file);
    const forced = await lamella(
      'automatic',
      join(images, 'a.png'),
      '--output',
      output,
      ...few,
      '--overwrite',
      '--json',
    );
    expect(JSON.parse(forced.stdout)).toMatchObject([{ masks: made.masks }]);
  });

  it('looks tile by tile where that is wanted, and says so in the records', async () => {
    const output = join(folder, 'tiles');
    const run = [join(images, 'a.png'), '--output', output, '--preset', 'cells', '--points-per-side', '2', '--json'];
    const { exitCode, stdout, stderr } = await lamella('automatic', ...run, '--tile', '256');
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain('tile 2/2 (one tile = 256 px)');
    const [{ records, masks }] = JSON.parse(stdout) as [{ records: string; masks: number }];
    expect(JSON.parse(await readFile(records, 'utf8'))).toMatchObject({ pointsPerSide: 2, tilePx: 256 });
    expect(masks).toBeGreaterThan(0);
    const again = await lamella('automatic', ...run, '--tile', '256');
    expect(JSON.parse(again.stdout)).toMatchObject([{ skipped: true }]);
    const whole = await lamella('automatic', ...run);
    expect(JSON.parse(whole.stdout)).toMatchObject([{ masks: expect.any(Number) }]);
    expect(JSON.parse(await readFile(records, 'utf8'))).toMatchObject({ tilePx: null });
  });

  it.each([
    ['no output', [sample]],
    ['an unknown preset', [sample, '--output', 'x', '--preset', 'stars']],
    ['a shard beyond the last', [sample, '--output', 'x', '--shard', '3/2']],
    ['a grid without points', [sample, '--output', 'x', '--points-per-side', '0']],
  ])('takes %s for wrong usage', async (_, args) => {
    expect(await lamella('automatic', ...args)).toMatchObject({ exitCode: 2, stdout: '' });
  });

  it('does not write over an image', async () => {
    const both = ['a.png', 'a_labels.tif'].map((name) => join(folder, name));
    const { exitCode, stderr } = await lamella('automatic', ...both, '--output', folder);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('a_labels.tif is one of the images');
  });
});

describe('the images of a run', () => {
  it('have outputs of their own, whatever their folders and endings', async () => {
    const paths = ['x/a.png', 'y/a.png', 'x/a.tif', 'x/b.png', 'x/b.png'].map((path) => join(folder, path));
    const found = await automaticImages(paths, '/out');
    expect(found.map(({ image }) => image)).toEqual(paths.slice(0, 4));
    expect(new Set(found.map(({ records }) => records)).size).toBe(4);
    expect(found[3]).toMatchObject({ records: join('/out', 'b.json'), labels: join('/out', 'b_labels.tif') });
  });

  it('fall into shards that have each of them once', () => {
    const all = Array.from({ length: 11 }, (_, i) => i);
    const shards = ['1/3', '2/3', '3/3'].map((text) => ofShard(all, parseShard(text)));
    expect(shards.flat().sort((a, b) => a - b)).toEqual(all);
    expect(shards.map(({ length }) => length)).toEqual([4, 4, 3]);
    for (const wrong of ['0/3', '4/3', '1', 'a/b', '1/0']) expect(() => parseShard(wrong)).toThrow('a shard is i/n');
  });
});

describe('lamella evaluate --automatic', patience, () => {
  it('measures the masks of all objects of an image', async () => {
    const data = join(folder, 'discs');
    await mkdir(join(data, 'images'), { recursive: true });
    await mkdir(join(data, 'masks'));
    const [width, height] = [120, 80];
    const labels = Uint16Array.from({ length: width * height }, (_, pixel) => {
      const [x, y] = [pixel % width, Math.floor(pixel / width)];
      return Math.hypot(x - 30, y - 40) < 15 ? 1 : Math.hypot(x - 80, y - 40) < 20 ? 2 : 0;
    });
    const raw = { raw: { width, height, channels: 1 as const } };
    await sharp(labels, raw)
      .toColourspace('grey16')
      .png()
      .toFile(join(data, 'masks', 'discs.png'));
    await sharp(
      Uint8Array.from(labels, (label) => (label === 0 ? 40 : 200)),
      raw,
    )
      .png()
      .toFile(join(data, 'images', 'discs.png'));
    const { exitCode, stdout, stderr } = await lamella('evaluate', data, '--automatic', ...few, '--json');
    expect(exitCode, stderr).toBe(0);
    const { datasets, overall } = JSON.parse(stdout) as { datasets: object[]; overall: Record<string, number> };
    expect(datasets).toMatchObject([{ dataset: 'discs', images: 1, objects: 2 }]);
    for (const name of ['recall50', 'recall75', 'precision50', 'precision75', 'foreground_iou']) {
      expect(overall[name]! >= 0 && overall[name]! <= 1).toBe(true);
    }
    expect(overall.prompts).toBeGreaterThan(0);
    expect(overall.ms_image).toBeGreaterThanOrEqual(overall.ms_encode!);

    const table = await lamella('evaluate', data, '--automatic', ...few);
    expect(table.stdout).toContain('recall@50');
    expect(await lamella('evaluate', data, '--preset', 'cells')).toMatchObject({ exitCode: 2, stdout: '' });
    const sheet = ['--automatic', '--sheet', 'x.png'];
    expect(await lamella('evaluate', data, ...sheet)).toMatchObject({ exitCode: 2, stdout: '' });
  });
});
