import { describe, expect, it } from 'vitest';
import { ModelError } from '../packages/modelError.ts';
import type { Checkpoint, CheckpointTensor } from './contract.ts';
import { findStateDict } from './stateDict.ts';

function checkpointOf(names: readonly string[]): Checkpoint {
  const tensorOf = (name: string): CheckpointTensor => ({
    name,
    dtype: 'float32',
    shape: [1],
    read: () => Promise.resolve(Float32Array.of(1)),
  });
  const tensors = new Map(names.map((name) => [name, tensorOf(name)]));
  return { path: 'a checkpoint.pt', format: 'torch-zip', tensors, close: () => Promise.resolve() };
}

/** The plain names of what is found, each with the file's name where that is another. */
function found(...names: string[]): string[] {
  return [...findStateDict(checkpointOf(names))].map(([name, tensor]) =>
    name === tensor.name ? name : `${name} < ${tensor.name}`,
  );
}

const model = ['image_encoder.pos_embed', 'prompt_encoder.not_a_point.weight', 'mask_decoder.iou_token.weight'];
const under = (prefix: string, names = model) => names.map((name) => prefix + name);
const foundUnder = (prefix: string) => model.map((name) => `${name} < ${prefix}${name}`);

describe('the weights of a model are found', () => {
  it('at the top, with what lies beside them', () => {
    expect(found(...model, 'decoder_state.out.weight')).toEqual([...model, 'decoder_state.out.weight']);
  });

  it.each(['model.', 'module.', 'model_state.sam.', 'state_dict.model.', 'net.module.', 'teacher.', 'whatever.sam.'])(
    'under %s',
    (prefix) => expect(found(...under(prefix))).toEqual(foundUnder(prefix)),
  );

  it('beside the state of a training, which is left out', () => {
    const training = [
      'optimizer.state.0.exp_avg',
      'optimizer_state.image_encoder.exp_avg',
      'rng_state',
      'scaler.scale',
    ];
    expect(found(...training, ...under('model.'))).toEqual(foundUnder('model.'));
    expect(found(...training, ...model)).toEqual(model);
  });

  it('once, where a file has several copies', () => {
    expect(found(...under('student.'), ...under('teacher.'))).toEqual(foundUnder('teacher.'));
    expect(found(...under('ema.'), 'ema.no_mem_embed', ...under('model.'))).toEqual(foundUnder('model.'));
    expect(found(...model, ...under('ema.'))).toEqual(model);
    // A copy without all of its parts is not preferred for its name.
    const half = under('model.').slice(0, 1);
    expect(found(...half, ...under('ema.'))).toEqual([...foundUnder('ema.'), ...half]);
  });

  it('of SAM 2, with the parts that SAM has not', () => {
    const names = [
      'image_encoder.trunk.pos_embed',
      'sam_prompt_encoder.x',
      'sam_mask_decoder.y',
      'memory_attention.z',
      'no_mem_embed',
    ];
    expect(found(...under('model.', names))).toEqual(names.map((name) => `${name} < model.${name}`));
  });

  it('with the other names beside a prefix as they are', () => {
    expect(found(...under('sam.'), 'decoder.out.weight')).toEqual([...foundUnder('sam.'), 'decoder.out.weight']);
  });

  it('through what torch.compile and checkpointing put into names', () => {
    expect(found('_orig_mod.module.image_encoder._checkpoint_wrapped_module.a', 'image_encoder_2._orig_mod.b')).toEqual(
      [
        'image_encoder.a < _orig_mod.module.image_encoder._checkpoint_wrapped_module.a',
        'image_encoder_2.b < image_encoder_2._orig_mod.b',
      ],
    );
  });
});

describe('of an unknown model', () => {
  it('prefixes are taken off when nearly all names have them', () => {
    expect(found('model.module.a', 'model.module.b')).toEqual(['a < model.module.a', 'b < model.module.b']);
    const many = Array.from({ length: 19 }, (_, index) => `module.${index}`);
    expect(found(...many, 'other')).toEqual([...many.map((name) => `${name.slice(7)} < ${name}`), 'other']);
    expect(found('module.a', 'b', 'c')).toEqual(['module.a', 'b', 'c']);
    expect(found('module', 'module.module')).toEqual(['module', 'module.module']);
  });

  it('without any weights nothing is found', () => {
    for (const names of [[], ['optimizer.state.0.exp_avg']]) {
      expect(() => found(...names)).toThrow(ModelError);
      expect(() => found(...names)).toThrow(expect.objectContaining({ code: 'checkpoint-unsupported' }) as Error);
    }
  });
});
