import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { PixelPlane } from '../../native-models/predictor/pixels.ts';
import { TileStore } from './tileStore.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const grey = (side: number): PixelPlane => ({
  widthPx: side,
  heightPx: side,
  samples: 1,
  data: new Uint8Array(side * side),
});

const address = { level: 3, tx: 0, ty: 0 };
type Loaded = PixelPlane & { isProvisional: boolean };

/** A service whose tiles stand in until they are asked for the `final`-th time. */
function tilesFinalAt(final: number) {
  const plane: PixelPlane = { widthPx: 1, heightPx: 1, samples: 1, data: Uint8Array.of(7) };
  const asked = vi.fn<() => void>();
  const load = async (): Promise<Loaded> => {
    asked();
    return { ...plane, isProvisional: asked.mock.calls.length < final };
  };
  return { asked, load };
}

it('a tile that only stands in is asked for again until it does not', async () => {
  const { asked, load } = tilesFinalAt(3);
  const arrived = vi.fn<() => void>();
  const store = new TileStore(load, [null], arrived);
  store.show([address]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toHaveBeenCalledTimes(3);
  expect(arrived).toHaveBeenCalledTimes(3);
  store.show([address]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toHaveBeenCalledTimes(3);
});

it('one that is out of sight is asked for again when it is shown again', async () => {
  const { asked, load } = tilesFinalAt(2);
  const store = new TileStore(load, [null], () => undefined);
  store.show([address]);
  await vi.advanceTimersByTimeAsync(1);
  store.show([]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toHaveBeenCalledTimes(1);
  store.show([address]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toHaveBeenCalledTimes(2);
});

it('a tile of several channels is there when all of them are, and no other channel is asked for', async () => {
  const waiting = new Map<number | null, (tile: PixelPlane) => void>();
  const load = (c: number | null) => new Promise<PixelPlane>((resolve) => waiting.set(c, resolve));
  const store = new TileStore(load, [0, 2], () => undefined);
  store.show([address]);
  expect([...waiting.keys()]).toEqual([0, 2]);
  waiting.get(0)!(grey(1));
  await vi.advanceTimersByTimeAsync(1);
  expect(store.has(address)).toBe(false);
  waiting.get(2)!(grey(1));
  await vi.advanceTimersByTimeAsync(1);
  expect(store.has(address)).toBe(true);
});

it('requests at a time are those of all channels together', async () => {
  const row = Array.from({ length: 20 }, (_, tx) => ({ level: 0, tx, ty: 0 }));
  for (const [channels, requests] of [
    [1, 6],
    [2, 6],
    [4, 4],
    [9, 9],
  ] as const) {
    const asked = vi.fn<() => void>();
    const load = () => {
      asked();
      return new Promise<PixelPlane>(() => {});
    };
    new TileStore(
      load,
      Array.from({ length: channels }, (_, c) => c),
      () => undefined,
    ).show(row);
    expect(asked).toHaveBeenCalledTimes(requests);
  }
});

it('what is kept is bounded in bytes, but for what is on screen', async () => {
  // 5 MiB each: 4 of the picture, 1 of its samples.
  const side = 1024;
  const asked = vi.fn<() => void>();
  const load = async () => {
    asked();
    return grey(side);
  };
  const row = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => ({ level: 0, tx: from + i, ty: 0 }));
  const store = new TileStore(load, [null], () => undefined);
  store.show(row(0, 70));
  await vi.advanceTimersByTimeAsync(1000);
  expect(row(0, 70).every((tile) => store.has(tile))).toBe(true);
  expect(asked).toHaveBeenCalledTimes(70);
  store.show(row(70, 80));
  await vi.advanceTimersByTimeAsync(1000);
  expect(row(0, 80).filter((tile) => store.has(tile))).toHaveLength(57);
  expect(row(70, 80).every((tile) => store.has(tile))).toBe(true);
});

it('nothing is asked for after the end', async () => {
  const { asked, load } = tilesFinalAt(Number.POSITIVE_INFINITY);
  const store = new TileStore(load, [null], () => undefined);
  store.show([address]);
  await vi.advanceTimersByTimeAsync(1);
  store.stop();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toHaveBeenCalledTimes(1);
});
