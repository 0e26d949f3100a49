import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { PixelPlane } from '../../native-models/predictor/pixels.ts';
import { TileStore } from './tileStore.ts';

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('document', { createElement: () => ({}) });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
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
  const store = new TileStore(load, arrived);
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
  const store = new TileStore(load, () => undefined);
  store.show([address]);
  await vi.advanceTimersByTimeAsync(1);
  store.show([]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toHaveBeenCalledTimes(1);
  store.show([address]);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toHaveBeenCalledTimes(2);
});

it('nothing is asked for after the end', async () => {
  const { asked, load } = tilesFinalAt(Number.POSITIVE_INFINITY);
  const store = new TileStore(load, () => undefined);
  store.show([address]);
  await vi.advanceTimersByTimeAsync(1);
  store.stop();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked).toHaveBeenCalledTimes(1);
});
