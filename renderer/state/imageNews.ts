import type { ImageView } from '../../electron/service/api/contract.ts';
import { putImage } from './changes.ts';

/** Number of the event that last brought each image, counted over all such events. */
const broughtBy = new Map<number, number>();
let events = 0;

/** To be read before asking the service for images, and given to {@link newestImages} with the answer. */
export function imageEventsSeen(): number {
  return events;
}

export function noteImageEvent(imageId: number): void {
  broughtBy.set(imageId, ++events);
}

/** The answered images, save those that an event brought after the answer was asked for: of these `known` is newer. */
export function newestImages(
  answered: readonly ImageView[],
  known: readonly ImageView[],
  seenWhenAsked: number,
): readonly ImageView[] {
  return known.filter(({ id }) => (broughtBy.get(id) ?? 0) > seenWhenAsked).reduce(putImage, answered);
}
