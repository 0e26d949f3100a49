import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ModelError } from '../packages/modelError.ts';
import { openCheckpoint } from './index.ts';
import {
  Opcodes,
  bytesOf,
  callOf,
  dictionaryOf,
  floatStorage,
  globalOf,
  opcodesOf,
  pickleOf,
  readAll,
  refusalOf,
  refusalOfZip,
  stateDictOf,
  tensorOf,
  torchEntries,
  tupleOf,
  zipOf,
} from './testing.ts';

const fixtures = join(import.meta.dirname, '../../../shared/fixtures');

describe.each(['sam-vit', 'sam-hq', 'mobile-sam', 'efficient-sam', 'sam2.1-hiera'])(
  'the published layout of %s',
  (family) => {
    const path = join(fixtures, family, 'checkpoint.pt');
    it('is read whole', async () => {
      if (!existsSync(path)) return console.log(`${path} is not there; not tested.`);
      const checkpoint = await openCheckpoint(path);
      expect(checkpoint).toMatchObject({ path, format: 'torch-zip' });
      expect(checkpoint.tensors.size).toBeGreaterThan(150);
      for (const tensor of checkpoint.tensors.values()) {
        const values = await tensor.read();
        expect(values).toHaveLength(tensor.shape.reduce((product, dimension) => product * dimension, 1));
        // The weights were put on a grid of 1/256; a byte read from the wrong place would not be.
        expect(values.every((value) => Number.isInteger(value * 256) && Math.abs(value) < 2 ** 16)).toBe(true);
      }
      await checkpoint.close();
    });
  },
);

it('the same weights are the same values from .pt and .safetensors', async () => {
  const [torch, safe] = ['checkpoint.pt', 'checkpoint.safetensors'].map((name) => join(fixtures, 'sam-vit', name));
  if (!existsSync(safe!)) return console.log(`${safe} is not there; not tested.`);
  const [a, b] = [await openCheckpoint(torch!), await openCheckpoint(safe!)];
  expect([a.format, b.format]).toEqual(['torch-zip', 'safetensors']);
  expect([...b.tensors.keys()].toSorted()).toEqual([...a.tensors.keys()].toSorted());
  for (const [name, tensor] of a.tensors) {
    const other = b.tensors.get(name)!;
    expect(other).toMatchObject({ dtype: tensor.dtype, shape: tensor.shape });
    expect(await other.read(), name).toEqual(await tensor.read());
  }
  await Promise.all([a.close(), b.close()]);
  await expect(a.tensors.values().next().value!.read()).rejects.toBeInstanceOf(ModelError);
});

describe('a checkpoint of a training', () => {
  const storage = floatStorage('0', [1, 2, 3]);
  const t = tensorOf({ storage, shape: [3] });
  it('is read past its settings, with dictionaries joined by dots', async () => {
    const bytes = callOf(globalOf('_codecs', 'encode'), 'ÿ', 'latin1');
    const dtype = callOf(globalOf('numpy', 'dtype'), 'f8', false, true);
    const root = dictionaryOf({
      model: stateDictOf({ 'a.weight': t }),
      optimizer: dictionaryOf({ state: new Map([[0, dictionaryOf({ exp_avg: t, step: 4 })]]), param_groups: [] }),
      best: callOf(globalOf('numpy.core.multiarray', 'scalar'), dtype, bytes),
      args: new Opcodes(globalOf('argparse', 'Namespace').bytes, ')', 0x81, opcodesOf(dictionaryOf({ lr: 0.1 })), 'b'),
      device: callOf(globalOf('torch', 'device'), 'cuda', 0),
      dtype: globalOf('torch', 'float16'),
      size: callOf(globalOf('torch', 'Size'), tupleOf(1, 2)),
      classes: callOf(globalOf('__builtin__', 'set'), [1, 2]),
      losses: [0.5, 0.25, t],
      epoch: 2 ** 40,
    });
    const read = await readAll(zipOf(torchEntries(root, [storage])));
    expect(Object.keys(read)).toEqual(['model.a.weight', 'optimizer.state.0.exp_avg']);
    expect(read['model.a.weight']!.values).toEqual([1, 2, 3]);
  });

  it('is refused when two of its tensors would have one name', async () => {
    const root = dictionaryOf({ a: dictionaryOf({ 'b.c': t }), 'a.b': dictionaryOf({ c: t }) });
    expect((await refusalOfZip(root, [storage])).message).toContain("two tensors 'a.b.c'");
  });
});

describe('what is no checkpoint', () => {
  it.each<[string, Uint8Array, string]>([
    ['an empty file', bytesOf(), 'neither'],
    ['a text', bytesOf('hello, world'), 'neither'],
    ['a Git LFS pointer', bytesOf('version https://git-lfs.github.com/spec/v1\n'), 'Git LFS'],
    ['a web page', bytesOf('<!doctype html>'), 'web page'],
    ['a tar archive', bytesOf('sys_info', new Uint8Array(249), 'ustar', new Uint8Array(250)), 'tar archive'],
    ['a pickle of something else', pickleOf([1, 2]), 'pickle'],
  ])('as %s is said to be none', async (_, bytes, words) => {
    expect((await refusalOf(bytes)).message).toContain(words);
  });

  it('as a folder or nothing at all is said to be none', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lamella checkpoint-'));
    for (const path of [folder, join(folder, 'missing.pt')]) {
      await expect(openCheckpoint(path)).rejects.toMatchObject({ code: 'checkpoint-invalid', path });
    }
    await rm(folder, { recursive: true });
  });
});
