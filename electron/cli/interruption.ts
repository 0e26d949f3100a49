import { LamellaError } from '../service/errors.ts';

/**
 * Carries out work that Ctrl+C gives up in order: it is told by the signal, cleans up after itself, and the command
 * ends with a message. A second Ctrl+C ends the program at once.
 * @throws LamellaError cancelled
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const stop = () => abort.abort();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, stop);
  try {
    return await work(abort.signal);
  } catch (cause) {
    if (abort.signal.aborted) throw new LamellaError('cancelled', 'Given up.', { cause });
    throw cause;
  } finally {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, stop);
  }
}
