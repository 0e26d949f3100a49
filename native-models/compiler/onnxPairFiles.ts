import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ModelError } from '../packages/modelError.ts';

const isOnnx = (name: string) => /\.onnx$/i.test(name);

/** Whether a path that is to be added is a folder or an ONNX file, not a checkpoint. */
export async function isOnnxPair(path: string): Promise<boolean> {
  if (isOnnx(path)) return true;
  try {
    return (await stat(path)).isDirectory();
  } catch {
    // What is wrong with it is said by whoever opens it.
    return false;
  }
}

/**
 * The two files of a pair, in no order: those of a folder, or the one given and the one beside it that has the same name
 * but for "encoder" and "decoder". Only the files' roles in their names are looked at here.
 * @throws ModelError checkpoint-unsupported: there is no other one, or it can't be told which.
 */
export async function findOnnxPair(path: string): Promise<[string, string]> {
  const isFolder = (await stat(path)).isDirectory();
  const folder = isFolder ? path : dirname(path);
  const names = (await readdir(folder)).filter(isOnnx).sort();
  if (isFolder) {
    const byRole = (role: Role) => names.filter((name) => roleInName(name) === role);
    const [encoders, decoders] = [byRole('encoder'), byRole('decoder')];
    if (names.length === 2) return [join(folder, names[0]!), join(folder, names[1]!)];
    if (encoders.length === 1 && decoders.length === 1) return [join(folder, encoders[0]!), join(folder, decoders[0]!)];
    throw noPair(path, names);
  }
  const partner = partnerOf(basename(path), names);
  if (partner === null) throw noPair(path, names);
  return [path, join(folder, partner)];
}

type Role = 'encoder' | 'decoder';

/** 'prompt_encoder_mask_decoder' is a decoder: prompts are encoded there. */
function roleInName(name: string): Role | null {
  if (/decoder/i.test(name)) return 'decoder';
  return /encoder/i.test(name) ? 'encoder' : null;
}

function partnerOf(name: string, names: readonly string[]): string | null {
  const others = names.filter((each) => each !== name);
  const role = roleInName(name);
  const swapped = name.replace(/(en|de)(?=coder)/i, (syllable) => (/en/i.test(syllable) ? 'de' : 'en')).toLowerCase();
  const called = others.filter((each) => each.toLowerCase() === swapped);
  const ofOtherRole = others.filter((each) => role !== null && roleInName(each) === otherRole(role));
  for (const found of [called, ofOtherRole, others]) {
    if (found.length === 1) return found[0]!;
  }
  return null;
}

const otherRole = (role: Role): Role => (role === 'encoder' ? 'decoder' : 'encoder');

function noPair(path: string, names: readonly string[]): ModelError {
  const shown = names.slice(0, 8).join(', ');
  const found = names.length === 0 ? 'no .onnx file' : `${shown}${names.length > 8 ? ', …' : ''}`;
  return new ModelError(
    'checkpoint-unsupported',
    `${path} is no model: an encoder and a decoder as ONNX files beside each other are needed, and there is ${found}.`,
    {
      path,
      remedy:
        'Put both .onnx files into a folder of their own, with "encoder" and "decoder" in their names, and add it.',
    },
  );
}
