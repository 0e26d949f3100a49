import { isLamellaError, type LamellaError } from '../errors.ts';
import type { ProposalResult } from '../api/proposals.ts';
import type { TaskWork } from '../workbench/tasks.ts';

/** What one image gave. */
export type ImageOutcome = Pick<ProposalResult['images'][number], 'proposals' | 'prompts'>;

export interface ImageWork {
  imageId: number;
  name: string;
  signal: AbortSignal;
  /** `where`: in which part of the image, if it is done in parts. */
  progress(fraction: number, masks: number, where?: string): void;
}

/**
 * Does the images one after the other; null: one was done before. One that can't be read, or that the inference process dies of, is listed as
 * failed and keeps no other from being done; everything else ends the work.
 */
export async function overImages(
  images: readonly { id: number; name: string }[],
  { signal, progress }: TaskWork,
  each: (image: ImageWork) => Promise<ImageOutcome | null>,
): Promise<ProposalResult> {
  const result: ProposalResult = { images: [], skipped: [], failed: [] };
  for (const [at, { id: imageId, name }] of images.entries()) {
    signal.throwIfAborted();
    const tell = (fraction: number, masks: number, where?: string) => {
      const counted = masks === 1 ? 'one mask' : `${masks} masks`;
      const place = where === undefined ? name : `${name}, ${where}`;
      progress((at + fraction) / images.length, `image ${at + 1}/${images.length}: ${place}, ${counted}`);
    };
    tell(0, 0);
    const started = performance.now();
    try {
      const outcome = await each({ imageId, name, signal, progress: tell });
      if (!outcome) result.skipped.push(imageId);
      else result.images.push({ imageId, ...outcome, seconds: Math.round(performance.now() - started) / 1000 });
    } catch (cause) {
      if (signal.aborted || !isLamellaError(cause) || !concernsImage(cause)) throw cause;
      result.failed.push({ imageId, message: [cause.message, cause.remedy].filter(Boolean).join(' ') });
    }
  }
  return result;
}

/** Missing, refused, damaged or unsupported, or too much for the model; the next image may fare better. */
function concernsImage({ code }: LamellaError): boolean {
  return code.startsWith('file-') || code === 'inference-failed';
}
