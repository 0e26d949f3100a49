import { describe, expect, it } from 'vitest';
import { groupModelFiles, isModelFile } from './modelFiles.ts';

const group = (...names: string[]) =>
  groupModelFiles(names.map((name) => ({ name }))).map(({ files, config }) => [
    ...files.map(({ name }) => name),
    config?.name ?? null,
  ]);

describe('files of models', () => {
  it('are told from micrographs', () => {
    expect(['a.pt', 'a.PTH', 'a.safetensors', 'a.onnx', 'encoder.onnx.data'].every(isModelFile)).toBe(true);
    expect(['a.png', 'a.tif', 'a.json', 'a.pt.txt', 'onnx'].some(isModelFile)).toBe(false);
  });

  it('are one model for each checkpoint, and one for all graphs', () => {
    expect(group('a.pt', 'b.pth')).toEqual([
      ['a.pt', null],
      ['b.pth', null],
    ]);
    expect(group('c.encoder.onnx', 'c.encoder.onnx.data', 'c.decoder.onnx')).toEqual([
      ['c.encoder.onnx', 'c.encoder.onnx.data', 'c.decoder.onnx', null],
    ]);
    expect(group('a.json', 'b.png')).toEqual([]);
  });

  it('take a configuration along where it is clear to whom it belongs', () => {
    expect(group('a.pt', 'config.json')).toEqual([['a.pt', 'config.json']]);
    expect(group('a.pt', 'b.pt', 'config.json').map((each) => each.at(-1))).toEqual([null, null]);
    expect(group('a.pt', '1.json', '2.json')).toEqual([['a.pt', null]]);
  });
});
