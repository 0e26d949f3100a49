import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findAppRoot } from '../service/appRoot.ts';
import { findEvaluationDatasets } from './evaluationDatasets.ts';
import { buildCommandLine, type CommandResult, runCommand } from './testing.ts';

const root = findAppRoot(import.meta.url);
const micrographs = join(root, '..', 'shared', 'data', 'micrographs');
let entry: string;
let folder: string;

beforeAll(async () => {
  entry = await buildCommandLine();
  folder = await mkdtemp(join(tmpdir(), 'lamella pictures ö-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function lamella(...args: string[]): Promise<CommandResult> {
  const result = await runCommand(entry, join(folder, 'data'), args);
  expect(result.exitCode, result.stderr).toBe(0);
  return result;
}

/** How many pixels of a picture have just this colour. */
async function countColor(png: string, color: string): Promise<number> {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  const wanted = Buffer.from(color.slice(1), 'hex');
  let count = 0;
  for (let at = 0; at < data.length; at += info.channels) if (data.subarray(at, at + 3).equals(wanted)) count++;
  return count;
}

/** Two classes: one of two discs that do not touch, and a disc beside one of these. */
async function writeDataset(at: string): Promise<void> {
  await mkdir(join(at, 'images'), { recursive: true });
  await mkdir(join(at, 'masks'));
  const [width, height] = [160, 90];
  const classes = new Uint8Array(width * height).map((_, pixel) => {
    const within = (cx: number, cy: number) => Math.hypot((pixel % width) - cx, Math.floor(pixel / width) - cy) < 15;
    return within(25, 40) || within(75, 40) ? 1 : within(104, 40) ? 2 : 0;
  });
  const write = (data: Uint8Array, path: string) =>
    sharp(data, { raw: { width, height, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toFile(path);
  await write(classes, join(at, 'masks', 'discs.png'));
  await write(
    classes.map((value) => 40 + 80 * value),
    join(at, 'images', 'discs.png'),
  );
}

interface Printed {
  overall: { objects: number; ms_encode: number; ms_prompt: number };
}

describe('lamella evaluate --sheet', () => {
  it('draws every object of a small dataset, and changes no figure', async () => {
    const data = join(folder, 'discs <&> more');
    await writeDataset(data);
    const sheet = join(folder, 'sheet.png');
    const args = ['evaluate', data, '--clicks', '2', '--json', '--semantic'];
    const [plain, drawn] = [await lamella(...args), await lamella(...args, '--sheet', sheet)];
    const figures = ({ stdout }: CommandResult) =>
      JSON.parse(stdout, (name, value: unknown) => (name.startsWith('ms_') ? 0 : value)) as Printed;
    expect(figures(drawn)).toEqual(figures(plain));
    expect(figures(drawn).overall.objects).toBe(3);
    expect(drawn.stderr).toContain('sheet.png');

    const { width, height, format } = await sharp(sheet).metadata();
    expect({ width, format }).toEqual({ width: 1736, format: 'png' });
    expect(height).toBeGreaterThan(400);
    // Outlines of the ground truth are drawn over everything, twice an object.
    expect(await countColor(sheet, '#56b4e9')).toBeGreaterThan(1000);
  });

  it.skipIf(!existsSync(micrographs))('draws real micrographs (../shared/data/micrographs)', async () => {
    const sheet = join(folder, 'real.png');
    await lamella('evaluate', micrographs, '--limit', '1', '--objects', '3', '--clicks', '1', '--sheet', sheet);
    expect((await sharp(sheet).metadata()).height).toBeGreaterThan(1200);
    expect(await countColor(sheet, '#56b4e9')).toBeGreaterThan(1000);
  });
});

describe('semantic masks', () => {
  it('are split into parts where --semantic or a README says so', async () => {
    const data = join(folder, 'semantic');
    await writeDataset(join(data, 'discs', 'val'));
    const printed = await lamella('evaluate', data, '--clicks', '1', '--json');
    expect((JSON.parse(printed.stdout) as Printed).overall.objects).toBe(2);
    const isSemantic = async () => (await findEvaluationDatasets(data))[0]!.semantic;
    await writeFile(join(data, 'README.md'), '# Discs\nThe classes are not semantic in any deeper sense.\n');
    expect(await isSemantic()).toBe(false);
    await writeFile(join(data, 'README.md'), '# Discs\r\nMasks: semantic (1 = disc, 2 = the other disc)\r\n');
    expect(await isSemantic()).toBe(true);
    const { stdout, stderr } = await lamella('evaluate', data, '--clicks', '1', '--json');
    expect((JSON.parse(stdout) as Printed).overall.objects).toBe(3);
    expect(stderr).toContain('discs: semantic masks');
    // The nearer README has the last word.
    await writeFile(join(data, 'discs', 'readme.txt'), 'masks: instance');
    expect(await isSemantic()).toBe(false);
  });
});

describe('lamella predict --overlay', () => {
  it('draws the candidates side by side, each in its colour', async () => {
    const image = join(root, 'assets', 'samples', 'nuclei-fluorescence-16bit.png');
    const picture = join(folder, 'candidates.png');
    const args = ['predict', image, '--point', '300,300', '--output', picture, '--overlay'];
    const { stdout } = await lamella(...args, '--json');
    const candidates = JSON.parse(stdout) as unknown[];
    const { width, height } = await sharp(picture).metadata();
    expect(width).toBe(16 + candidates.length * (480 + 16));
    // A panel shows a square around the candidates, less what of it lies outside the image.
    const panel = height - (2 * 16 + 30 + 50);
    expect(panel).toBeGreaterThan(240);
    expect(panel).toBeLessThanOrEqual(480);
    const colors = ['#e69f00', '#56b4e9', '#cc79a7'].slice(0, candidates.length);
    for (const color of colors) expect(await countColor(picture, color)).toBeGreaterThan(200);
  });

  it('draws a colour image of any name, with a box and a click that takes away', async () => {
    const image = join(folder, 'a <b> & c.png');
    await sharp(join(root, 'assets', 'samples', 'fibre-composite-colour.jpg'))
      .extract({ left: 300, top: 200, width: 300, height: 200 })
      .toFile(image);
    const picture = join(folder, 'box.png');
    const prompt = ['--box', '60,50,240,160', '--point', '150,100', '--point', '70,60,0'];
    await lamella('predict', image, ...prompt, '--output', picture, '--overlay');
    expect(await sharp(picture).metadata()).toMatchObject({ channels: 3, height: 2 * 16 + 30 + 320 + 50 });
    expect(await countColor(picture, '#ff5a36')).toBeGreaterThan(20);
  });
});
