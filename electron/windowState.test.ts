import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isReachable, readWindowState, writeWindowState } from './windowState.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lamella-window-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the window’s place', () => {
  const state = { bounds: { x: -10, y: 0, width: 1000, height: 700 }, maximized: true };

  it('is read back as it was written', () => {
    const path = join(folder, 'window.json');
    writeWindowState(path, state);
    expect(readWindowState(path)).toEqual(state);
  });

  it('is unknown at the first start and after damage', async () => {
    expect(readWindowState(join(folder, 'none.json'))).toBeNull();
    for (const text of ['', '{"bounds":', '{"bounds":{"x":0,"y":0,"width":3,"height":3},"maximized":false}', '[]']) {
      await writeFile(join(folder, 'damaged.json'), text);
      expect(readWindowState(join(folder, 'damaged.json')), text).toBeNull();
    }
  });

  it('counts only where a display is there to show it', () => {
    const display = { x: 0, y: 0, width: 1920, height: 1080 };
    expect(isReachable(state.bounds, [display])).toBe(true);
    expect(isReachable({ ...state.bounds, x: 2500 }, [display])).toBe(false);
    expect(isReachable({ ...state.bounds, x: 2500 }, [display, { ...display, x: 1920 }])).toBe(true);
    expect(isReachable({ ...state.bounds, y: -400 }, [display])).toBe(false);
  });
});
