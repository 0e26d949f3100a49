import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { z } from 'zod';
import { type GivenPrompt, promptOfMask } from '../../native-models/automatic/prompted/givenPrompt.ts';
import { chooseObjects } from '../../native-models/evaluation/labelObjects.ts';
import type { PixelPlane } from '../../native-models/predictor/pixels.ts';
import { fromSystemError, LamellaError } from '../service/errors.ts';
import { readLabelImage } from './labelImage.ts';

const number = z.number().finite();
const pair = z.tuple([number, number]);
const corners = z.tuple([number, number, number, number]);
const entry = z.union([
  pair.transform(([x, y]) => pointPrompt(x, y)),
  corners.transform((box) => boxPrompt(box)),
  z.object({ x: number, y: number }).transform(({ x, y }) => pointPrompt(x, y)),
  z.object({ point: pair }).transform(({ point: [x, y] }) => pointPrompt(x, y)),
  z.object({ box: corners }).transform(({ box }) => boxPrompt(box)),
  // As COCO has it.
  z.object({ bbox: corners }).transform(({ bbox: [x, y, width, height] }) => boxPrompt([x, y, x + width, y + height])),
]);
const document = z.union([
  z.array(entry),
  z
    .object({ points: z.array(pair).optional(), boxes: z.array(corners).optional() })
    .transform(({ points = [], boxes = [] }) => [
      ...points.map(([x, y]) => pointPrompt(x, y)),
      ...boxes.map((box) => boxPrompt(box)),
    ]),
]);

const remedy =
  'Give a JSON array of [x, y] and [x0, y0, x1, y1], a CSV of two or four columns (pixels), or a label image (.png, .tif).';

/**
 * What a file says about the objects of a plane: points or boxes as JSON or CSV, in pixels of the image, or another
 * program's label image, each of whose objects is a prompt.
 * @throws LamellaError file-missing, file-unreadable; file-unsupported where it is none of these, says nothing, or
 * points outside the plane.
 */
export async function readPrompts(path: string, plane: PixelPlane): Promise<GivenPrompt[]> {
  const prompts = await promptsOf(path, plane);
  if (prompts.length === 0) throw unsupported(path, 'holds no prompt');
  const { widthPx, heightPx } = plane;
  const outside = prompts.find(({ point, box }) => {
    const { x, y } = point ?? { x: box!.x0, y: box!.y0 };
    return x < 0 || y < 0 || x >= widthPx || y >= heightPx;
  });
  if (outside) throw unsupported(path, `points outside the image of ${widthPx} × ${heightPx} px`);
  return prompts;
}

async function promptsOf(path: string, plane: PixelPlane): Promise<GivenPrompt[]> {
  const ending = extname(path).toLowerCase();
  if (ending !== '.json' && ending !== '.csv') {
    const labels = await readLabelImage(path, plane);
    return chooseObjects(labels, Number.POSITIVE_INFINITY, 0).map(({ mask }) => promptOfMask(mask));
  }
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw fromSystemError(cause, path, 'Reading the prompts');
  }
  return ending === '.json' ? promptsOfJson(text, path) : promptsOfCsv(text, path);
}

function promptsOfJson(text: string, path: string): GivenPrompt[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unsupported(path, 'is no JSON');
  }
  const { success, data } = document.safeParse(value);
  if (!success) throw unsupported(path, 'holds something else than points and boxes');
  return data;
}

/** Columns x, y or x0, y0, x1, y1; a first line without numbers names them and says nothing else. */
function promptsOfCsv(text: string, path: string): GivenPrompt[] {
  const lines = text.split(/\r?\n/).map((line, at) => ({ cells: line.split(/[,;\t]/).map((cell) => cell.trim()), at }));
  return lines.flatMap(({ cells, at }) => {
    if (cells.every((cell) => cell === '')) return [];
    const values = cells.map((cell) => (cell === '' ? NaN : Number(cell)));
    if (at === 0 && values.every(Number.isNaN)) return [];
    if (!values.every(Number.isFinite)) throw unsupported(path, `holds no numbers in line ${at + 1}`);
    const [a, b, c, d] = values;
    if (values.length === 2) return [pointPrompt(a!, b!)];
    if (values.length === 4) return [boxPrompt([a!, b!, c!, d!])];
    throw unsupported(path, `has ${values.length} columns in line ${at + 1}`);
  });
}

function pointPrompt(x: number, y: number): GivenPrompt {
  return { point: { x, y }, box: null, earlier: null };
}

/** Corners in any order. */
function boxPrompt([a, b, c, d]: readonly [number, number, number, number]): GivenPrompt {
  const box = { x0: Math.min(a, c), y0: Math.min(b, d), x1: Math.max(a, c), y1: Math.max(b, d) };
  return { point: null, box, earlier: null };
}

function unsupported(path: string, what: string): LamellaError {
  return new LamellaError('file-unsupported', `The file of prompts ${basename(path)} ${what}.`, { path, remedy });
}
