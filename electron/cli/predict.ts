import { writeFile } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import sharp from 'sharp';
import { type Bbox, type Mask, maskArea, windowOf } from '../../native-models/masks/mask.ts';
import { encodeRle, type Rle } from '../../native-models/masks/rle.ts';
import { takesCloseUps } from '../../native-models/predictor/closeUp.ts';
import type { PredictedMask } from '../../native-models/predictor/predictor.ts';
import { type EncodedPart, PromptedPlane } from '../../native-models/predictor/promptedPlane.ts';
import type { PromptBox, PromptPoint } from '../service/api/contract.ts';
import { fromSystemError, LamellaError } from '../service/errors.ts';
import { encodedSidePx, type PlaneParts, wholeOf } from '../service/micrographs/planeParts.ts';
import { drawCandidates } from './candidatesPicture.ts';
import { openModelInput } from './modelInput.ts';
import { withModel } from './openModel.ts';
import { printJson, printLine } from './standardStreams.ts';

interface PredictOptions {
  point: PromptPoint[];
  box?: PromptBox;
  model?: string;
  output?: string;
  overlay?: true;
  json?: true;
}

/** One candidate, as `--json` prints it. */
interface PrintedCandidate {
  rle: Rle;
  bbox: Bbox;
  area: number;
  predictedIou: number;
  stability: number;
}

export function register(program: Command): void {
  program
    .command('predict')
    .description('segment one object from clicks and a box, all in pixels of the image')
    .argument('<image>', 'micrograph file')
    .option('--point <x,y[,label]>', 'a click; label 1 (default) adds, 0 takes away; may be repeated', addPoint, [])
    .option('--box <x0,y0,x1,y1>', 'a box; x1 and y1 are its outer edges', parseBox)
    .option('--model <name>', 'another model than the one that ships (see lamella models list)')
    .option('--output <file>', 'best candidate as a mask (.png, 0 and 255), or all candidates (.json)')
    .option('--overlay', '--output (.png) becomes a picture of all candidates over the micrograph, with the prompt')
    .option('--json', 'print the candidates, best first')
    .action((image: string, options: PredictOptions, command: Command) => predict(image, options, command));
}

async function predict(image: string, options: PredictOptions, command: Command): Promise<void> {
  const { point: points, box = null, model = null, output, overlay = false, json = false } = options;
  const wrongUsage = (message: string) => command.error(`error: ${message}`, { exitCode: 2 });
  if (points.length === 0 && box === null) wrongUsage('a prompt needs --point or --box.');
  if (output === undefined && !json) wrongUsage('say where the result goes: --output FILE, --json, or both.');
  const kind = output === undefined ? null : extname(output).toLowerCase();
  if (kind !== null && kind !== '.png' && kind !== '.json') wrongUsage('the --output file ends in .png or .json.');
  if (overlay && kind !== '.png') wrongUsage('--overlay needs an --output file that ends in .png.');
  if (output !== undefined && resolve(output) === resolve(image)) wrongUsage('--output is the image itself.');

  const input = await openModelInput(image);
  const { parts: plane, valueRange } = input;
  const outside = describeOutside(plane, points, box);
  if (outside !== null) wrongUsage(outside);
  const candidates = await withModel(model, async (predictor) => {
    const readPart = (part: Bbox) => readEncodedPart(plane, part);
    const embedding = await predictor.encodeImage((await readPart(wholeOf(plane))).pixels, valueRange);
    // As the workbench answers: something small in a box is looked at closely.
    const closeUps = takesCloseUps(predictor.model.description);
    const parted = { widthPx: plane.widthPx, heightPx: plane.heightPx, readPart };
    const prompted = new PromptedPlane(predictor, parted, valueRange, embedding, closeUps);
    return (await prompted.predict({ points, box }, null)).candidates;
  });
  const printed = candidates.map((candidate) => printedCandidate(candidate, plane));
  if (output !== undefined) {
    const [best] = candidates;
    if (kind === '.json') await write(output, `${JSON.stringify(printed, null, 2)}\n`);
    else if (best && overlay) {
      await write(output, await drawCandidates(basename(image), input, { points, box }, candidates));
    } else if (best) await write(output, await maskPng(best.mask, plane));
    else {
      throw new LamellaError('not-found', `The model finds nothing there in ${image}.`, {
        path: image,
        remedy: 'Try another point, or a box around the object.',
      });
    }
  }
  if (json) printJson(printed);
  else if (output !== undefined) printLine(`${output}: ${summaryOf(candidates)}`);
}

