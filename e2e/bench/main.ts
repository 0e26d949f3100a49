// `npm run bench`: figures of the running workbench, one JSON line each (DESIGN: name, value, unit, baseline, ratio, n, min, max).
import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import type { MicrographView, ProjectView } from '../../electron/service/api/contract.ts';
import { endProcess, launchChromium, printedAddress, root, startService } from '../hosts.ts';
import { onScreen } from '../view.ts';
import { measureAutomaticMemory } from './automaticMemory.ts';
import { type BareModel, openBareModel } from './bareModel.ts';
import { type Figure, figure } from './figure.ts';
import { measureFullSizeModels } from './fullSizeModels.ts';
import { measureLargeImages } from './largeImages.ts';
import { processTree } from './memory.ts';
import { measureProposalsShown } from './proposalsShown.ts';
import { untilIdle } from './readyPage.ts';

const starts = 3;
const prompts = 25;

function print(line: Figure): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** A part of ownProcess.ts. */
function measureApart(part: string): void {
  execFileSync(process.execPath, [join(root, 'dist', 'bench-apart.mjs'), part, root], { stdio: 'inherit' });
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Milliseconds from the start of the host's process to a window in which the first prompt can be made. */
async function startToUsable(): Promise<number> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'lamella-bench-'));
  const begun = Date.now();
  const { address, child } = await startService(dataFolder);
  const browser = await launchChromium();
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(address);
  const usable = await markTime(page, 'lamella:usable');
  await browser.close();
  await endProcess(child, 'SIGTERM');
  await rm(dataFolder, { recursive: true, force: true });
  return usable - begun;
}

/** The same road with nothing on it: a bare Node server of one empty page, in the same browser. */
async function startToEmptyPage(): Promise<number> {
  const server =
    "const s=require('http').createServer((q,r)=>r.end('<!doctype html><script>performance.mark(\"shown\")</script>'));" +
    "s.listen(0,'127.0.0.1',()=>console.log('http://127.0.0.1:'+s.address().port+'/'))";
  const begun = Date.now();
  const child = spawn(process.execPath, ['-e', server], { stdio: ['ignore', 'pipe', 'inherit'] });
  const address = await printedAddress(child);
  const browser = await launchChromium();
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(address);
  const shown = await markTime(page, 'shown');
  await browser.close();
  await endProcess(child, 'SIGTERM');
  return shown - begun;
}

/** Wall-clock time of a performance mark, once it is there. */
async function markTime(page: Page, name: string): Promise<number> {
  await page.waitForFunction((mark) => performance.getEntriesByName(mark).length > 0, name);
  return page.evaluate((mark) => performance.timeOrigin + performance.getEntriesByName(mark)[0]!.startTime, name);
}

async function json<T>(page: Page, path: string, method = 'GET'): Promise<T> {
  return page.evaluate(
    async ([path, method]) => {
      const response = await fetch(path!, { method: method! });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return response.json();
    },
    [path, method] as const,
  ) as Promise<T>;
}

async function projectOf(page: Page): Promise<ProjectView> {
  const { projectId } = await json<{ projectId: string }>(page, '/api/session');
  return json<ProjectView>(page, `/api/projects/${projectId}`);
}

/** Encodes the project's images one after the other, each beside a run of the bare encoder. */
async function measureEncode(page: Page, bare: BareModel): Promise<Figure> {
  const project = await projectOf(page);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (const { id } of project.images) {
    const path = `/api/projects/${project.id}/images/${id}`;
    await json(page, `${path}/embedding`, 'POST');
    for (;;) {
      const { embedding } = await json<MicrographView>(page, path);
      if (embedding.status === 'failed') throw new Error(embedding.error?.message ?? 'the encoder failed');
      if (embedding.status === 'ready') {
        if (embedding.encodeMs !== null) ours.push(embedding.encodeMs);
        break;
      }
      await page.waitForTimeout(20);
    }
    theirs.push(await bare.encode());
  }
  return figure('encode', 'ms', ours, theirs);
}

