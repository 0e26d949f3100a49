import { basename, dirname } from 'node:path';
import { ModelError } from './modelError.ts';

const allowed = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
/** The name is a folder's name, too, on every platform; Windows keeps these for devices. */
const ofDevices = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
const longest = 64;

/** @throws ModelError model-refused */
export function checkModelName(name: string): void {
  if (allowed.test(name) && !ofDevices.test(name) && !name.endsWith('.') && name.length <= longest) return;
  throw new ModelError('model-refused', `"${name}" can't be the name of a model.`, {
    remedy: `Choose one of at most ${longest} letters, digits, dots, dashes and underscores, a letter or digit first.`,
  });
}

/**
 * A name for the model of this file or folder: what the file is called without its kind, with what a name may not
 * have replaced by dashes. Of a pair of graphs ('cells.encoder.onnx') it is what both have in common, or their folder's.
 */
export function modelNameOf(path: string): string {
  const file = basename(path).replace(/\.(pt|pth|bin|ckpt|safetensors|onnx)$/i, '');
  const stem = /^(encoder|decoder)$/i.test(file)
    ? basename(dirname(path))
    : file.replace(/(?<=.)[._-](encoder|decoder)$/i, '');
  const name = stem
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .slice(0, longest - 'model-'.length)
    .replace(/^[._-]+|[._-]+$/g, '');
  if (name === '') return 'model';
  return ofDevices.test(name) ? `model-${name}` : name;
}

/** Whether two names are one folder: Windows and macOS don't tell capitals apart. */
export function sameModelName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
