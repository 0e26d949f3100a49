import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixtures, haveFixtures, readNpz, relativeError } from '../architectures/testing.ts';
import { encodeModel, type ModelProto, type NodeProto } from '../graph/onnxSchema.ts';
import { readModelPackage } from '../packages/modelPackage.ts';
import type { PixelPlane } from '../predictor/pixels.ts';
import { openPredictor, type PredictedMasks } from '../predictor/predictor.ts';
import type { Prompt } from '../predictor/prompt.ts';
import { compileCheckpoint } from './compileCheckpoint.ts';
import type { CompiledModel, CompileOptions } from './contract.ts';
import {
  declare,
  floats,
  info,
  int64s,
  node,
  readCompiled,
  rename,
  types,
  writePair,
  writeWithWeights,
} from './testing.ts';

if (!haveFixtures) console.log('../shared/fixtures is not here: pairs of graphs are not compared with checkpoints.');

const options: CompileOptions = { name: 'pair', precision: 'fp32', config: null, licence: 'unknown', source: 'test' };
const click = { x: 100, y: 70, label: 1 as const };
const box = { x0: 40, y0: 30, x1: 140, y1: 110 };
const prompts = { click: { points: [click] }, box: { box }, both: { points: [click], box } } satisfies Record<
  string,
  Partial<Prompt>
>;

let work: string;
let count = 0;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'lamella-pair-'));
});
afterAll(() => rm(work, { recursive: true, force: true }));

async function newFolder(): Promise<string> {
  const folder = join(work, String(count++));
  await mkdir(folder);
  return folder;
}

async function compileFixture(name: string): Promise<string> {
  const folder = await newFolder();
  const config = name === 'sam-vit' ? null : JSON.parse(readFileSync(join(fixtures, name, 'config.json'), 'utf8'));
  await compileCheckpoint(join(fixtures, name, 'checkpoint.pt'), folder, { ...options, config });
  return folder;
}

interface Answers {
  embedding: Float32Array;
  /** By prompt; 'refined' is a click with the first answer to another as mask prompt. */
  masks: Record<string, PredictedMasks>;
}

/** What the package in `folder` answers on the fixture's picture, which is not square. */
async function answersOf(folder: string, name: string): Promise<Answers> {
  const { shape, data } = readNpz(join(fixtures, name, 'expected.npz')).get('image')!;
  const [heightPx, widthPx] = shape as [number, number];
  const plane: PixelPlane = { widthPx, heightPx, samples: 3, data: data as Uint8Array };
  const predictor = await openPredictor(await readModelPackage(folder, 'user'), 'cpu');
  const embedding = await predictor.encodeImage(plane, [0, 255]);
  const masks: Answers['masks'] = {};
  for (const [title, prompt] of Object.entries(prompts)) {
    masks[title] = await predictor.predict(embedding, { points: [], box: null, mask: null, ...prompt });
  }
  const mask = masks.click!.candidates[0]!.lowRes;
  masks.refined = await predictor.predict(embedding, { points: [{ ...click, x: 120 }], box: null, mask });
  await predictor.close();
  return { embedding: embedding.tensors.image_embeddings!.data, masks };
}

function expectEqual(found: PredictedMasks, wanted: PredictedMasks, tolerance: number): void {
  expect(found.candidates.length).toBe(wanted.candidates.length);
  found.candidates.forEach((candidate, i) => {
    const { lowRes, predictedIou } = wanted.candidates[i]!;
    expect(relativeError(candidate.lowRes.logits, lowRes.logits)).toBeLessThan(tolerance);
    expect(Math.abs(candidate.predictedIou - predictedIou)).toBeLessThan(tolerance);
  });
}

async function add(path: string, more: Partial<CompileOptions> = {}): Promise<{ folder: string; made: CompiledModel }> {
  const folder = await newFolder();
  return { folder, made: await compileCheckpoint(path, folder, { ...options, ...more }) };
}

