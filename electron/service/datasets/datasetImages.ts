import type { MicrographFacts, Notice, PlaneAddress } from '../api/contract.ts';
import { LamellaError } from '../errors.ts';
import { throwIfCancelled } from './cancelled.ts';
import type { ExportJob } from './contract.ts';
import { firstPlane, type Micrograph } from '../micrographs/contract.ts';
import { distinctNames, stemOf } from './distinctNames.ts';
import { isFileTrouble } from './fileTrouble.ts';
import { rowsAboveBar } from './rowsAboveBar.ts';

/** An image that is exported: a file of one plane, or a slice of a stack that has accepted objects. */
export interface DatasetImage {
  /** Of the file, in the project. */
  id: number;
  /** Unique in the dataset: the project's id, of a slice one that is made of it and the slice's number. */
  datasetId: number;
  /** null: the file has no other. */
  slice: Slice | null;
  /** Unique in the dataset, with '/' and the subfolders below the project. */
  name: string;
  /** The micrograph's own file. */
  path: string;
  /** Of the plane that the objects lie in, which stays known when the file is gone. */
  facts: MicrographFacts;
  /** Of the picture in the dataset: that of the plane, without the rows of an info bar that is left out. */
  widthPx: number;
  heightPx: number;
  /** Whether the file could be opened now. */
  readable: boolean;
}

export interface Slice {
  /** Name of the stack in the project's list. */
  stack: string;
  plane: PlaneAddress;
}

/** Whether the last rows of the plane, its info bar, are not in the dataset. */
export function isCropped({ heightPx, facts }: DatasetImage): boolean {
  return heightPx < facts.heightPx;
}

/** Ids of slices begin beyond those of any project's images. */
const slicesPerImage = 1_000_000;

/**
 * The images of the project in the order of its list, each looked at. One whose file can't be read is exported with the
 * size that is stored, one that never could be read is left out; notices name both. Of a stack come the slices with
 * accepted objects, else its first. Info bars are cropped off where the job says so.
 */
export async function datasetImages(
  job: ExportJob,
  notices: Notice[],
  onLook: (image: number, name: string) => void,
): Promise<DatasetImage[]> {
  const views = job.project.images();
  const names = distinctNames(views.map(({ name }) => name));
  const images: DatasetImage[] = [];
  for (const [index, { id, path, objectCount }] of views.entries()) {
    throwIfCancelled(job.signal);
    const name = names[index]!;
    onLook(index, name);
    const found = await look(job, id);
    const stored = job.project.image(id).facts;
    if (found instanceof LamellaError) {
      notices.push(unreadable(path, name, found, stored === null ? null : objectCount));
    } else if (
      stored !== null &&
      (stored.widthPx !== found.facts.widthPx || stored.heightPx !== found.facts.heightPx)
    ) {
      notices.push(otherSize(path, name, stored, found.facts));
    }
    const micrograph = found instanceof LamellaError ? null : found;
    const facts = stored ?? micrograph?.facts;
    if (!facts) continue;
    const { widthPx } = facts;
    const heightPx = job.options.withoutDataBar
      ? await rowsAboveBar({ name, path, facts, micrograph }, notices)
      : facts.heightPx;
    images.push(...slicesOf(job, { id, name, path, facts, widthPx, heightPx, readable: micrograph !== null }));
  }
  // Slices get names of their own: two stacks may differ by their ending only, or an image be called like a slice.
  const unique = distinctNames(images.map(({ name }) => name));
  return images.map((image, at) => ({ ...image, name: unique[at]! }));
}

function slicesOf({ project }: ExportJob, image: Omit<DatasetImage, 'datasetId' | 'slice'>): DatasetImage[] {
  const { id, name, facts } = image;
  if (facts.z <= 1 && facts.t <= 1) return [{ ...image, datasetId: id, slice: null }];
  const planes = new Map<number, PlaneAddress>();
  for (const { state, plane } of project.objects(id)) {
    const at = plane.t * facts.z + plane.z;
    if (state === 'accepted' && !planes.has(at)) planes.set(at, plane);
  }
  if (planes.size === 0) planes.set(0, firstPlane);
  const number = (axis: string, at: number, count: number) =>
    count > 1 ? `_${axis}${String(at + 1).padStart(String(count).length, '0')}` : '';
  return [...planes]
    .sort(([a], [b]) => a - b)
    .map(([at, plane]) => ({
      ...image,
      name: `${stemOf(name)}${number('t', plane.t, facts.t)}${number('z', plane.z, facts.z)}.png`,
      datasetId: id * slicesPerImage + at,
      slice: { stack: name, plane },
    }));
}

/** The file, or what is wrong with it. */
async function look(job: ExportJob, imageId: number): Promise<Micrograph | LamellaError> {
  try {
    return await job.openImage(imageId);
  } catch (cause) {
    if (isFileTrouble(cause)) return cause;
    throw cause;
  }
}

function unreadable(path: string, name: string, trouble: LamellaError, objectCount: number | null): Notice {
  const outcome =
    objectCount === null
      ? 'it is left out, because its size was never known'
      : `its ${objectCount === 1 ? 'object is' : `${objectCount} objects are`} exported without it`;
  return {
    level: 'warning',
    message: `${name} can't be read: ${outcome}. ${trouble.message}`,
    path,
    ...(trouble.remedy === undefined ? {} : { remedy: trouble.remedy }),
  };
}

function otherSize(path: string, name: string, stored: MicrographFacts, found: MicrographFacts): Notice {
  return {
    level: 'warning',
    message:
      `${name} has ${found.widthPx} × ${found.heightPx} px now; its objects were made, and are exported, ` +
      `for ${stored.widthPx} × ${stored.heightPx} px.`,
    path,
    remedy: 'Open the project once to have it look at the file again, or put the earlier file back.',
  };
}
