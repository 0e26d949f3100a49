import type { ExampleObject } from '../../../native-models/similar/index.ts';
import type { PlaneAddress } from '../api/contract.ts';
import { isLamellaError, LamellaError } from '../errors.ts';
import type { ExampleImage } from '../inference/contract.ts';
import type { Project } from '../project/contract.ts';
import type { ProposalNeeds } from './proposalNeeds.ts';

/**
 * Images (and slices of each) that teach at most, those with the most examples: their embeddings, some 16 MB each, are in memory together
 * while they are learned from.
 */
const mostImages = 16;

/** Accepted objects of an image that show what is wanted; null: all that it has. Rejected ones come along. */
export type ExampleIds = Map<number, Set<number> | null>;

/**
 * Which images teach, and by which of their objects. `exampleIds` empty: by all accepted ones.
 * @throws LamellaError edit-refused for an example that is not accepted, and where there is none; not-found.
 */
export function exampleIdsByImage(project: Project, exampleIds: readonly number[]): ExampleIds {
  const chosen = exampleIds.length === 0 ? allAccepted(project) : namedExamples(project, exampleIds);
  if (chosen.size === 0) {
    throw new LamellaError('edit-refused', 'There is no accepted object to learn from.', {
      remedy: 'Accept some objects of the kind that is wanted first.',
    });
  }
  // What was rejected on other images teaches too, as far as there is room.
  for (const [imageId] of mostFirst(project.countObjects('rejected'))) {
    if (!chosen.has(imageId)) chosen.set(imageId, new Set());
  }
  return new Map([...chosen].slice(0, mostImages));
}

function allAccepted(project: Project): ExampleIds {
  return new Map(mostFirst(project.countObjects('accepted')).map(([imageId]) => [imageId, null]));
}

function namedExamples(project: Project, ids: readonly number[]): ExampleIds {
  const byImage = new Map<number, Set<number>>();
  for (const id of ids) {
    const { imageId, state } = project.object(id);
    if (state !== 'accepted') {
      throw new LamellaError('edit-refused', `Object ${id} is not accepted and can't be an example.`, {
        remedy: 'Accept it first, or select others.',
      });
    }
    byImage.set(imageId, (byImage.get(imageId) ?? new Set()).add(id));
  }
  return new Map([...byImage].sort(([, a], [, b]) => b.size - a.size));
}

function mostFirst(counts: ReadonlyMap<number, number>): [imageId: number, count: number][] {
  return [...counts].sort(([, a], [, b]) => b - a);
}

/**
 * The images one after the other, so that the masks of one are in memory at a time. One whose file can't be read is
 * left out; @throws LamellaError: its trouble, where no image with an example can be read.
 */
export async function* exampleImages(
  { project, pixels }: ProposalNeeds,
  chosen: ExampleIds,
): AsyncGenerator<ExampleImage> {
  let taught = false;
  let trouble: LamellaError | null = null;
  for (const [imageId, ids] of chosen) {
    try {
      for (const { plane, objects } of judgedObjects(project, imageId, ids)) {
        const source = await pixels.embeddingSource(imageId, null, plane);
        yield { source, objects };
        taught ||= objects.some(({ classId }) => classId !== null);
      }
    } catch (cause) {
      if (!isLamellaError(cause) || !cause.code.startsWith('file-')) throw cause;
      trouble ??= cause;
    }
  }
  if (!taught && trouble) throw trouble;
}

/** Those that lie in the plane as it is now, plane by plane, those with the most objects first. */
function judgedObjects(project: Project, imageId: number, ids: Set<number> | null) {
  const { widthPx, heightPx } = project.image(imageId).view;
  const planes = new Map<string, { plane: PlaneAddress; objects: ExampleObject[] }>();
  for (const { view, mask } of project.masks(imageId, null)) {
    const { id, state, classId, plane } = view;
    if (mask.x + mask.width > widthPx || mask.y + mask.height > heightPx) continue;
    const shows = state === 'accepted' && (ids === null || ids.has(id));
    if (state !== 'rejected' && !shows) continue;
    const key = JSON.stringify(plane);
    const { objects } = planes.get(key) ?? planes.set(key, { plane, objects: [] }).get(key)!;
    objects.push({ mask, classId: state === 'rejected' ? null : classId });
  }
  return [...planes.values()].sort((a, b) => b.objects.length - a.objects.length).slice(0, mostImages);
}