/** segment-anything's script: one prompt at once, masks of the image's size first. */
function officialDecoder(decoder: ModelProto, masks: 4 | 1 = 4): ModelProto {
  const { graph } = decoder;
  rename(graph, { low_res_masks: 'all_masks', iou_predictions: 'all_scores' });
  declare(
    graph,
    info('point_coords', [1, 'num_points', 2]),
    info('point_labels', [1, 'num_points']),
    info('mask_input', [1, 1, 64, 64]),
    info('has_mask_input', [1]),
  );
  graph.input.push(info('orig_im_size', [2]));
  graph.initializer.push(
    ...[int64s('from', [0]), int64s('to', [masks]), int64s('axis', [1]), int64s('lead', [1, masks])],
  );
  graph.node.push(
    node('Slice', ['all_masks', 'from', 'to', 'axis'], 'low_res_masks'),
    node('Slice', ['all_scores', 'from', 'to', 'axis'], 'iou_predictions'),
    ...enlarge('low_res_masks'),
  );
  graph.output = [
    info('masks', ['n', 'm', 'height', 'width']),
    info('iou_predictions', ['n', masks]),
    info('low_res_masks', ['n', 'm', 'h', 'w']),
  ];
  return decoder;
}

/** Nodes from orig_im_size and low-res masks to 'masks'; 'lead' are the dimensions before the size. */
function enlarge(from: string): NodeProto[] {
  return [
    node('Cast', ['orig_im_size'], 'whole_size', { to: types.int64 }),
    node('Concat', ['lead', 'whole_size'], 'sizes', { axis: 0 }),
    node('Resize', [from, '', '', 'sizes'], 'masks', { mode: 'linear' }),
  ];
}

/** samexporter's encoder with --use-preprocess: takes pixels as they are and normalises them. */
function pixelEncoder(encoder: ModelProto, elemType: number): ModelProto {
  const { graph } = encoder;
  graph.input = [info('input_image', ['image_height', 'image_width', 3], elemType)];
  graph.initializer.push(
    floats('pixel_mean', [123.675, 116.28, 103.53]),
    floats('pixel_std', [58.395, 57.12, 57.375]),
    int64s('first_axis', [0]),
  );
  graph.node.unshift(
    node('Cast', ['input_image'], 'pixels', { to: types.float }),
    node('Sub', ['pixels', 'pixel_mean'], 'centred'),
    node('Div', ['centred', 'pixel_std'], 'normalised'),
    node('Transpose', ['normalised'], 'planes', { perm: [2, 0, 1] }),
    node('Unsqueeze', ['planes', 'first_axis'], 'image'),
  );
  return encoder;
}

