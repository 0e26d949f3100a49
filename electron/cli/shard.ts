import { InvalidArgumentError } from 'commander';

/** One of several equal parts of the work, for as many computers. */
export interface Shard {
  /** From 1 on. */
  index: number;
  count: number;
}

export function parseShard(text: string): Shard {
  const [, index = 0, count = 0] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (index < 1 || index > count) throw new InvalidArgumentError('a shard is i/n, from 1/n to n/n.');
  return { index, count };
}

/** Every n-th thing, so that parts of a row of like things take equally long. */
export function ofShard<T>(things: readonly T[], { index, count }: Shard): T[] {
  return things.filter((_, at) => at % count === index - 1);
}
