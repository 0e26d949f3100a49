import { smokePicture, smokePoints } from '../packages/smokePrediction.ts';
import type { Predictor } from '../predictor/predictor.ts';

/** What a model makes of the smoke picture on one device, and how long that takes there. */
export interface Measurement {
  /** Uncut and unsorted, by name: each tensor of the embedding, logits and predicted IoU of single clicks. */
  outputs: Map<string, Float32Array>;
  encodeMs: number;
  /** From the prompt to its masks. */
  promptMs: number;
}

/** Milliseconds that only grow. */
export type Clock = () => number;

/** A run is measured again while it is short: the shortest is the one that nothing else disturbed. */
const runs = 4;
const enoughMs = 2000;

/** @throws ModelError inference-failed */
export async function measure(predictor: Predictor, clock: Clock): Promise<Measurement> {
  const picture = smokePicture();
  const encode = () => predictor.encodeImage(picture, [0, 255]);
  const embedding = await encode();
  const outputs = new Map(Object.entries(embedding.tensors).map(([name, { data }]) => [name, data]));
  for (const [index, point] of smokePoints.entries()) {
    // One click at a time: some decoders take no more.
    const [tokens = []] = await predictor.predictBatch(embedding, [point]);
    for (const { token, logits } of tokens) outputs.set(`logits of click ${index + 1}, mask ${token}`, logits.slice());
    const ious = Float32Array.from(tokens, ({ predictedIou }) => predictedIou);
    outputs.set(`predicted IoU of click ${index + 1}`, ious);
  }
  const [click] = smokePoints;
  const prompt = { points: [{ ...click!, label: 1 as const }], box: null, mask: null };
  const predict = () => predictor.predict(embedding, prompt);
  await predict();
  return { outputs, encodeMs: await shortest(encode, clock), promptMs: await shortest(predict, clock) };
}

/** What ran before has compiled the shaders and filled the caches. */
async function shortest(work: () => Promise<unknown>, clock: Clock): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  let spent = 0;
  for (let run = 0; run < runs && spent < enoughMs; run++) {
    const started = clock();
    await work();
    const ms = clock() - started;
    best = Math.min(best, ms);
    spent += ms;
  }
  return best;
}
