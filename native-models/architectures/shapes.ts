import type { Tensors } from '../graph/weightSource.ts';
import { ModelError } from '../packages/modelError.ts';

/** The shape of a tensor that an architecture can't do without. @throws ModelError checkpoint-unsupported */
export function shapeOf(tensors: Tensors, name: string, rank: number): readonly number[] {
  const shape = tensors.get(name)?.shape;
  if (shape?.length === rank) return shape;
  const found = shape ? `is [${shape.join(', ')}], not of ${rank} axes` : 'is missing';
  throw new ModelError('checkpoint-unsupported', `The checkpoint's tensor ${name} ${found}.`, {
    remedy: 'Use the checkpoint as its authors publish it, or as it was saved by their training code.',
  });
}

/** How many consecutive n from 0 on there are such that a tensor's name begins with `prefix` n and a dot. */
export function countNumbered(tensors: Tensors, prefix: string): number {
  const numbers = new Set<number>();
  for (const name of tensors.keys()) {
    if (!name.startsWith(prefix)) continue;
    const number = /^\d+(?=\.)/.exec(name.slice(prefix.length))?.[0];
    if (number !== undefined) numbers.add(Number(number));
  }
  let count = 0;
  while (numbers.has(count)) count++;
  return count;
}
