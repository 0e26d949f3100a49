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
export const modelDescription = z.object({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'letters, digits, dot, dash and underscore'),
  family: z.enum(['sam', 'sam2']),
  architecture: z.string().min(1),
  version: z.union([z.string().min(1), z.number()]).transform(String),
  hyperparameters: z.record(z.string(), z.unknown()),
  /** Side of the square that the encoder sees, in pixels of model space; the decoder's masks have a quarter of it. */
  inputSize: z.number().int().positive().multipleOf(16),
  preparation: z.object({
    /** longest-side: scaled until the longest side is inputSize, then padded. square: both sides are stretched to it. */
    resize: z.enum(['longest-side', 'square']),
    resample: z.literal('bilinear-antialias'),
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
  files: z.object({ encoder: modelFile, decoder: modelFile }),
  precision: z.string().min(1),
  /** Logit from which a pixel is foreground (exclusive). */
  maskThreshold: z.number(),
  licence: z.string().min(1),
  source: z.string(),
  figures: z.record(z.string(), z.unknown()),
});

export type ModelDescription = z.infer<typeof modelDescription>;
export type Preparation = ModelDescription['preparation'];
export type ModelFileRole = keyof ModelDescription['files'];
