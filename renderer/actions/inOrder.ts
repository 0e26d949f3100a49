import { reportFailure } from '../app/notify.tsx';

let last: Promise<void> = Promise.resolve();

/**
 * Runs what alters the records one after the other: loading an image's objects and applying changes must not
 * overtake each other, or a change that came while objects were loading would be lost.
 */
export function inOrder(work: () => Promise<void>): Promise<void> {
  last = last.then(work).catch(reportFailure);
  return last;
}
