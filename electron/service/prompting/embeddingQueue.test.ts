import { describe, expect, it } from 'vitest';
import type { EmbeddingStatus } from '../api/contract.ts';
import { LamellaError } from '../errors.ts';
import type { EmbeddingOutcome, EmbeddingSource } from '../inference/contract.ts';
import { firstPlane } from '../micrographs/contract.ts';
import { EmbeddingQueue } from './embeddingQueue.ts';
import { EncodeTimes } from './encodeTimes.ts';
import { planesToPrepare } from './planesToPrepare.ts';

interface Encode {
  imageId: number;
  finish(outcome: EmbeddingOutcome): void;
  fail(cause: unknown): void;
}

/** A queue over images 1 to 5 whose encoder answers when the test says so. */
function queueOfFive() {
  const encodes: Encode[] = [];
  const told: [number, EmbeddingStatus][] = [];
  const queue = new EmbeddingQueue({
    client: {
      embed: ({ key }: EmbeddingSource, signal) =>
        new Promise((finish, fail) => {
          encodes.push({ imageId: Number(key), finish, fail });
          signal.addEventListener('abort', () => fail(new LamellaError('cancelled', 'Cancelled.')));
        }),
    },
    source: async (imageId) => ({
      key: String(imageId),
      imageKey: String(imageId),
      origin: { x: 0, y: 0 },
      cacheFolder: null,
      valueRange: [0, 255],
      readPixels: () => Promise.reject(new Error('nobody reads pixels here')),
    }),
    requireImage: () => {},
    next: (imageId) => (imageId < 5 ? { imageId: imageId + 1, plane: firstPlane } : null),
    announce: (imageId, { status }) => {
      if (told.at(-1)?.join() !== [imageId, status].join()) told.push([imageId, status]);
    },
    encodeTimes: new EncodeTimes(),
    reportDefect: (cause) => {
      throw cause;
    },
  });
  return { queue, encodes, told };
}

const firstPlanes = (...imageIds: number[]) => imageIds.map((imageId) => ({ imageId, plane: firstPlane }));

