import { LamellaError } from '../errors.ts';

/** @throws LamellaError cancelled */
export function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new LamellaError('cancelled', 'The export was cancelled.');
}
