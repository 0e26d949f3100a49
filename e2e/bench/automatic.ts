import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { generateMasks } from '../../native-models/automatic/generateMasks.ts';
import { pointGrid } from '../../native-models/automatic/grid.ts';
import { ModelDecoder } from '../../native-models/automatic/modelDecoder.ts';
import { presets } from '../../native-models/automatic/presets.ts';
import { readModelPackage } from '../../native-models/packages/modelPackage.ts';
import type { ImageEmbedding } from '../../native-models/predictor/embedding.ts';
import type { PixelPlane } from '../../native-models/predictor/pixels.ts';
import { openPredictor } from '../../native-models/predictor/predictor.ts';
import { type Point, pointToModel } from '../../native-models/predictor/spaces.ts';
import { bareOptions } from './bareModel.ts';
import { type Figure, figure } from './figure.ts';

const side = 1024;
const rounds = 3;
/** Of the 32 × 32 grid every so many points, spread over the whole of it: all of them would take minutes. */
const everyNth = 11;

/**
 * What the automatic run and an encoding add to the graphs that they run: each beside bare sessions that get the same
 * batches and the same size of image in the same process, in turns.
 */
export async function measureAutomatic(modelFolder: string, threads: number): Promise<Figure[]> {
  const options = bareOptions(threads);
  const encoder = await InferenceSession.create(join(modelFolder, 'encoder.onnx'), options);
  const decoder = await InferenceSession.create(join(modelFolder, 'decoder.onnx'), options);
  const predictor = await openPredictor(await readModelPackage(modelFolder, 'embedded'), 'cpu');
  try {
    const plane = discs();
    const pixels = new Tensor('float32', new Float32Array(3 * side * side).fill(0.5), [1, 3, side, side]);
    const whole: number[] = [];
    const bare: number[] = [];
    let embedding = await predictor.encodeImage(plane, [0, 255]);
    await encoder.run({ image: pixels });
    for (let round = 0; round <= 2 * rounds; round++) {
      const ours = await timed(async () => {
        embedding = await predictor.encodeImage(plane, [0, 255]);
      });
      const theirs = await timed(() => encoder.run({ image: pixels }));
      // As below.
      if (round > 0) whole.push(ours);
      if (round > 0) bare.push(theirs);
    }
    const encoded = { encodeImage: async () => embedding, predictBatch: predictor.predictBatch.bind(predictor) };
    const { maskSize } = predictor.model.description;
    const runs: number[] = [];
    const decodes: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const source = new ModelDecoder(
        { ...encoded, maxBatch: predictor.maxBatch, model: predictor.model, device: predictor.device },
        plane,
        [0, 255],
      );
      const points = pointGrid(32)
        .filter((_, at) => at % everyNth === 5)
        .map(({ x, y }) => ({ x: x * side, y: y * side }));
      const steps = generateMasks(side, side, source, presets.particles.parameters, { points });
      let [ours, theirs] = [0, 0];
      for (;;) {
        const started = performance.now();
        const { done } = await steps.next();
        ours += performance.now() - started;
        const batch = points.splice(0, source.maxBatch);
        const feeds = feedsOf(embedding, batch, maskSize);
        if (batch.length > 0) theirs += await timed(() => decoder.run(feeds));
        if (done) break;
      }
      // The first round also compiles code on both sides.
      if (round > 0) runs.push(ours);
      if (round > 0) decodes.push(theirs);
    }
    return [
      figure('encode, from the pixels to the embedding', 'ms', whole, bare),
      figure('automatic run, from the points to the masks', 'ms', runs, decodes),
    ];
  } finally {
    await predictor.close();
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** The tensors of a batch of clicks, as the decoder's graph wants them. */
function feedsOf({ tensors, transform }: ImageEmbedding, points: readonly Point[], maskSize: number) {
  const count = points.length;
  const coords = points.flatMap((point) => {
    const { x, y } = pointToModel(transform, point);
    return [x, y, 0, 0];
  });
  const known = Object.entries(tensors).map(([name, { data, dims }]) => [name, new Tensor('float32', data, dims)]);
  return {
    ...Object.fromEntries(known),
    point_coords: new Tensor('float32', Float32Array.from(coords), [count, 2, 2]),
    point_labels: new Tensor(
      'float32',
      Float32Array.from({ length: 2 * count }, (_, i) => (i % 2 ? -1 : 1)),
      [count, 2],
    ),
    mask_input: new Tensor('float32', new Float32Array(count * maskSize ** 2), [count, 1, maskSize, maskSize]),
    has_mask_input: new Tensor('float32', new Float32Array(count), [count]),
  };
}

/** Bright discs of several sizes on a dark ground with some noise: a good part of the answers passes the filters. */
function discs(): PixelPlane {
  const data = Uint8Array.from({ length: side * side }, (_, at) => {
    const [x, y] = [at % side, Math.floor(at / side)];
    const radius = 18 + 6 * (Math.floor(x / 128) % 4);
    const isInside = Math.hypot((x % 128) - 64, (y % 128) - 64) < radius;
    return (isInside ? 170 : 60) + ((at * 2_654_435_761) >>> 28);
  });
  return { widthPx: side, heightPx: side, samples: 1, data };
}