/** Lets everything happen that waits for nothing but its turn. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('EmbeddingQueue', () => {
  it('prepares the image that was asked for, then the next one in the list', async () => {
    const { queue, encodes, told } = queueOfFive();
    expect(queue.request(2).status).toBe('encoding');
    await settled();
    encodes[0]!.finish({ encodeMs: 40 });
    await settled();
    encodes[1]!.finish({ encodeMs: null });
    await settled();
    expect(encodes.map(({ imageId }) => imageId)).toEqual([2, 3]);
    expect(told.map(([imageId, status]) => `${imageId} ${status}`)).toEqual([
      '3 queued',
      '2 queued',
      '2 encoding',
      '2 ready',
      '3 encoding',
      '3 ready',
    ]);
    expect(queue.view(2)).toMatchObject({ status: 'ready', progress: 1, encodeMs: 40 });
  });

  it('lets an image that is looked at overtake those that only wait', async () => {
    const { queue, encodes } = queueOfFive();
    queue.request(1);
    queue.request(4);
    for (let done = 0; done < 4; done++) {
      await settled();
      encodes[done]!.finish({ encodeMs: 1 });
    }
    await settled();
    expect(encodes.map(({ imageId }) => imageId)).toEqual([1, 4, 5, 2]);
  });

  it('prepares a folder behind what is looked at, and gives up what waits when it is told to', async () => {
    const { queue, encodes } = queueOfFive();
    queue.prepare(firstPlanes(1, 2, 3, 4));
    await settled();
    queue.request(5);
    encodes[0]!.finish({ encodeMs: 1 });
    await settled();
    encodes[1]!.finish({ encodeMs: 1 });
    await settled();
    expect(encodes.map(({ imageId }) => imageId)).toEqual([1, 5, 2]);
    expect(queue.view(4).status).toBe('queued');
    queue.cancelWaiting();
    expect([3, 4].map((imageId) => queue.view(imageId).status)).toEqual(['none', 'none']);
    encodes[2]!.finish({ encodeMs: 1 });
    await settled();
    expect(queue.view(2).status).toBe('ready');
    expect(encodes).toHaveLength(3);
    // What was prepared is not prepared again.
    queue.prepare(firstPlanes(1, 3));
    await settled();
    expect(encodes.map(({ imageId }) => imageId)).toEqual([1, 5, 2, 3]);
  });

  it('prepares a stack slice by slice, each once, and takes back the slices that wait', async () => {
    const { queue, encodes } = queueOfFive();
    const stack = [0, 1, 2, 3].map((z) => ({ imageId: 5, plane: { c: null, z, t: 0 } }));
    queue.prepare(stack);
    queue.prepare(stack);
    await settled();
    encodes[0]!.finish({ encodeMs: 1 });
    await settled();
    const statuses = () => stack.map(({ plane }) => queue.view(5, plane).status);
    expect(statuses()).toEqual(['ready', 'encoding', 'queued', 'queued']);
    queue.cancelWaiting();
    encodes[1]!.finish({ encodeMs: 1 });
    await settled();
    expect(statuses()).toEqual(['ready', 'ready', 'none', 'none']);
    expect(encodes).toHaveLength(2);
  });

  it('goes on with the next image when one is cancelled or fails', async () => {
    const { queue, encodes } = queueOfFive();
    queue.request(1);
    const waiting = queue.whenReady(1, new AbortController().signal);
    await settled();
    expect(queue.cancel(1).status).toBe('cancelled');
    await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
    await settled();
    expect(encodes[1]!.imageId).toBe(2);
    encodes[1]!.fail(new LamellaError('inference-failed', 'The encoder failed.'));
    await settled();
    expect(queue.view(2)).toMatchObject({ status: 'failed', error: { code: 'inference-failed' } });
    // What was cancelled or failed is computed when it is asked for again.
    queue.request(1);
    await settled();
    expect(encodes[2]!.imageId).toBe(1);
  });

  it('encodes once more when the display range changed meanwhile', async () => {
    const { queue, encodes } = queueOfFive();
    queue.request(5);
    const ready = queue.whenReady(5, new AbortController().signal);
    await settled();
    queue.outdate(5);
    encodes[0]!.finish({ encodeMs: 1 });
    await settled();
    expect(queue.view(5).status).toBe('encoding');
    encodes[1]!.finish({ encodeMs: 2 });
    await ready;
    expect(queue.view(5)).toMatchObject({ status: 'ready', encodeMs: 2 });
  });

  it('encodes by the new model when another one takes over: what runs, and the image asked for last', async () => {
    const { queue, encodes, told } = queueOfFive();
    queue.request(5);
    await settled();
    encodes[0]!.finish({ encodeMs: 1 });
    await settled();
    queue.request(4);
    await settled();
    queue.outdateAll();
    expect(queue.view(5).status).toBe('none');
    encodes[1]!.fail(new LamellaError('superseded', 'Another model was chosen.'));
    await settled();
    expect(queue.view(4).status).toBe('encoding');
    encodes[2]!.finish({ encodeMs: 2 });
    await settled();
    encodes[3]!.finish({ encodeMs: 2 });
    await settled();
    expect(encodes.map(({ imageId }) => imageId)).toEqual([5, 4, 4, 5]);
    expect(told.some(([, status]) => status === 'failed')).toBe(false);
    expect(queue.view(4)).toMatchObject({ status: 'ready', encodeMs: 2 });
  });

  it('gives a prompt up that a newer one replaced, but not the image', async () => {
    const { queue, encodes } = queueOfFive();
    const prompt = new AbortController();
    const waiting = queue.whenReady(5, prompt.signal);
    await settled();
    prompt.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'superseded' });
    encodes[0]!.finish({ encodeMs: 1 });
    await settled();
    expect(queue.view(5).status).toBe('ready');
  });
});

describe('planesToPrepare', () => {
  const facts = async (imageId: number) => ({ z: imageId, t: 2 });

  it('are the first planes, or those of every slice and time in one channel', async () => {
    expect(await planesToPrepare({ imageIds: [2, 1], slices: 'first', c: 1 }, facts)).toEqual(firstPlanes(2, 1));
    const all = await planesToPrepare({ imageIds: [2, 1], slices: 'all', c: 1 }, facts);
    expect(all.map(({ imageId, plane: { c, z, t } }) => `${imageId}: c${c} z${z} t${t}`)).toEqual([
      ...['2: c1 z0 t0', '2: c1 z1 t0', '2: c1 z0 t1', '2: c1 z1 t1'],
      ...['1: c1 z0 t0', '1: c1 z0 t1'],
    ]);
  });
});

describe('EncodeTimes', () => {
  it('knows nothing before the first image, and never says done before it is', () => {
    const times = new EncodeTimes();
    expect(times.share(500)).toBeNull();
    times.learn(1000);
    expect(times.share(250)).toBe(0.25);
    expect(times.share(5000)).toBeLessThan(1);
  });
});
