import { expect, it, vi } from 'vitest';
import { recent } from './recent.ts';

it('keeps the things that were asked for last', () => {
  const make = vi.fn<(key: string) => string>((key) => key.toUpperCase());
  const kept = recent<string>(2);
  const ask = (key: string) => kept(key, () => make(key));
  expect(['a', 'b', 'a', 'c', 'a', 'b'].map(ask)).toEqual(['A', 'B', 'A', 'C', 'A', 'B']);
  expect(make.mock.calls.flat()).toEqual(['a', 'b', 'c', 'b']);
});
