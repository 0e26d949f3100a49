import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import sharp from 'sharp';
import type { SessionView } from '../../electron/service/api/contract.ts';
import type { NewProposal } from '../../electron/service/project/contract.ts';
import { openProject } from '../../electron/service/project/index.ts';
import type { Mask } from '../../native-models/masks/mask.ts';
import { encodeRle } from '../../native-models/masks/rle.ts';
import { endProcess, launchChromium, startService } from '../hosts.ts';
import { type Figure, figure } from './figure.ts';
import { openReadyPage, untilIdle } from './readyPage.ts';

const side = 1024;
const [columns, rows] = [20, 10];
const radius = 21;
const rounds = 8;
const allowedMs = 100;

/** Middles of the proposals, in image space. */
const places = Array.from({ length: columns * rows }, (_, at) => ({
  x: Math.floor(((at % columns) + 0.5) * (side / columns)),
  y: Math.floor((Math.floor(at / columns) + 0.5) * (side / rows)),
}));

/**
 * From the moment at which the service tells that it has written 200 proposals to the end of the frame in which the page
 * has them in its list and all their masks on its canvas, beside what is allowed. They come by the same event as those
 * of a run: the run's edit is taken back and done again, which writes the proposals anew and gives their masks new
 * revisions, so that the page fetches them as it does after a run. The moment is the first sign of the event anywhere:
 * its arrival at another listener, which the service writes to at once with the page, or the page's request for the
 * masks; a few ms later than the service's own. Chromium draws in software, on the service's cores.
 */
export async function measureProposalsShown(print: (line: Figure) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'lamella-bench-proposals-'));
  const project = join(folder, 'project');
  await mkdir(project);
  await writeProposals(project);
  const { address, child } = await startService(join(folder, 'data'), project);
  const browser = await launchChromium();
  const ended = new AbortController();
  try {
    const page = await openReadyPage(browser, address);
    await page.getByTestId('tab-proposals').click();
    const service = serviceAt(address);
    const { projectId } = (await (await service('GET', '/api/session')).json()) as SessionView;
    const events = await service('GET', `/api/projects/${projectId}/events`, ended.signal);
    const nextChange = changesOf(events);
    const times: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      await untilIdle(page);
      const drawn = whenDrawn(page);
      const told = nextChange();
      await service('POST', `/api/projects/${projectId}/redo`);
      const { askedForMasks, shown } = await drawn;
      times.push(shown - Math.min(await told, askedForMasks));
      const takenBack = nextChange();
      await service('POST', `/api/projects/${projectId}/undo`);
      await takenBack;
      await page.locator('[data-testid="tab-proposals"][data-count="0"]').waitFor();
    }
    const name = `${places.length} proposals, from ready to drawn and listed, beside what is allowed`;
    print(figure(name, 'ms', times.slice(1), [allowedMs]));
    // It also compiles the page's code.
    print(figure(`${name}: the first in a window`, 'ms', times.slice(0, 1), [allowedMs]));
  } finally {
    ended.abort();
    await browser.close();
    await endProcess(child, 'SIGTERM');
    await rm(folder, { recursive: true, force: true });
  }
}

