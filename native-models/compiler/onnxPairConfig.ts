import { z } from 'zod';
import { readConfig } from '../architectures/config.ts';
import { sam2Preparation, samPreparation } from '../architectures/preparations.ts';
import type { ModelDescription, Preparation } from '../packages/description.ts';
import { ModelError } from '../packages/modelError.ts';
import type { ArchitectureConfig } from './contract.ts';
import { fixedDim, type Port } from './onnxPorts.ts';
import type { DecoderSignature, EncoderSignature } from './onnxSignature.ts';

/** As model.json and `--config` files name a pair of graphs. */
export const pairArchitecture = 'onnx';

const triple = z.tuple([z.number(), z.number(), z.number()]);

const schema = z.strictObject({
  inputSize: z.number().int().positive().optional(),
  maskSize: z.number().int().positive().optional(),
  embeddingChannels: z.number().int().positive().optional(),
  /** Of an encoder that was made for pixels prepared in another way; what is left out is as the family publishes it. */
  preparation: z
    .strictObject({
      resize: z.enum(['longest-side', 'square']),
      resample: z.enum(['bilinear-antialias', 'bilinear']),
      padValue: z.number(),
      valueRange: z.tuple([z.number(), z.number()]),
      mean: triple,
      std: triple,
    })
    .partial()
    .optional(),
});

export interface PairSizes {
  inputSize: number;
  maskSize: number;
  embeddingChannels: number;
  /** Side of the embedding. */
  side: number;
  preparation: Preparation;
}

/** Both families have an embedding of a sixteenth and masks of a quarter of the input. */
const stride = 16;
const maskStride = 4;

/**
 * The sizes that the graphs tell, the rest as the config says.
 * @throws ModelError checkpoint-unsupported: they contradict one another, or nobody says.
 */
export function pairSizes(
  encoder: EncoderSignature,
  decoder: DecoderSignature,
  family: ModelDescription['family'],
  given: ArchitectureConfig | null,
): PairSizes {
  const config = readConfig(pairArchitecture, schema, given);
  const { embedding } = decoder.features;
  const [x, y] = { nchw: [2, 3], nhwc: [1, 2], hwc: [0, 1] }[encoder.layout] as [number, number];
  const sidesOf = (port: Port | undefined, times: number) =>
    port ? [times * (fixedDim(port, 2) ?? 0), times * (fixedDim(port, 3) ?? 0)] : [];
  const inputSize = agreed('the side of the input', config?.inputSize, [
    ...[fixedDim(encoder.image, x), fixedDim(encoder.image, y)],
    ...sidesOf(embedding, stride),
    ...sidesOf(encoder.features.embedding, stride),
    ...sidesOf(decoder.mask?.input, maskStride),
  ]);
  const maskSides = [...sidesOf(decoder.mask?.input, 1), ...(decoder.enlarged ? [] : sidesOf(decoder.logits, 1))];
  const maskSize = agreed('the side of the masks', config?.maskSize ?? inputSize / maskStride, maskSides);
  const embeddingChannels = agreed('the channels of the embedding', config?.embeddingChannels, [
    fixedDim(embedding, 1),
    fixedDim(encoder.features.embedding, 1),
  ]);
  if (inputSize % stride !== 0) throw unsupported(`The side of the input, ${inputSize}, is no multiple of ${stride}.`);
  const published = family === 'sam2' ? sam2Preparation : samPreparation;
  return {
    inputSize,
    maskSize,
    embeddingChannels,
    side: inputSize / stride,
    preparation: { ...published, ...withoutUndefined(config?.preparation ?? {}) },
  };
}

/** What the graphs say (null and 0: nothing), or else what is known besides. */
function agreed(what: string, otherwise: number | undefined, found: readonly (number | null)[]): number {
  const [size = otherwise, ...others] = new Set(found.filter((each) => each !== null && each !== 0));
  if (others.length > 0) throw unsupported(`The graphs disagree about ${what}: ${[size, ...others].join(', ')}.`);
  if (size === undefined || size === null) {
    throw unsupported(`The graphs don't say ${what}.`);
  }
  return size;
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(object: T): Defined<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Defined<T>;
}

function unsupported(message: string): ModelError {
  return new ModelError('checkpoint-unsupported', message, {
    remedy:
      'Use an encoder and a decoder of one model; where their shapes are free, tell inputSize and embeddingChannels in ' +
      'a file given as --config.',
  });
}
