import { fedInputs } from '../graph/graphValues.ts';
import type { ModelProto } from '../graph/onnxSchema.ts';
import { ModelError } from '../packages/modelError.ts';
import { fitsShape, type Port, portOf, printedPort } from './onnxPorts.ts';

/** A graph of a pair, as it was read. */
export interface PairFile {
  path: string;
  model: ModelProto;
}

export interface EncoderSignature {
  image: Port;
  /** Of the image: one plane a colour, or one value of each colour a pixel. */
  layout: 'nchw' | 'nhwc' | 'hwc';
  /** Takes 0..255 and normalises by itself. */
  normalises: boolean;
  features: Features;
}

export interface DecoderSignature {
  features: Features;
  points: Port;
  labels: Port;
  mask: { input: Port; has: Port } | null;
  /** Size that the masks are enlarged to, [height, width]. */
  imageSize: Port | null;
  /** Logits at a quarter of the model's input; of `enlarged`, only where the size above is theirs. */
  logits: Port;
  enlarged: boolean;
  iou: Port;
}

/** What the decoder needs of an image. */
export interface Features {
  embedding: Port;
  /** SAM 2: after the decoder's 1 × 1 convolutions, the larger first. */
  highRes: [Port, Port] | null;
}

/** What exporters call the same thing: segment-anything's script, samexporter, onnxruntime's for SAM 2, and this one. */
const names = {
  embedding: ['image_embeddings', 'image_embed', 'image_embedding', 'embeddings'],
  highRes0: ['high_res_features_0', 'high_res_feats_0', 'image_features_0'],
  highRes1: ['high_res_features_1', 'high_res_feats_1', 'image_features_1'],
  points: ['point_coords'],
  labels: ['point_labels'],
  mask: ['mask_input', 'input_masks'],
  hasMask: ['has_mask_input', 'has_input_masks'],
  imageSize: ['orig_im_size', 'original_image_size'],
  lowResMasks: ['low_res_masks', 'low_res_logits'],
  masks: ['masks'],
  iou: ['iou_predictions'],
} as const;

const expected =
  'an encoder with one image [1,3,S,S] or [H,W,3] and the outputs image_embeddings (SAM 2 also high_res_feats_0, ' +
  'high_res_feats_1), and a decoder with the inputs image_embeddings, point_coords [1,N,2], point_labels [1,N], ' +
  'mask_input, has_mask_input (SAM 2 also the high_res_feats; orig_im_size may be there) and the outputs ' +
  'iou_predictions and low_res_masks (SAM 2: masks)';

/** @throws ModelError checkpoint-unsupported, with what was found and what is expected. */
export function recognisePair(files: readonly [PairFile, PairFile]): {
  encoder: EncoderSignature & { file: PairFile };
  decoder: DecoderSignature & { file: PairFile };
} {
  for (const [one, other] of [files, [files[1], files[0]]] as const) {
    const decoder = decoderSignature(one.model);
    const encoder = decoder && encoderSignature(other.model, decoder.features.highRes !== null);
    if (encoder && decoder) return { encoder: { ...encoder, file: other }, decoder: { ...decoder, file: one } };
  }
  const found = files.map(({ path, model }) => {
    const { inputs, outputs } = portsOf(model);
    const listed = (ports: readonly Port[]) => ports.slice(0, 12).map(printedPort).join(', ') || 'nothing';
    return `${path} takes ${listed(inputs)} and gives ${listed(outputs)}`;
  });
  throw new ModelError(
    'checkpoint-unsupported',
    `These two graphs are not an encoder and a decoder that are known here: ${found.join('; ')}. ` +
      `Expected is ${expected}.`,
    {
      path: files[0].path,
      remedy: "Export the model with segment-anything's own script or samexporter, or add its checkpoint instead.",
    },
  );
}

function portsOf({ graph }: ModelProto): { inputs: Port[]; outputs: Port[] } {
  return { inputs: fedInputs(graph).map(portOf), outputs: graph.output.map(portOf) };
}

function named(ports: readonly Port[], among: readonly string[], shape: readonly (number | null)[]): Port | null {
  const found = ports.find(({ name }) => among.includes(name));
  return found && found.type !== null && fitsShape(found, shape) ? found : null;
}

function featuresOf(ports: readonly Port[]): Features | null {
  const embedding = named(ports, names.embedding, [1, null, null, null]);
  if (!embedding) return null;
  const first = named(ports, names.highRes0, [1, null, null, null]);
  const second = named(ports, names.highRes1, [1, null, null, null]);
  return { embedding, highRes: first && second ? [first, second] : null };
}

function decoderSignature(model: ModelProto): DecoderSignature | null {
  const { inputs, outputs } = portsOf(model);
  const features = featuresOf(inputs);
  const points = named(inputs, names.points, [1, null, 2]);
  const labels = named(inputs, names.labels, [1, null]);
  const maskInput = named(inputs, names.mask, [1, 1, null, null]);
  const hasMask = named(inputs, names.hasMask, [1]);
  const imageSize = named(inputs, names.imageSize, [2]);
  const iou = named(outputs, names.iou, [1, null]);
  if (!features || !points || !labels || !iou) return null;
  const mask = maskInput && hasMask ? { input: maskInput, has: hasMask } : null;
  const used = [features.embedding, ...(features.highRes ?? []), points, labels, mask?.input, mask?.has, imageSize];
  if (inputs.some((input) => !used.includes(input))) return null;
  // A decoder of a fixed number of points can't take another one.
  if (typeof points.dims?.[1] === 'number' || typeof labels.dims?.[1] === 'number') return null;
  const lowRes = named(outputs, names.lowResMasks, [1, null, null, null]);
  const masks = named(outputs, names.masks, [1, null, null, null]);
  // SAM's own enlarged masks went over the padded square, and don't come back unchanged by asking for a small image.
  const logits = lowRes ?? (features.highRes || !imageSize ? masks : null);
  if (!logits) return null;
  return { features, points, labels, mask, imageSize, logits, enlarged: !lowRes && imageSize !== null, iou };
}

function encoderSignature(model: ModelProto, highRes: boolean): EncoderSignature | null {
  const { inputs, outputs } = portsOf(model);
  const [image, ...otherInputs] = inputs;
  if (!image || otherInputs.length > 0 || image.type === null) return null;
  const layout = layoutOf(image);
  let features = featuresOf(outputs);
  // The one output of an encoder needs no name to be known by.
  if (!features && outputs.length === 1 && outputs[0]!.type !== null && fitsShape(outputs[0]!, [1, null, null, null])) {
    features = { embedding: outputs[0]!, highRes: null };
  }
  if (!layout || !features || highRes !== (features.highRes !== null)) return null;
  return { image, layout, features, normalises: layout !== 'nchw' || image.type === 'uint8' };
}

function layoutOf(image: Port): EncoderSignature['layout'] | null {
  if (image.dims === null) return null;
  if (fitsShape(image, [1, 3, null, null])) return 'nchw';
  if (fitsShape(image, [1, null, null, 3])) return 'nhwc';
  return fitsShape(image, [null, null, 3]) ? 'hwc' : null;
}
