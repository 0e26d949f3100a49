import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newestChange, nodeProblem, splitArguments, windowProblem } from './start.mjs';

describe('npm start', () => {
  it.each(['20.19.0', '20.19', '20.20.2', '22.0.0', '24.1.0'])('runs on Node %s', (version) => {
    expect(nodeProblem(version)).toBeNull();
  });

  it.each(['20.18.9', '18.20.4', '8.0.0'])('says what is needed instead of Node %s', (version) => {
    expect(nodeProblem(version)).toMatch(/20\.19 or newer; this is .*nodejs\.org/);
  });

  it('keeps its own option to itself', () => {
    expect(splitArguments(['--headless', '--port', '0', '/a b'])).toEqual({
      headless: true,
      loopback: true,
      serve: ['--port', '0', '/a b', '--no-open'],
      window: ['--port', '0', '/a b'],
    });
    expect(splitArguments(['/a b'])).toEqual({
      headless: false,
      loopback: false,
      serve: ['/a b'],
      window: ['/a b'],
    });
    expect(splitArguments(['--port=4000'])).toMatchObject({ headless: false, loopback: true, serve: ['--port=4000'] });
  });

  it('knows where a window cannot open', () => {
    expect(windowProblem('linux', {}, 1000)).toMatch('no display');
    expect(windowProblem('linux', { DISPLAY: ':0' }, 1000)).toBeNull();
    expect(windowProblem('linux', { WAYLAND_DISPLAY: 'wayland-0' }, 1000)).toBeNull();
    expect(windowProblem('linux', { DISPLAY: ':0' }, 0)).toMatch('root');
    expect(windowProblem('win32', {}, undefined)).toBeNull();
    expect(windowProblem('darwin', {}, 501)).toBeNull();
  });

  describe('whether to build', () => {
    let folder = '';
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'lamella-start-'));
      await mkdir(join(folder, 'src', 'deep'), { recursive: true });
      const files = { 'src/a.ts': 1000, 'src/deep/b.ts': 2000, 'src/deep/b.test.ts': 9000 };
      for (const [name, seconds] of Object.entries(files)) {
        await writeFile(join(folder, name), '');
        await utimes(join(folder, name), seconds, seconds);
      }
    });
    afterAll(() => rm(folder, { recursive: true }));

    it('hangs on the newest source, tests aside', () => {
      expect(newestChange([join(folder, 'src')])).toBe(2_000_000);
      expect(newestChange([join(folder, 'src', 'a.ts'), join(folder, 'absent')])).toBe(1_000_000);
    });
  });
});