async function readEncodedPart(plane: PlaneParts, part: Bbox): Promise<EncodedPart> {
  const { area, read } = plane.part(part, encodedSidePx);
  const [x, y] = area;
  return { pixels: await read(), origin: { x, y } };
}

type PlaneSize = Pick<PlaneParts, 'widthPx' | 'heightPx'>;

function printedCandidate({ mask, predictedIou, stability }: PredictedMask, plane: PlaneSize): PrintedCandidate {
  const rle = encodeRle(mask, plane.heightPx, plane.widthPx);
  return { rle, bbox: [mask.x, mask.y, mask.width, mask.height], area: maskArea(mask), predictedIou, stability };
}

function summaryOf(candidates: readonly PredictedMask[]): string {
  const [best] = candidates;
  if (!best) return 'no candidates';
  return `best of ${candidates.length}: ${maskArea(best.mask)} px, predicted IoU ${best.predictedIou.toFixed(2)}`;
}

/** The mask as an image of the plane's size: 0 outside, 255 inside. */
async function maskPng(mask: Mask, { widthPx, heightPx }: PlaneSize): Promise<Uint8Array> {
  const { data } = windowOf(mask, [0, 0, widthPx, heightPx]);
  for (let at = 0; at < data.length; at++) data[at]! *= 255;
  return sharp(data, { raw: { width: widthPx, height: heightPx, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
}

async function write(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFile(path, content);
  } catch (cause) {
    throw fromSystemError(cause, path, 'Writing the result');
  }
}

/** null where every point and the box lie in the image. */
function describeOutside(
  { widthPx, heightPx }: PlaneSize,
  points: readonly PromptPoint[],
  box: PromptBox | null,
): string | null {
  const image = `the image, which is ${widthPx} × ${heightPx} px`;
  const point = points.find(({ x, y }) => !(x >= 0 && y >= 0 && x < widthPx && y < heightPx));
  if (point) return `the point ${point.x},${point.y} is outside ${image}.`;
  if (box && (box.x0 < 0 || box.y0 < 0 || box.x1 > widthPx || box.y1 > heightPx)) {
    return `the box ${box.x0},${box.y0},${box.x1},${box.y1} reaches outside ${image}.`;
  }
  return null;
}

function addPoint(text: string, points: readonly PromptPoint[]): PromptPoint[] {
  const [x, y, label = 1, ...more] = parseNumbers(text);
  if (x === undefined || y === undefined || more.length > 0 || (label !== 0 && label !== 1)) {
    throw new InvalidArgumentError('a point is x,y or x,y,1 or x,y,0, in pixels.');
  }
  return [...points, { x, y, label }];
}

function parseBox(text: string): PromptBox {
  const [x0, y0, x1, y1, ...more] = parseNumbers(text);
  if (x0 === undefined || y0 === undefined || x1 === undefined || y1 === undefined || more.length > 0) {
    throw new InvalidArgumentError('a box is x0,y0,x1,y1, in pixels.');
  }
  if (x1 <= x0 || y1 <= y0) throw new InvalidArgumentError('a box needs x1 > x0 and y1 > y0.');
  return { x0, y0, x1, y1 };
}

/** Numbers between commas; none where one of them is no number. */
function parseNumbers(text: string): number[] {
  const parts = text.split(',').map((part) => part.trim());
  return parts.every((part) => /^-?(\d+\.?\d*|\.\d+)$/.test(part)) ? parts.map(Number) : [];
}