describe.skipIf(!haveFixtures)('a pair of SAM', () => {
  let compiled: string;
  let wanted: Answers;
  beforeAll(async () => {
    compiled = await compileFixture('sam-vit');
    wanted = await answersOf(compiled, 'sam-vit');
  });

  it("of segment-anything's own export answers as its checkpoint, given as folder or as either file", async () => {
    const folder = await newFolder();
    const encoder = await readCompiled(compiled, 'encoder');
    rename(encoder.graph, { image: 'x', image_embeddings: 'embeddings' });
    declare(encoder.graph, info('x', ['batch', 3, 256, 256]), info('embeddings', ['batch', 64, 'h', 'w']));
    await writePair(folder, encoder, officialDecoder(await readCompiled(compiled, 'decoder')), 'sam_');
    for (const path of [folder, join(folder, 'sam_encoder.onnx'), join(folder, 'sam_decoder.onnx')]) {
      const { folder: added, made } = await add(path);
      expect(made.description).toMatchObject({ family: 'sam', inputSize: 256, maskSize: 64, embeddingChannels: 64 });
      expect(made.description).toMatchObject({ maxBatch: 1, precision: 'fp32', architecture: 'onnx' });
      const found = await answersOf(added, 'sam-vit');
      for (const title in wanted.masks) expectEqual(found.masks[title]!, wanted.masks[title]!, 1e-5);
    }
  });

  it('keeps nothing of the enlarged masks, and its weights beside the graphs', async () => {
    const folder = await newFolder();
    const decoder = officialDecoder(await readCompiled(compiled, 'decoder'));
    await writePair(folder, await readCompiled(compiled, 'encoder'), decoder);
    const { folder: added } = await add(folder);
    const { graph } = await readCompiled(added, 'decoder');
    expect(graph.node.map(({ opType }) => opType)).not.toContain('Resize');
    expect(graph.input.map(({ name }) => name)).not.toContain('orig_im_size');
    expect(graph.output.map(({ name }) => name)).toEqual(['low_res_masks', 'iou_predictions']);
    expect((await readdir(added)).sort()).toEqual(
      ['decoder.onnx', 'decoder.onnx.data', 'encoder.onnx', 'encoder.onnx.data', 'model.json'].sort(),
    );
  });

  it('whose encoder normalises pixels answers alike, its padding included', async () => {
    const folder = await newFolder();
    const encoder = pixelEncoder(await readCompiled(compiled, 'encoder'), types.float);
    await writePair(folder, encoder, officialDecoder(await readCompiled(compiled, 'decoder')), 'sam.');
    const found = await answersOf((await add(folder)).folder, 'sam-vit');
    expect(relativeError(found.embedding, wanted.embedding)).toBeLessThan(1e-4);
    // What rounding remains, the random weights' sharp attention multiplies.
    for (const title in wanted.masks) expectEqual(found.masks[title]!, wanted.masks[title]!, 1e-2);
  });

  it('whose encoder takes bytes differs by their rounding', async () => {
    const folder = await newFolder();
    const encoder = pixelEncoder(await readCompiled(compiled, 'encoder'), types.uint8);
    await writePair(folder, encoder, officialDecoder(await readCompiled(compiled, 'decoder')));
    const found = await answersOf((await add(folder)).folder, 'sam-vit');
    expect(relativeError(found.embedding, wanted.embedding)).toBeLessThan(0.1);
  });

  it('exported with --return-single-mask has one answer', async () => {
    const folder = await newFolder();
    const decoder = officialDecoder(await readCompiled(compiled, 'decoder'), 1);
    await writePair(folder, await readCompiled(compiled, 'encoder'), decoder);
    const found = await answersOf((await add(folder)).folder, 'sam-vit');
    expect(found.masks.click!.candidates).toHaveLength(1);
    expect(found.masks.box!.candidates).toHaveLength(1);
  });

  it("that has the package's contract already keeps its batch", async () => {
    const folder = await newFolder();
    await writeWithWeights(join(folder, 'encoder.onnx'), await readCompiled(compiled, 'encoder'), 'encoder_data.bin');
    await writeWithWeights(join(folder, 'decoder.onnx'), await readCompiled(compiled, 'decoder'), 'decoder_data.bin');
    const { folder: added, made } = await add(folder);
    expect(made.description.maxBatch).toBeUndefined();
    const found = await answersOf(added, 'sam-vit');
    for (const title in wanted.masks) expectEqual(found.masks[title]!, wanted.masks[title]!, 1e-6);
  });

  it('is prepared for as a config says', async () => {
    const folder = await newFolder();
    await writePair(folder, await readCompiled(compiled, 'encoder'), await readCompiled(compiled, 'decoder'));
    const preparation = { mean: [0, 0, 0], std: [1, 1, 1] };
    const { made } = await add(folder, { config: { preparation } });
    expect(made.description.preparation).toMatchObject({
      ...preparation,
      valueRange: [0, 255],
      resize: 'longest-side',
    });
    await expect(add(folder, { config: { heads: 8 } })).rejects.toMatchObject({ code: 'checkpoint-unsupported' });
  });

  it('is not converted to another precision', async () => {
    const folder = await newFolder();
    await writePair(folder, await readCompiled(compiled, 'encoder'), await readCompiled(compiled, 'decoder'));
    await expect(add(folder, { precision: 'fp16' })).rejects.toMatchObject({ code: 'checkpoint-unsupported' });
  });
});

