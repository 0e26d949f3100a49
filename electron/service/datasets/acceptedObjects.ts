import { setImmediate } from 'node:timers/promises';
import { type Mask, trimMask, windowOf } from '../../../native-models/masks/mask.ts';
import type { Notice, ObjectView } from '../api/contract.ts';
import { isSameSlice } from '../micrographs/contract.ts';
import { throwIfCancelled } from './cancelled.ts';
import type { ExportJob } from './contract.ts';
import type { DatasetImage } from './datasetImages.ts';

export interface DatasetObject {
  id: number;
  classId: number;
  /** Tight, not empty, inside the picture of the dataset. */
  mask: Mask;
}

/** Mask pixels that are unpacked at a time (1 byte each), and those after which other work gets its turn. */
const portionPx = 2 ** 27;
const turnPx = 2 ** 22;

/**
 * The objects of an image that datasets hold, by id: those that are accepted, hidden ones too, because hiding is a
 * matter of the screen. The masks end at the plane's border, and at an info bar that is left out.
 */
export async function* acceptedObjects(
  { project, signal }: ExportJob,
  image: DatasetImage,
  notices: Notice[],
): AsyncGenerator<DatasetObject> {
  const { facts, widthPx, heightPx } = image;
  const isHere = ({ state, plane }: ObjectView) =>
    state === 'accepted' && (image.slice === null || isSameSlice(plane, image.slice.plane));
  const portions = portionsOf(project.objects(image.id).filter(isHere));
  let sinceTurn = 0;
  let cut = 0;
  let inBar = 0;
  for (const portion of portions) {
    // All objects of an image are one query, named ones may be one each.
    for (const { view, mask } of project.masks(image.id, portions.length === 1 ? null : portion)) {
      throwIfCancelled(signal);
      if (!isHere(view)) continue;
      const ofPlane = partInside(mask, facts.widthPx, facts.heightPx);
      if (ofPlane !== mask) cut++;
      const inside = partInside(ofPlane, widthPx, heightPx);
      if (inside.width === 0 && ofPlane.width > 0) inBar++;
      if (inside.width > 0) yield { id: view.id, classId: view.classId, mask: inside };
      sinceTurn += mask.data.length;
      if (sinceTurn < turnPx) continue;
      sinceTurn = 0;
      await setImmediate();
    }
  }
  if (cut > 0) notices.push(cutNotice(image, cut));
  if (inBar > 0) notices.push(inBarNotice(image, inBar));
}

function portionsOf(views: readonly ObjectView[]): number[][] {
  const portions: number[][] = [];
  let px = portionPx;
  for (const { id, bbox } of views) {
    const [, , width, height] = bbox;
    px += width * height;
    if (px > portionPx) {
      portions.push([]);
      px = width * height;
    }
    portions.at(-1)!.push(id);
  }
  return portions;
}

/** The mask itself where nothing of it lies outside. */
function partInside(mask: Mask, widthPx: number, heightPx: number): Mask {
  if (mask.x + mask.width <= widthPx && mask.y + mask.height <= heightPx) return mask;
  const width = Math.max(0, Math.min(widthPx - mask.x, mask.width));
  const height = Math.max(0, Math.min(heightPx - mask.y, mask.height));
  return trimMask(windowOf(mask, [mask.x, mask.y, width, height]));
}

function cutNotice({ name, path }: DatasetImage, count: number): Notice {
  return {
    level: 'warning',
    message: `${name}: ${count === 1 ? 'one object reaches' : `${count} objects reach`} beyond the picture; only what lies inside is exported.`,
    path,
    remedy: 'The file was replaced by a smaller one: check its objects, or put the earlier file back.',
  };
}

function inBarNotice({ name, path }: DatasetImage, count: number): Notice {
  return {
    level: 'warning',
    message: `${name}: ${count === 1 ? 'one object lies wholly in the info bar and is' : `${count} objects lie wholly in the info bar and are`} left out.`,
    path,
    remedy: 'Export with the info bars to keep them.',
  };
}
