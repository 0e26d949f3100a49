import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import type { MicrographView, ProjectView } from '../../electron/service/api/contract.ts';
import { writeLargeTiff } from '../../electron/service/micrographs/testing/largeTiff.ts';
import { levelFor, tilesOfArea } from '../../renderer/canvas/tileGrid.ts';
import { endProcess, launchChromium, startService } from '../hosts.ts';
import { type Figure, figure } from './figure.ts';
import { measureFrames } from './frames.ts';
import { processTree } from './memory.ts';

/** Sides of the pictures, 16 bits, in uncompressed strips of eight rows. */
const sides = [1024, 8192, 20_000];
/** Canvas that the first picture fills, CSS pixels. */
const canvas = { width: 1440, height: 900 };
/** Tiles in motion: so many steps of the view over level 0. */
const steps = 24;

interface Opened {
  firstPictureMs: number;
  allReadMs: number;
  tileMs: number[];
}

/**
 * For each side: from opening the file to the tiles of its first picture, beside the bare library's decoding of the whole
 * file; until no tile is a stand-in any more; the wait for tiles of level 0 while panning; the most memory that the
 * service took meanwhile; the page's frames in motion. The files were written just before, and lie in the system's cache for both.
 */
export async function measureLargeImages(print: (line: Figure) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'lamella-bench-large-'));
  try {
    for (const side of sides) {
      const place = join(folder, String(side));
      await mkdir(place);
      const path = join(place, `${side}.tif`);
      await writeLargeTiff(path, { widthPx: side, heightPx: side, rowsPerStrip: 8, deflate: false });
      const { opened, peakMiB } = await openInWorkbench(path, join(folder, `data ${side}`));
      const begun = performance.now();
      await sharp(path, { limitInputPixels: false }).raw({ depth: 'ushort' }).toBuffer();
      const bareMs = performance.now() - begun;
      const name = `${side} × ${side} px, 16 bits`;
      print(figure(`open to first picture: ${name}`, 'ms', [opened.firstPictureMs], [bareMs]));
      print(figure(`open to every tile from all pixels: ${name}`, 'ms', [opened.allReadMs], [bareMs]));
      print(figure(`tile while panning: ${name}`, 'ms', opened.tileMs));
      print(figure(`memory: service, at most, ${name}`, 'MiB', [peakMiB], [(2 * side * side) / 2 ** 20]));
      await measureFrames(place, join(folder, `data of frames ${side}`), { sidePx: side, name }, print);
      await rm(place, { recursive: true });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function openInWorkbench(path: string, dataFolder: string): Promise<{ opened: Opened; peakMiB: number }> {
  const { address, child } = await startService(dataFolder);
  const browser = await launchChromium();
  let peakMiB = 0;
  const look = () => {
    const service = processTree(child.pid!).find(({ pid }) => pid === child.pid);
    peakMiB = Math.max(peakMiB, service?.residentMiB ?? 0);
  };
  const looking = setInterval(look, 50);
  try {
    const page = await browser.newPage({ viewport: canvas });
    await page.goto(address);
    // The workbench's own start is another figure.
    await page.waitForFunction(() => performance.getEntriesByName('lamella:usable').length > 0);
    const begun = performance.now();
    const json = <T>(method: string, url: string, body?: unknown) =>
      page.evaluate(
        async ([method, url, text]) => {
          const response = await fetch(url!, { method: method!, ...(text ? { body: text } : {}) });
          if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
          return response.json();
        },
        [method, url, body === undefined ? null : JSON.stringify(body)] as const,
      ) as Promise<T>;
    const project = await json<ProjectView>('POST', '/api/projects/open', { paths: [path] });
    const image = `/api/projects/${project.id}/images/${project.images[0]!.id}`;
    const view = await json<MicrographView>('GET', image);
    const { widthPx, heightPx, levels } = view;
    const level = levelFor(Math.min(canvas.width / widthPx, canvas.height / heightPx), 1, levels);
    const whole = tilesOfArea({ x0: 0, y0: 0, x1: widthPx, y1: heightPx }, level, view);
    const shown = whole.map(({ tx, ty }) => `${image}/tiles/${level}/${tx}/${ty}`);
    /** How many of them only stand in. */
    const load = (urls: readonly string[]) =>
      page.evaluate(async (wanted) => {
        const loaded = await Promise.all(
          wanted.map(async (url) => {
            const response = await fetch(url);
            if (!response.ok) throw new Error(`${url}: ${response.status}`);
            await response.arrayBuffer();
            return response.headers.has('x-tile-provisional');
          }),
        );
        return loaded.filter(Boolean).length;
      }, urls);
    let standIns = await load(shown);
    const firstPictureMs = performance.now() - begun;
    for (; standIns > 0; standIns = await load(shown)) await page.waitForTimeout(100);
    const allReadMs = performance.now() - begun;
    const fine = tilesOfArea({ x0: 0, y0: 0, x1: widthPx, y1: heightPx }, 0, view);
    const tileMs: number[] = [];
    for (let i = 0; i < steps; i++) {
      const { tx, ty } = fine[i % fine.length]!;
      const asked = performance.now();
      await load([`${image}/tiles/0/${tx}/${ty}`]);
      tileMs.push(performance.now() - asked);
    }
    look();
    return { opened: { firstPictureMs, allReadMs, tileMs }, peakMiB };
  } finally {
    clearInterval(looking);
    await browser.close();
    await endProcess(child, 'SIGTERM');
  }
}