describe.skipIf(!haveFixtures)('a pair of SAM 2', () => {
  const name = 'sam2.1-hiera';
  let compiled: string;
  let wanted: Answers;
  beforeAll(async () => {
    compiled = await compileFixture(name);
    wanted = await answersOf(compiled, name);
  });

  const features = {
    image_embeddings: 'image_embed',
    high_res_features_0: 'high_res_feats_0',
    high_res_features_1: 'high_res_feats_1',
  };

  async function encoder(): Promise<ModelProto> {
    const model = await readCompiled(compiled, 'encoder');
    rename(model.graph, features);
    return model;
  }

  /** samexporter's names; it pads the points by itself, and leaves out the first of the four masks. */
  async function decoder({ firstMask }: { firstMask: 0 | 1 }): Promise<ModelProto> {
    const model = await readCompiled(compiled, 'decoder');
    const { graph } = model;
    const inner = { point_coords: 'padded_coords', point_labels: 'padded_labels' };
    rename(graph, { ...features, ...inner, low_res_masks: 'all_masks', iou_predictions: 'all_scores' });
    graph.input = [
      ...graph.input.filter(({ name }) => !name.startsWith('padded_')),
      info('point_coords', ['num_labels', 'num_points', 2]),
      info('point_labels', ['num_labels', 'num_points'], types.int32),
    ];
    graph.initializer.push(
      floats('padding_point', [0, 0], [1, 1, 2]),
      floats('padding_label', [-1], [1, 1]),
      ...[int64s('first', [firstMask]), int64s('last', [4]), int64s('mask_axis', [1])],
    );
    graph.node.unshift(
      node('Cast', ['point_labels'], 'float_labels', { to: types.float }),
      node('Concat', ['point_coords', 'padding_point'], 'padded_coords', { axis: 1 }),
      node('Concat', ['float_labels', 'padding_label'], 'padded_labels', { axis: 1 }),
    );
    graph.node.push(
      node('Slice', ['all_masks', 'first', 'last', 'mask_axis'], 'masks'),
      node('Slice', ['all_scores', 'first', 'last', 'mask_axis'], 'iou_predictions'),
    );
    graph.output = [info('masks', ['num_labels', 'm', 64, 64]), info('iou_predictions', ['num_labels', 4 - firstMask])];
    return model;
  }

  it('with the three masks for ambiguous prompts answers a click as its checkpoint', async () => {
    const folder = await newFolder();
    await writePair(folder, await encoder(), await decoder({ firstMask: 1 }), 'sam2_hiera_tiny.');
    const { folder: added, made } = await add(folder);
    expect(made.description).toMatchObject({ family: 'sam2', maxBatch: 1, preparation: { resize: 'square' } });
    const found = await answersOf(added, name);
    expectEqual(found.masks.click!, wanted.masks.click!, 1e-5);
    // The best of the three stands for the single mask, and is not shown twice.
    const scores = found.masks.box!.candidates.map(({ predictedIou }) => predictedIou);
    expect(new Set(scores).size).toBe(scores.length);
    expect(scores.length).toBeGreaterThan(0);
  });

  it('with all masks, at the size of the image, answers every prompt as its checkpoint', async () => {
    const folder = await newFolder();
    const model = await decoder({ firstMask: 0 });
    const { graph } = model;
    rename(graph, { masks: 'small_masks' });
    graph.input.push(info('orig_im_size', [2], types.int32));
    graph.initializer.push(int64s('lead', [1, 4]));
    graph.node.push(...enlarge('small_masks'));
    graph.output[0] = info('masks', ['n', 4, 'height', 'width']);
    await writePair(folder, await encoder(), model);
    const { folder: added, made } = await add(folder);
    expect(made.description.maskSize).toBe(64);
    const found = await answersOf(added, name);
    for (const title in wanted.masks) expectEqual(found.masks[title]!, wanted.masks[title]!, 1e-5);
  });

  it('does not go together with an encoder of SAM', async () => {
    const folder = await newFolder();
    const sam = await compileFixture('sam-vit');
    await writePair(folder, await readCompiled(sam, 'encoder'), await decoder({ firstMask: 1 }));
    await expect(add(folder)).rejects.toMatchObject({ code: 'checkpoint-unsupported' });
  });
});