/** A project of one image of discs, with a run that proposed each of them and was taken back. */
async function writeProposals(folder: string): Promise<void> {
  const pixels = new Uint8Array(side * side).fill(60);
  const disc = discMask();
  for (const { x, y } of places) {
    for (const [at, value] of disc.data.entries()) {
      if (value) pixels[(y - radius + Math.floor(at / disc.width)) * side + x - radius + (at % disc.width)] = 170;
    }
  }
  const path = join(folder, 'discs.png');
  await sharp(pixels, { raw: { width: side, height: side, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(path);
  const project = await openProject(folder);
  try {
    const [image] = project.addImages([{ path, sha256: null, facts: null, problem: null }]);
    const [{ id: classId } = { id: 0 }] = project.classes();
    const proposals = places.map(({ x, y }, at): NewProposal => {
      const mask = { ...disc, x: x - radius, y: y - radius };
      const confidence = 0.5 + at / 1000;
      return {
        segmentation: encodeRle(mask, side, side),
        bbox: [mask.x, mask.y, mask.width, mask.height],
        areaPx: mask.data.filter(Boolean).length,
        classId,
        predictedIou: confidence,
        stability: 1,
        facts: { source: 'automatic', confidence, touchesBorder: false, nesting: 0, parts: 1, overlap: 0 },
      };
    });
    const plane = { c: null, z: 0, t: 0 };
    project.addProposals({ imageId: image!.id, plane, model: 'discs', proposals, replaced: [], run: null });
    project.undo();
  } finally {
    project.close();
  }
}

function discMask(): Mask {
  const width = 2 * radius + 1;
  const data = Uint8Array.from({ length: width * width }, (_, at) =>
    Math.hypot((at % width) - radius, Math.floor(at / width) - radius) <= radius ? 1 : 0,
  );
  return { x: 0, y: 0, width, height: width, data };
}

type Call = (method: string, path: string, signal?: AbortSignal) => Promise<Response>;

/** Calls the service from outside of the page, as another program with its token may. */
function serviceAt(address: string): Call {
  const { origin, searchParams } = new URL(address);
  const headers = { authorization: `Bearer ${searchParams.get('token')}` };
  return async (method, path, signal) => {
    const response = await fetch(origin + path, { method, headers, signal: signal ?? null });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response;
  };
}

/** Each call waits for the next change that the stream tells; gives when its first bytes came, ms since 1970. */
function changesOf(events: Response): () => Promise<number> {
  const reader = events.body!.pipeThrough(new TextDecoderStream()).getReader();
  return async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Error('the event stream ended');
      if (value.includes('"type":"change"')) return performance.timeOrigin + performance.now();
    }
  };
}

/** Both ms since 1970. */
interface Drawn {
  askedForMasks: number;
  shown: number;
}

/**
 * Looks after each frame, once it is drawn, whether all proposals are there. The list holds its rows in sight only; the
 * canvas of the masks, the second layer, is empty where no mask is.
 */
function whenDrawn(page: Page): Promise<Drawn> {
  return page.evaluate(
    (middles) =>
      new Promise<Drawn>((resolve, reject) => {
        performance.clearResourceTimings();
        const frame = document.querySelector<HTMLElement>('[data-testid="micrograph-canvas"]')!;
        const masks = frame.querySelectorAll('canvas')[1]!;
        const { scale, offsetX, offsetY } = frame.dataset;
        const isCovered = ({ x, y }: { x: number; y: number }) => {
          const left = ((x + 0.5) * Number(scale) + Number(offsetX)) * devicePixelRatio;
          const top = ((y + 0.5) * Number(scale) + Number(offsetY)) * devicePixelRatio;
          return masks.getContext('2d')!.getImageData(Math.floor(left), Math.floor(top), 1, 1).data[3]! > 0;
        };
        const look = () => {
          const shown = performance.timeOrigin + performance.now();
          const tab = document.querySelector<HTMLElement>('[data-testid="tab-proposals"]')!;
          const isListed =
            Number(tab.dataset.count) === middles.length && document.querySelector('[data-testid="proposal-row"]');
          if (!isListed || !isCovered(middles.at(-1)!)) return requestAnimationFrame(() => setTimeout(look));
          // They are drawn at once: where the last one is, none may be missing.
          if (!middles.every(isCovered)) return reject(new Error('some proposals are listed and not drawn'));
          const asked = performance.getEntriesByType('resource').find(({ name }) => name.includes('/masks'));
          if (!asked) return reject(new Error('the page did not ask for the masks'));
          resolve({ askedForMasks: performance.timeOrigin + asked.startTime, shown });
        };
        look();
      }),
    places,
  );
}
