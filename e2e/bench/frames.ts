import type { Page } from '@playwright/test';
import { endProcess, launchChromium, startService } from '../hosts.ts';
import { type Figure, figure } from './figure.ts';
import { openReadyPage, untilIdle } from './readyPage.ts';

/** Of each motion. */
const motionMs = 2000;
/** Of a drag, CSS pixels. */
const dragPx = 400;
const stepPx = 8;
/** Turns of the wheel inwards before they go outwards again. */
const turnsEachWay = 64;
const turnPx = 20;
/** Moves and turns that are on their way together: each is answered a frame later. */
const atOnce = 4;

/**
 * Times between the frames of the page while the picture of a folder is panned at its own size by dragging, and zoomed
 * by the wheel from the whole of it, each beside those of the page at rest in the same run. The picture is encoded, and
 * all its tiles come from all of its pixels. 16.7 ms is the time of a screen of 60 Hz: the page kept up. Chromium without
 * a window and without a GPU draws in software, on the cores that the service and the pointer's moves also take: what is
 * slower than that here need not be so on a computer with a GPU, and what its compositor drops after the page has drawn
 * is not counted.
 */
export async function measureFrames(
  folder: string,
  dataFolder: string,
  { sidePx, name }: { sidePx: number; name: string },
  print: (line: Figure) => void,
): Promise<void> {
  const { address, child } = await startService(dataFolder, folder);
  const browser = await launchChromium();
  try {
    const page = await openReadyPage(browser, address);
    await untilWholeRead(page);
    const canvas = (await page.getByTestId('micrograph-canvas').boundingBox())!;
    const middle = { x: canvas.x + canvas.width / 2, y: canvas.y + canvas.height / 2 };
    const rest = await framesDuring(page, () =>
      page.evaluate((ms) => new Promise((end) => setTimeout(end, ms)), motionMs),
    );
    const zoom = await framesDuring(page, () => zoomByWheel(page, middle));
    await page.keyboard.press('9');
    const pan = await framesDuring(page, () => panByDragging(page, middle, sidePx));
    for (const [motion, frames] of Object.entries({ panning: pan, zooming: zoom })) {
      print(figure(`frame while ${motion}, median: ${name}`, 'ms', frames, rest));
      print(
        figure(`frame while ${motion}, 95th percentile: ${name}`, 'ms', [percentile95(frames)], [percentile95(rest)]),
      );
      print(figure(`frame while ${motion}, longest: ${name}`, 'ms', [Math.max(...frames)], [Math.max(...rest)]));
    }
  } finally {
    await browser.close();
    await endProcess(child, 'SIGTERM');
  }
}

/** The coarsest tile comes from all pixels once the file has been read to its end. */
async function untilWholeRead(page: Page): Promise<void> {
  await page.waitForFunction(
    async () => {
      const json = async (path: string) => (await fetch(path)).json();
      const { projectId } = await json('/api/session');
      const project = await json(`/api/projects/${projectId}`);
      const image = `/api/projects/${projectId}/images/${project.images[0].id}`;
      const { levels } = await json(image);
      return !(await fetch(`${image}/tiles/${levels - 1}/0/0`)).headers.has('x-tile-provisional');
    },
    null,
    { polling: 500, timeout: 300_000 },
  );
  await untilIdle(page);
}

/** Times from each frame to the next while `work` is done, ms. */
async function framesDuring(page: Page, work: () => Promise<unknown>): Promise<number[]> {
  await untilIdle(page);
  const recorder = await page.evaluateHandle(() => {
    const times: number[] = [];
    let ended = false;
    const note = (time: number) => {
      times.push(time);
      if (!ended) requestAnimationFrame(note);
    };
    requestAnimationFrame(note);
    return {
      end() {
        ended = true;
        return times;
      },
    };
  });
  await work();
  const times = await recorder.evaluate((found) => found.end());
  await recorder.dispose();
  return times.slice(1).map((time, at) => time - times[at]!);
}

/** From the middle of the picture to one of its sides, and back. */
async function panByDragging({ mouse }: Page, middle: { x: number; y: number }, sidePx: number): Promise<void> {
  const dragsEachWay = Math.max(1, Math.floor(sidePx / 2 / dragPx));
  const until = performance.now() + motionMs;
  for (let drag = 0; performance.now() < until; drag++) {
    const direction = Math.floor(drag / dragsEachWay) % 2 === 0 ? -1 : 1;
    const from = middle.x - (direction * dragPx) / 2;
    await mouse.move(from, middle.y);
    await mouse.down({ button: 'middle' });
    for (let step = 0; step * stepPx <= dragPx && performance.now() < until; step += atOnce) {
      const moves = Array.from({ length: atOnce }, (_, next) => (step + next) * stepPx);
      await Promise.all(moves.map((moved) => mouse.move(from + direction * moved, middle.y + moved / 10)));
    }
    await mouse.up({ button: 'middle' });
  }
}

async function zoomByWheel({ mouse }: Page, middle: { x: number; y: number }): Promise<void> {
  const until = performance.now() + motionMs;
  await mouse.move(middle.x, middle.y);
  for (let turn = 0; performance.now() < until; turn += atOnce) {
    const inwards = Math.floor(turn / turnsEachWay) % 2 === 0;
    const turns = Array.from({ length: atOnce }, () => mouse.wheel(0, inwards ? -turnPx : turnPx));
    await Promise.all(turns);
  }
}

function percentile95(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(0.95 * sorted.length) - 1)]!;
}