describe('what is no pair', () => {
  /** The smallest graphs with the right ports; they are never run. */
  function small(inputs: ReturnType<typeof info>[], outputs: ReturnType<typeof info>[]): ModelProto {
    const nodes = outputs.map(({ name }) => node('Identity', [inputs[0]!.name], name));
    const graph = { name: 'g', node: nodes, initializer: [], input: inputs, output: outputs };
    return { irVersion: 8, opsetImport: [{ domain: '', version: 17 }], producerName: '', producerVersion: '', graph };
  }
  const smallEncoder = () => small([info('x', [1, 3, 64, 64])], [info('image_embeddings', [1, 8, 4, 4])]);
  const smallDecoder = () =>
    small(
      [
        info('image_embeddings', [1, 8, 4, 4]),
        info('point_coords', [1, 'n', 2]),
        info('point_labels', [1, 'n']),
        info('mask_input', [1, 1, 16, 16]),
        info('has_mask_input', [1]),
      ],
      [info('low_res_masks', [1, 4, 16, 16]), info('iou_predictions', [1, 4])],
    );

  async function refused(change: (encoder: ModelProto, decoder: ModelProto, folder: string) => unknown) {
    const folder = await newFolder();
    const [encoder, decoder] = [smallEncoder(), smallDecoder()];
    await change(encoder, decoder, folder);
    await writePair(folder, encoder, decoder);
    return add(folder).then(
      () => Promise.reject(new Error('it was added')),
      (error: unknown) => error as { code: string; message: string },
    );
  }

  it('but for nothing, they would be taken', async () => {
    const folder = await newFolder();
    await writePair(folder, smallEncoder(), smallDecoder());
    expect((await add(folder)).made.description).toMatchObject({ inputSize: 64, maskSize: 16, embeddingChannels: 8 });
  });

  it('a folder without graphs, a lone graph, too many graphs', async () => {
    const folder = await newFolder();
    await expect(add(folder)).rejects.toMatchObject({ code: 'checkpoint-unsupported' });
    await writeFile(join(folder, 'encoder.onnx'), encodeModel(smallEncoder()));
    await expect(add(folder)).rejects.toMatchObject({ code: 'checkpoint-unsupported' });
    await expect(add(join(folder, 'encoder.onnx'))).rejects.toMatchObject({ code: 'checkpoint-unsupported' });
    for (const name of ['a.onnx', 'b.onnx']) await writeFile(join(folder, name), encodeModel(smallDecoder()));
    await expect(add(folder)).rejects.toThrow('a.onnx, b.onnx, encoder.onnx');
  });

  it('among many, that of the same name is taken', async () => {
    const folder = await newFolder();
    for (const stem of ['vit_b.', 'vit_h.']) await writePair(folder, smallEncoder(), smallDecoder(), stem);
    await expect(add(folder)).rejects.toMatchObject({ code: 'checkpoint-unsupported' });
    const { made } = await add(join(folder, 'vit_b.decoder.onnx'));
    expect(made.description.family).toBe('sam');
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['text', Buffer.from('this is no graph, it is some text of a certain length')],
    ['a graph that was cut', Buffer.from(encodeModel(smallEncoder())).subarray(0, 60)],
    ['zeros', Buffer.alloc(4096)],
  ])('bytes that are no graph: %s', async (_, bytes) => {
    const folder = await newFolder();
    await writePair(folder, smallEncoder(), smallDecoder());
    await writeFile(join(folder, 'encoder.onnx'), bytes);
    await expect(add(folder)).rejects.toMatchObject({
      code: 'checkpoint-invalid',
      path: join(folder, 'encoder.onnx'),
    });
  });

  it('other inputs and outputs, which are told', async () => {
    const error = await refused((_, { graph }) => graph.input.push(info('interm_embeddings', [4, 1, 64, 64, 768])));
    expect(error.code).toBe('checkpoint-unsupported');
    expect(error.message).toContain('interm_embeddings float [4,1,64,64,768]');
    expect(error.message).toContain('Expected is');
    const single = await refused((_, { graph }) => (graph.output = [info('masks', [1, 1, 64, 64])]));
    expect(single.code).toBe('checkpoint-unsupported');
  });

  it('a decoder of a fixed number of points, a batch of more than one', async () => {
    const points = await refused((_, { graph }) => (graph.input[1] = info('point_coords', [1, 5, 2])));
    expect(points.code).toBe('checkpoint-unsupported');
    const batch = await refused((_, { graph }) => (graph.input[0] = info('image_embeddings', [4, 8, 4, 4])));
    expect(batch.code).toBe('checkpoint-unsupported');
  });

  it('an encoder and a decoder of different models', async () => {
    const error = await refused(({ graph }) => (graph.output = [info('image_embeddings', [1, 16, 4, 4])]));
    expect(error.code).toBe('checkpoint-unsupported');
    expect(error.message).toContain('channels of the embedding: 8, 16');
  });

  it('sizes that nobody tells', async () => {
    const free = ({ graph }: ModelProto, { graph: decoder }: ModelProto) => {
      graph.input = [info('x', [1, 3, 'h', 'w'])];
      graph.output = [info('image_embeddings', [1, 8, 'h', 'w'])];
      decoder.input[0] = info('image_embeddings', [1, 8, 'h', 'w']);
      decoder.input[3] = info('mask_input', [1, 1, 'h', 'w']);
      decoder.output[0] = info('low_res_masks', [1, 4, 'h', 'w']);
    };
    expect((await refused(free)).message).toContain('side of the input');
    const folder = await newFolder();
    const [encoder, decoder] = [smallEncoder(), smallDecoder()];
    free(encoder, decoder);
    await writePair(folder, encoder, decoder);
    const { made } = await add(folder, { config: { inputSize: 128 } });
    expect(made.description).toMatchObject({ inputSize: 128, maskSize: 32 });
  });

  it('operators of domains that are not known, inside of branches, too', async () => {
    const custom = { ...node('Steal', ['x'], 'stolen'), domain: 'com.example' };
    const error = await refused(({ graph }) => graph.node.push(custom));
    expect(error.code).toBe('checkpoint-unsupported');
    expect(error.message).toContain('com.example.Steal');
    const inBranch = await refused(({ graph }) => {
      const branch = { name: 'then', node: [custom], initializer: [], input: [], output: [info('stolen', [1])] };
      const attribute = [{ name: 'then_branch', type: 5, g: branch }];
      graph.node.push({ ...node('If', ['x'], 'y'), attribute });
    });
    expect(inBranch.message).toContain('com.example.Steal');
  });

  it('an opset that is too old', async () => {
    const error = await refused((encoder) => (encoder.opsetImport = [{ domain: '', version: 9 }]));
    expect(error.code).toBe('checkpoint-unsupported');
    expect(error.message).toContain('opset 9');
  });

  it.each([
    ['above', '../secret.bin', 'outside'],
    ['hidden above', 'a/../../secret.bin', 'outside'],
    ['absolute', '/etc/hostname', 'outside'],
    ['of Windows', 'C:\\secret.bin', 'outside'],
    ['above, of Windows', '..\\secret.bin', 'outside'],
    ['over a link', 'link.bin', 'outside'],
    ['nowhere', 'missing.bin', 'not beside it'],
    ['none', '', 'outside'],
    ['a folder', 'folder', 'no file'],
    ['too short', 'short.bin', 'which has 8'],
  ])('weights that are %s', async (_, location, reason) => {
    const error = await refused(async ({ graph }, _decoder, folder) => {
      await writeFile(join(work, 'secret.bin'), Buffer.alloc(4096));
      await symlink(join(work, 'secret.bin'), join(folder, 'link.bin'));
      await mkdir(join(folder, 'folder'));
      await writeFile(join(folder, 'short.bin'), Buffer.alloc(8));
      const externalData = [
        { key: 'location', value: location },
        { key: 'length', value: '4096' },
      ];
      graph.initializer.push({ name: 'w', dims: [1024], dataType: types.float, dataLocation: 1, externalData });
      graph.node.push(node('Add', ['x', 'w'], 'sum'));
      graph.output[0] = info('sum', [1, 8, 4, 4]);
    });
    expect(error.code).toBe('checkpoint-invalid');
    expect(error.message).toContain(reason);
  });
});
