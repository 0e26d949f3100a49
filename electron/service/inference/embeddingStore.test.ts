import { expect, it } from 'vitest';
import type { ImageEmbedding } from '../../../native-models/predictor/embedding.ts';
import { EmbeddingStore } from './embeddingStore.ts';
import type { EmbeddingAddress } from './messages.ts';

const transform = {
  resize: 'longest-side',
  origin: { x: 0, y: 0 },
  ...{ widthImage: 64, heightImage: 64, widthModel: 64, heightModel: 64, inputSize: 64 },
} as const;
const side = 16;
const bytes = 4 * side ** 2;

function embedding(): ImageEmbedding {
  const image_embeddings = { dims: [1, 1, side, side], data: new Float32Array(side ** 2) };
  return { tensors: { image_embeddings }, transform };
}

/** In memory only, so that what is found was kept there. */
const address = (key: string, imageKey = key): EmbeddingAddress => ({ key, imageKey, cacheFolder: null });

/** A store with room for three, and what it still has of these. */
function storeOfThree() {
  const store = new EmbeddingStore('tag', 3 * bytes, 0);
  const left = async (...keys: string[]) => {
    const found = await Promise.all(keys.map((key) => store.find(address(key))));
    return keys.filter((_, at) => found[at]!.embedding !== null);
  };
  return { store, left };
}

it('lets those go first that were used longest ago', async () => {
  const { store, left } = storeOfThree();
  for (const key of ['a', 'b', 'c']) await store.add(address(key), embedding());
  await store.find(address('a'));
  await store.add(address('d'), embedding());
  expect(await left('a', 'b', 'c', 'd')).toEqual(['a', 'c', 'd']);
});

it('keeps the image that is prompted, and its parts, while a run goes over many others', async () => {
  const { store, left } = storeOfThree();
  await store.add(address('whole', 'prompted'), embedding());
  await store.add(address('part', 'prompted'), embedding());
  await store.findForPrompt(address('part', 'prompted'));
  for (let image = 0; image < 10; image++) {
    await store.add(address(`run ${image}`), embedding());
    await store.find(address(`run ${image}`));
  }
  expect(await left('whole', 'part', 'run 8', 'run 9')).toEqual(['whole', 'part', 'run 9']);
});

it('lets the image go that was prompted before another one', async () => {
  const { store, left } = storeOfThree();
  for (const key of ['before', 'now']) {
    await store.add(address(key), embedding());
    await store.findForPrompt(address(key));
  }
  for (const key of ['run 1', 'run 2']) await store.add(address(key), embedding());
  expect(await left('before', 'now', 'run 1', 'run 2')).toEqual(['now', 'run 1', 'run 2']);
});

it('stays within its budget: of many parts of the prompted image the oldest go, never the one that came last', async () => {
  const { store, left } = storeOfThree();
  for (const part of ['a', 'b', 'c', 'd']) {
    await store.add(address(part, 'prompted'), embedding());
    await store.findForPrompt(address(part, 'prompted'));
  }
  expect(await left('a', 'b', 'c', 'd')).toEqual(['b', 'c', 'd']);
  const small = new EmbeddingStore('tag', 1, 0);
  await small.add(address('a'), embedding());
  await small.findForPrompt(address('a'));
  await small.add(address('b'), embedding());
  expect((await small.find(address('a'))).embedding).toBe(null);
  expect((await small.find(address('b'))).embedding).not.toBe(null);
});
