import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import sharp from 'sharp';
import { root } from '../hosts.ts';
import { type Figure, figure } from './figure.ts';
import { readProcess } from './memory.ts';

const images = 50;
/** Of the folder's images, by turns; pixels. */
const sizes = [
  [348, 260],
  [512, 512],
  [696, 520],
] as const;
/** Of the single image, which gets the published grid of 1024 points. */
const large = [2048, 1536] as const;
/** What a run may take beyond the loaded model: 1 GB. */
const allowedMiB = 1e9 / 2 ** 20;
/** Between two looks at the memory. */
const everyMs = 20;

interface MemoryOfRun {
  /** When the model had been opened. */
  loadedMiB: number;
  /** At most, while each image was in work. */
  peaksMiB: number[];
}

/**
 * Memory of `lamella automatic`: of one image beyond that of the loaded model, beside what is allowed; of a folder in the
 * second half of its images beside the first. Nothing where there is no /proc.
 */
export async function measureAutomaticMemory(print: (line: Figure) => void): Promise<void> {
  if (!existsSync('/proc/self/status')) return;
  const folder = await mkdtemp(join(tmpdir(), 'lamella-bench-automatic-'));
  try {
    const one = join(folder, 'one.png');
    await writeDiscs(one, large, 0);
    const { loadedMiB, peaksMiB } = await runAutomatic(one, join(folder, 'of one'), []);
    const beyond = Math.max(...peaksMiB) - loadedMiB;
    print(figure('memory: automatic run, at most, beside the loaded model', 'MiB', peaksMiB, [loadedMiB]));
    print(
      figure('memory: automatic run beyond the loaded model, beside what is allowed', 'MiB', [beyond], [allowedMiB]),
    );

    const many = join(folder, 'many');
    await mkdir(many);
    for (let at = 0; at < images; at++) {
      await writeDiscs(join(many, `${String(at + 1).padStart(2, '0')}.png`), sizes[at % sizes.length]!, at);
    }
    const sparse = ['--preset', 'particles', '--points-per-side', '4'];
    const { peaksMiB: peaks } = await runAutomatic(many, join(folder, 'of many'), sparse);
    const halves = [peaks.slice(0, images / 2), peaks.slice(images / 2)].map((half) => Math.max(...half));
    const name = `memory: automatic run on ${images} images, at most in the second half, beside the first`;
    print(figure(name, 'MiB', halves.slice(1), halves.slice(0, 1)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Follows a run by what it tells on standard error: the model's name when it is opened, then the number of the image. */
async function runAutomatic(input: string, output: string, options: readonly string[]): Promise<MemoryOfRun> {
  const child = spawn(
    process.execPath,
    [join(root, 'dist', 'cli.mjs'), 'automatic', input, '--output', output, ...options],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = once(child, 'exit');
  const resident = () => readProcess(child.pid!)?.residentMiB ?? 0;
  const told: string[] = [];
  const peaksMiB: number[] = [];
  let loadedMiB: number | null = null;
  let image = 0;
  const look = () => {
    if (image > 0) peaksMiB[image - 1] = Math.max(peaksMiB[image - 1] ?? 0, resident());
  };
  const looking = setInterval(look, everyMs);
  try {
    for await (const line of createInterface({ input: child.stderr })) {
      told.push(line);
      loadedMiB ??= resident();
      image = Number(/ (\d+)\/\d+ /.exec(line)?.[1] ?? image);
      look();
    }
    const [code] = await ended;
    if (code !== 0 || loadedMiB === null) throw new Error(`lamella automatic failed:\n${told.join('\n')}`);
    return { loadedMiB, peaksMiB };
  } finally {
    clearInterval(looking);
  }
}

/** Bright discs on a dark ground with noise; every image is another one. */
async function writeDiscs(path: string, [width, height]: readonly [number, number], seed: number): Promise<void> {
  const pitch = 96 + seed;
  const data = new Uint8Array(width * height);
  for (let at = 0; at < data.length; at++) {
    const [x, y] = [at % width, Math.floor(at / width)];
    const radius = 14 + 6 * (Math.floor(x / pitch) % 4);
    const isInside = Math.hypot((x % pitch) - pitch / 2, (y % pitch) - pitch / 2) < radius;
    data[at] = (isInside ? 170 : 60) + (((at + seed) * 2_654_435_761) >>> 28);
  }
  await sharp(data, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(path);
}
