import { isAbsolute, join, relative, sep } from 'node:path';
import { type Mask, maskArea } from '../../../native-models/masks/mask.ts';
import { decodeRle, encodeRle, type Rle } from '../../../native-models/masks/rle.ts';
import { LamellaError } from '../errors.ts';
import type {
  ClassView,
  DisplayRange,
  ErrorBody,
  ImageState,
  ImageView,
  MicrographFacts,
  ModelLook,
  ObjectView,
  PixelLength,
  PromptTrace,
} from '../api/contract.ts';
import type { ProposalFacts } from '../api/proposals.ts';
import type { AutomaticRun, ImageRecord } from './contract.ts';
import type { Row, Value } from './sqlite.ts';

/** Rows of the database and the values that the rest of the service sees. */

export function classOfRow(row: Row): ClassView {
  return { id: row.id as number, name: row.name as string, color: row.color as string, key: row.key as string | null };
}

export function objectOfRow(row: Row): ObjectView {
  return {
    id: row.id as number,
    imageId: row.image_id as number,
    plane: { c: row.c as number | null, z: row.z as number, t: row.t as number },
    classId: row.class_id as number,
    state: row.state as ObjectView['state'],
    bbox: [row.x as number, row.y as number, row.width as number, row.height as number],
    areaPx: row.area_px as number,
    hidden: row.hidden === 1,
    locked: row.locked === 1,
    predictedIou: row.predicted_iou as number | null,
    stability: row.stability as number | null,
    maskRevision: row.mask_revision as number,
    prompts: parsed<PromptTrace>(row.prompts),
    proposal: parsed<ProposalFacts>(row.proposal),
    model: row.model as string | null,
    createdAt: row.created_at as string,
  };
}

export function rleOfRow(row: Row): Rle {
  return { size: [row.plane_height as number, row.plane_width as number], counts: row.rle as string };
}

/** Throws RangeError or TypeError where the text is no RLE. */
export function maskOfRow(row: Row): Mask {
  return decodeRle(rleOfRow(row));
}

/** Throws `project-damaged` about `file`: SQLite sees damage of its pages, not of what a row's text says. */
export function readMask(row: Row, file: string): Mask {
  try {
    const mask = maskOfRow(row);
    const fits = mask.x === row.x && mask.y === row.y && mask.width === row.width && mask.height === row.height;
    if (!fits) throw new RangeError(`The mask of object ${row.id} is not in its box`);
    return mask;
  } catch (cause) {
    throw new LamellaError('project-damaged', `The mask of object ${row.id} in ${file} can't be read.`, {
      path: file,
      remedy: 'Delete this object and draw it again, or rescue the project with `lamella repair`.',
      cause,
    });
  }
}

/** The columns that hold a mask. `mask` must be trimmed to its foreground. */
export function maskColumns(mask: Mask, planeHeight: number, planeWidth: number): Row {
  return {
    rle: encodeRle(mask, planeHeight, planeWidth).counts,
    plane_height: planeHeight,
    plane_width: planeWidth,
    x: mask.x,
    y: mask.y,
    width: mask.width,
    height: mask.height,
    area_px: maskArea(mask),
  };
}

export function imageOfRow(row: Row, folder: string, objectCount: number): ImageView {
  const stored = row.path as string;
  return {
    id: row.id as number,
    name: shownName(stored),
    path: isAbsolute(stored) ? stored : join(folder, ...stored.split('/')),
    widthPx: row.width_px as number,
    heightPx: row.height_px as number,
    state: row.state as ImageState,
    objectCount,
    problem: parsed<ErrorBody>(row.problem),
  };
}

/** Below the project's folder the way to the file is part of its name, elsewhere only the file's own name is. */
export function shownName(stored: string): string {
  return isAbsolute(stored) ? stored.split(/[\\/]/).at(-1)! : stored;
}

export function recordOfRow(row: Row, folder: string, objectCount: number): ImageRecord {
  return {
    view: imageOfRow(row, folder, objectCount),
    sha256: row.sha256 as string | null,
    facts: parsed<MicrographFacts>(row.facts),
    displayRanges: displayRangesOfRow(row),
    modelLook: parsed<ModelLook>(row.model_look),
    pixelSize: pixelSizeOfRow(row),
  };
}

function displayRangesOfRow({ display_low: low, display_high: high, channel_ranges: others }: Row) {
  const first = low === null ? {} : { 0: [low, high] as DisplayRange };
  return { ...parsed<Record<number, DisplayRange>>(others), ...first };
}

/** A project of an earlier format that is open for reading only has no such columns. */
function pixelSizeOfRow({ pixel_size: size, pixel_unit: unit }: Row): PixelLength | null {
  return typeof size === 'number' && typeof unit === 'string' ? { size, unit: unit as PixelLength['unit'] } : null;
}

export function automaticRunOfRow(row: Row): AutomaticRun {
  return {
    sha256: row.sha256 as string,
    displayRange: row.display_low === null ? null : [row.display_low as number, row.display_high as number],
    model: row.model as string,
    preset: row.preset as string,
  };
}

/** Path as stored: relative to the project with '/' where the file lies below it, absolute elsewhere. */
export function storedPath(path: string, folder: string): string {
  const inside = relative(folder, path);
  const outside = inside === '' || inside.startsWith('..') || isAbsolute(inside);
  return outside ? path : inside.split(sep).join('/');
}

/** null also for text that is damaged: it only describes the row, and the row goes on without it. */
function parsed<T>(value: Value | undefined): T | null {
  if (typeof value !== 'string') return null;
  try {
    return JSON.parse(value) as T;
  } catch {
    return null;
  }
}
