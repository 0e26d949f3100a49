import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MaskRecord } from '../../native-models/automatic/record.ts';
import type { PixelPlane } from '../../native-models/predictor/pixels.ts';
import { findAppRoot } from '../service/appRoot.ts';
import { readPrompts } from './promptFile.ts';
import { buildCommandLine, type CommandResult, runCommand } from './testing.ts';

const sample = join(findAppRoot(import.meta.url), 'assets', 'samples', 'nuclei-fluorescence-16bit.png');
const [width, height] = [300, 240];
const plane: PixelPlane = { widthPx: width, heightPx: height, samples: 1, data: new Uint8Array(width * height) };
let entry: string;
let folder: string;
let image: string;

beforeAll(async () => {
  entry = await buildCommandLine();
  folder = await mkdtemp(join(tmpdir(), 'lamella prompts ö-'));
  image = join(folder, 'a.png');
  await sharp(sample).extract({ left: 100, top: 100, width, height }).png().toFile(image);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function lamella(...args: string[]): Promise<CommandResult> {
  return runCommand(entry, join(folder, 'data'), args);
}

async function fileOf(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const point = (x: number, y: number) => ({ point: { x, y }, box: null, earlier: null });
const box = (x0: number, y0: number, x1: number, y1: number) => ({
  point: null,
  box: { x0, y0, x1, y1 },
  earlier: null,
});

describe('a file of prompts', () => {
  it.each([
    ['[[10, 20], [40, 50, 30, 20]]', [point(10, 20), box(30, 20, 40, 50)]],
    ['[{"x": 1.5, "y": 2}, {"point": [3, 4]}]', [point(1.5, 2), point(3, 4)]],
    ['[{"box": [1, 2, 3, 4]}, {"bbox": [1, 2, 3, 4]}]', [box(1, 2, 3, 4), box(1, 2, 4, 6)]],
    ['{"points": [[1, 2]], "boxes": [[3, 4, 5, 6]]}', [point(1, 2), box(3, 4, 5, 6)]],
  ])('as JSON: %s', async (text, expected) => {
    expect(await readPrompts(await fileOf('given.json', text), plane)).toEqual(expected);
  });

  it.each([
    ['10,20\n30,40\n', [point(10, 20), point(30, 40)]],
    ['x,y\r\n10.5;20\r\n\r\n', [point(10.5, 20)]],
    ['x0\ty0\tx1\ty1\n1\t2\t3\t4', [box(1, 2, 3, 4)]],
  ])('as CSV: %j', async (text, expected) => {
    expect(await readPrompts(await fileOf('given.csv', text), plane)).toEqual(expected);
  });

  it.each([
    ['given.json', '[', 'is no JSON'],
    ['given.json', '[[1, 2, 3]]', 'something else than points and boxes'],
    ['given.json', '[]', 'holds no prompt'],
    ['given.json', '[[300, 20]]', 'points outside the image of 300 × 240 px'],
    ['given.csv', 'x,y\n1,two', 'no numbers in line 2'],
    ['given.csv', '1,2,3', '3 columns in line 1'],
  ])('that is none is refused: %s %s', async (name, text, told) => {
    const read = readPrompts(await fileOf(name, text), plane);
    await expect(read).rejects.toMatchObject({ code: 'file-unsupported', message: expect.stringContaining(told) });
  });

  it('that is missing is told', async () => {
    await expect(readPrompts(join(folder, 'nowhere.json'), plane)).rejects.toMatchObject({ code: 'file-missing' });
  });

  it('may be a label image, each object of which is a box, its middle and itself', async () => {
    const labels = new Uint8Array(width * height);
    for (let y = 30; y < 41; y++) labels.fill(7, y * width + 50, y * width + 61);
    const path = join(folder, 'given labels.png');
    await sharp(labels, { raw: { width, height, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toFile(path);
    const [prompt, ...others] = await readPrompts(path, plane);
    expect(others).toEqual([]);
    expect(prompt).toMatchObject({ point: { x: 55.5, y: 35.5 }, box: { x0: 50, y0: 30, x1: 61, y1: 41 } });
    expect(prompt!.earlier!.data.every((value) => value === 1)).toBe(true);
  });
});

describe('lamella automatic', { timeout: 240_000 }, () => {
  it('--prompts gives a mask for each prompt, made anew each time', async () => {
    const output = join(folder, 'prompted');
    const prompts = await fileOf('two.csv', 'x,y\n60,60\n150,120\n');
    const args = ['automatic', image, '--output', output, '--prompts', prompts, '--json'];
    for (let time = 0; time < 2; time++) {
      const { exitCode, stdout } = await lamella(...args);
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject([{ masks: 2, prompts: 2 }]);
    }
    const { preset, annotations } = JSON.parse(await readFile(join(output, 'a.json'), 'utf8')) as {
      preset: string;
      annotations: MaskRecord[];
    };
    expect(preset).toBe('prompts');
    expect(annotations.map(({ point_coords }) => point_coords)).toEqual([[[60, 60]], [[150, 120]]]);
  });

  it('--prompts goes with one image and no preset', async () => {
    const prompts = await fileOf('one.csv', '60,60');
    const both = await lamella('automatic', image, '--output', folder, '--prompts', prompts, '--preset', 'cells');
    expect(both).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--preset') });
    const several = await lamella('automatic', image, sample, '--output', folder, '--prompts', prompts);
    expect(several).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('one image, not 2') });
  });

  it('--extract writes maps of black and white, also of what was segmented before', async () => {
    const output = join(folder, 'extracted');
    const prompts = await fileOf('two.csv', 'x,y\n60,60\n150,120\n');
    expect((await lamella('automatic', image, '--output', output, '--prompts', prompts)).exitCode).toBe(0);
    expect((await readdir(output)).sort()).toEqual(['a.json', 'a_labels.tif']);
    const { exitCode } = await lamella('automatic', image, '--output', output, '--prompts', prompts, '--extract');
    expect(exitCode).toBe(0);
    const files = ['a.json', 'a_boundaries.png', 'a_labels.tif', 'a_phase.png', 'a_regions.tif'];
    expect((await readdir(output)).sort()).toEqual(files);
    for (const name of ['a_boundaries.png', 'a_phase.png']) {
      expect(await sharp(join(output, name)).metadata()).toMatchObject({ width, height, channels: 1, depth: 'uchar' });
      const data = await sharp(join(output, name)).raw().toBuffer();
      expect([...new Set(data)].filter((value) => value !== 0 && value !== 255)).toEqual([]);
    }
    const phase = await sharp(join(output, 'a_phase.png')).raw().toBuffer();
    expect(phase.includes(255)).toBe(true);
  });
});
