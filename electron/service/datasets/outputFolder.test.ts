import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExportJob } from './contract.ts';
import { OutputFolder } from './outputFolder.ts';
import { TestProject } from './testing.ts';

let made: TestProject;
beforeEach(async () => {
  made = await TestProject.make();
});
afterEach(() => made.remove());

function job(output: string, signal = new AbortController().signal): ExportJob {
  return {
    project: made.project,
    openImage: () => Promise.reject(new Error('no image is opened')),
    output,
    options: { segmentation: 'auto', images: true, container: 'tiff', withoutDataBar: false },
    signal,
    onProgress: () => undefined,
  };
}

const refusal = (code: string, path: string) => expect.objectContaining({ code, path });

/** Content that fails after its first piece, as a disk does that fills up. */
async function* failing(cause: unknown): AsyncGenerator<string> {
  yield 'the first half';
  throw cause;
}

describe('the folder of an export', () => {
  it('lists what was written, folders below it included', async () => {
    const folder = await OutputFolder.of(job(join(made.root, 'a', 'b')));
    await folder.write('x.txt', ['one ', 'two']);
    await folder.write('deep/er/y.bin', [Buffer.of(1, 2), new Uint8Array([3])]);
    expect(folder.files).toEqual(['x.txt', 'deep/er/y.bin']);
    expect(readFileSync(join(made.root, 'a', 'b', 'x.txt'), 'utf8')).toBe('one two');
    expect([...readFileSync(join(made.root, 'a', 'b', 'deep', 'er', 'y.bin'))]).toEqual([1, 2, 3]);
  });

  it.each([
    ['ENOSPC', 'disk-full'],
    ['EDQUOT', 'disk-full'],
    ['EACCES', 'file-unreadable'],
  ])('keeps the earlier file when writing fails (%s), and names it', async (errno, code) => {
    const folder = await OutputFolder.of(job(made.output));
    const path = join(made.output, 'x.txt');
    await folder.write('x.txt', ['earlier']);
    const writing = folder.write('x.txt', failing(Object.assign(new Error(errno), { code: errno })));
    await expect(writing).rejects.toThrow(refusal(code, path));
    expect(readFileSync(path, 'utf8')).toBe('earlier');
    expect(readdirSync(made.output)).toEqual(['x.txt']);
  });

  it('leaves nothing behind when the content fails before the file is there', async () => {
    const folder = await OutputFolder.of(job(made.output));
    const atOnce = () => folder.write('x.txt', failing(Object.assign(new Error('EIO'), { code: 'EIO' })));
    const outcomes = await Promise.allSettled(Array.from({ length: 60 }, atOnce));
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect(readdirSync(made.output)).toEqual([]);
  });

  it('keeps the earlier file when it is cancelled in the middle of one', async () => {
    const abort = new AbortController();
    const folder = await OutputFolder.of(job(made.output, abort.signal));
    await folder.write('x.txt', ['earlier']);
    const endless = (async function* () {
      for (;;) {
        yield 'more ';
        abort.abort();
      }
    })();
    await expect(folder.write('x.txt', endless)).rejects.toThrow(expect.objectContaining({ code: 'cancelled' }));
    await expect(folder.write('y.txt', ['no'])).rejects.toThrow(expect.objectContaining({ code: 'cancelled' }));
    expect(readFileSync(join(made.output, 'x.txt'), 'utf8')).toBe('earlier');
    expect(readdirSync(made.output)).toEqual(['x.txt']);
  });

  it('says where a file is in the place of a folder', async () => {
    const path = join(made.root, 'file');
    writeFileSync(path, 'mine');
    await expect(OutputFolder.of(job(path))).rejects.toThrow(refusal('edit-refused', path));
    const below = join(path, 'below');
    await expect(OutputFolder.of(job(below))).rejects.toThrow(refusal('edit-refused', below));
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });

  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('says where it may not write', async () => {
    mkdirSync(made.output);
    chmodSync(made.output, 0o555);
    const folder = await OutputFolder.of(job(made.output));
    const path = join(made.output, 'x.txt');
    await expect(folder.write('x.txt', ['new'])).rejects.toThrow(refusal('file-unreadable', path));
    const below = join(made.output, 'below');
    await expect(OutputFolder.of(job(below))).rejects.toThrow(refusal('file-unreadable', below));
  });
});
