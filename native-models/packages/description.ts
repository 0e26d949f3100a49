import { z } from 'zod';

const modelFile = z.object({
  /** Below the package's folder; a package never reaches outside itself. */
  path: z
    .string()
    .min(1)
    .refine(
      (path) => !/^([\\/]|[a-z]:)/i.test(path) && !path.split(/[\\/]/).includes('..'),
      'must lie inside the package',
    ),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hex digits'),
  bytes: z.number().int().positive(),
});

const perChannel = z.tuple([z.number(), z.number(), z.number()]);

/** model.json of a model package. Unknown keys are kept out: what is not read here has no effect. */
export const modelDescription = z
  .object({
    name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'letters, digits, dot, dash and underscore'),
    family: z.enum(['sam', 'sam2']),
    architecture: z.string().min(1),
    version: z.union([z.string().min(1), z.number()]).transform(String),
    hyperparameters: z.record(z.string(), z.unknown()),
    /** Side of the square that the encoder sees, in pixels of model space. */
    inputSize: z.number().int().positive().multipleOf(16),
    /** Side of the decoder's masks, in cells; a quarter of the input's where it is not given, as in SAM and SAM 2. */
    maskSize: z.number().int().positive().optional(),
    preparation: z.object({
      /** longest-side: scaled until the longest side is inputSize, then padded. square: both sides are stretched to it. */
      resize: z.enum(['longest-side', 'square']),
      /** With or without the low-pass filter that keeps a reduced image free of aliasing. */
      resample: z.enum(['bilinear-antialias', 'bilinear']),
      pad: z.literal('bottom-right'),
      /** In normalised units, i.e. after mean and std. */
      padValue: z.number(),
      /** What the display range is stretched to before mean and std: [0, 1] or [0, 255]. */
      valueRange: z.tuple([z.number(), z.number()]),
      mean: perChannel,
      std: perChannel,
      order: z.literal('rgb'),
    }),
    embeddingChannels: z.number().int().positive(),
    /** The graphs, and for a graph that is large its weights in a file beside it (ONNX external data). */
    files: z.object({
      encoder: modelFile,
      decoder: modelFile,
      encoderWeights: modelFile.optional(),
      decoderWeights: modelFile.optional(),
    }),
    precision: z.string().min(1),
    /** Logit from which a pixel is foreground (exclusive). */
    maskThreshold: z.number(),
    /** How low-res logits are enlarged to the image. */
    maskResample: z.enum(['bilinear', 'bicubic']).optional(),
    /** Mask token whose logits are added to those of the best other one (SAM-HQ); absent: none. */
    hqToken: z.number().int().positive().optional(),
    /** Most prompts that the decoder takes at once; absent: any number. */
    maxBatch: z.number().int().positive().optional(),
    licence: z.string().min(1),
    source: z.string(),
    figures: z.record(z.string(), z.unknown()),
  })
  .transform((description) => ({ ...description, maskSize: description.maskSize ?? description.inputSize / 4 }));

export type ModelDescription = z.infer<typeof modelDescription>;
export type Preparation = ModelDescription['preparation'];
export type ModelFileRole = keyof ModelDescription['files'];
