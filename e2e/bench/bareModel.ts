import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';

/** The shipped model without anything around it: two onnxruntime sessions on the CPU, inputs of random numbers. */
export interface BareModel {
  name: string;
  /** Milliseconds of one encoder run. */
  encode(): Promise<number>;
  /** Milliseconds of one decoder run for one click. */
  decode(): Promise<number>;
}

/**
 * onnxruntime's defaults, but for threads that go on spinning after a run: a run is as fast without them, and what is
 * measured right after it, beside it, does not find its cores taken.
 */
export function bareOptions(threads: number): InferenceSession.SessionOptions {
  return {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    extra: { session: { force_spinning_stop: '1' } },
  };
}

export async function openBareModel(folder: string, threads: number): Promise<BareModel> {
  const {
    name,
    inputSize,
    maskSize = inputSize / 4,
  } = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')) as {
    name: string;
    inputSize: number;
    maskSize?: number;
  };
  const options = bareOptions(threads);
  const encoder = await InferenceSession.create(join(folder, 'encoder.onnx'), options);
  const decoder = await InferenceSession.create(join(folder, 'decoder.onnx'), options);
  const pixels = Float32Array.from({ length: 3 * inputSize * inputSize }, (_, i) => Math.sin(i * 0.37));
  const image = new Tensor('float32', pixels, [1, 3, inputSize, inputSize]);
  const embedding = await encoder.run({ [encoder.inputNames[0]!]: image });
  const side = maskSize;
  const prompt = {
    point_coords: new Tensor('float32', Float32Array.of(inputSize / 3, inputSize / 3, 0, 0), [1, 2, 2]),
    point_labels: new Tensor('float32', Float32Array.of(1, -1), [1, 2]),
    mask_input: new Tensor('float32', new Float32Array(side * side), [1, 1, side, side]),
    has_mask_input: new Tensor('float32', Float32Array.of(0), [1]),
  };
  return {
    name,
    async encode() {
      const start = performance.now();
      await encoder.run({ [encoder.inputNames[0]!]: image });
      return performance.now() - start;
    },
    async decode() {
      const feeds = Object.fromEntries(
        decoder.inputNames.map((input) => [input, prompt[input as keyof typeof prompt] ?? embedding[input]!]),
      );
      const start = performance.now();
      await decoder.run(feeds);
      return performance.now() - start;
    },
  };
}