/** Duration of the next measure of this name. An observer, since asking again and again takes time from what is measured. */
async function nextMeasure(page: Page, name: string): Promise<number> {
  return page.evaluate(
    (wanted) =>
      new Promise<number>((resolve) => {
        const observer = new PerformanceObserver((list) => {
          const [found] = list.getEntriesByName(wanted);
          if (!found) return;
          observer.disconnect();
          resolve(found.duration);
        });
        observer.observe({ type: 'measure' });
      }),
    name,
  );
}

/** Clicks on a grid of points; each prompt until its candidates are painted, beside a run of the bare decoder. */
async function measurePrompts(page: Page, bare: BareModel): Promise<Figure> {
  const project = await projectOf(page);
  const image = project.images[0]!;
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let i = 0; i < prompts; i++) {
    await page.keyboard.press('Escape');
    const column = (i % 5) + 1;
    const row = Math.floor(i / 5) + 1;
    const at = await onScreen(page, (image.widthPx * column) / 6, (image.heightPx * row) / 6);
    await page.mouse.move(at.x, at.y);
    await untilIdle(page);
    const painted = nextMeasure(page, 'lamella:prompt-to-paint');
    await page.mouse.click(at.x, at.y);
    ours.push(await painted);
    theirs.push(await bare.decode());
  }
  // The first prompt also compiles code on both sides; it is not what a user meets all day.
  return figure('prompt to candidate overlay painted', 'ms', ours.slice(1), theirs.slice(1));
}

function measureMemory(hostPid: number, browserPid: number): Figure[] {
  const service = processTree(hostPid).map((process) => ({
    name: process.pid === hostPid ? 'memory: service' : 'memory: inference process',
    process,
  }));
  const browser = processTree(browserPid).map((process) => ({
    name: `memory: ${/--type=([\w-]+)/.exec(process.command)?.[1] ?? 'browser'} (Chromium)`,
    process,
  }));
  const sums = new Map<string, number[]>();
  for (const { name, process } of [...service, ...browser]) {
    sums.set(name, [...(sums.get(name) ?? []), process.residentMiB]);
  }
  return [...sums].map(([name, values]) => figure(name, 'MiB', values));
}

const bare = await openBareModel(join(root, 'native-models', 'embedded', 'lamella-v3'), availableParallelism());
await bare.encode();
await bare.decode();

note(`start to first usable window, ${starts} times …`);
const usable: number[] = [];
const empty: number[] = [];
for (let i = 0; i < starts; i++) {
  usable.push(await startToUsable());
  empty.push(await startToEmptyPage());
}
print(figure('start to first usable window', 'ms', usable, empty));

const dataFolder = await mkdtemp(join(tmpdir(), 'lamella-bench-'));
const { address, child } = await startService(dataFolder);
const browser = await launchChromium();
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(address);
  await markTime(page, 'lamella:usable');
  note('encode …');
  print(await measureEncode(page, bare));
  note(`${prompts} prompts …`);
  print(await measurePrompts(page, bare));
  const children = processTree(process.pid);
  const browserPid = children.find(({ command }) => /chrom/.test(command) && !/--type=/.test(command))?.pid;
  for (const line of measureMemory(child.pid!, browserPid ?? -1)) print(line);
} finally {
  await browser.close();
  await endProcess(child, 'SIGTERM');
  await rm(dataFolder, { recursive: true, force: true });
}

note('prompts without the workbench around them …');
measureApart('prompt-to-mask');

note('proposals on screen …');
await measureProposalsShown(print);

note('whole planes beside the bare library …');
measureApart('decode');

note('large images …');
await measureLargeImages(print);

note('encoding and the automatic run, beside bare sessions …');
measureApart('automatic');

note('memory of the automatic run …');
await measureAutomaticMemory(print);

note('full-size models with random weights …');
await measureFullSizeModels(join(root, 'dist', 'bench-session.mjs'), print);
