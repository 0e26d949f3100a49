import type { Value } from '../graph/graphBuilder.ts';
import { GraphEditor } from '../graph/graphEditor.ts';
import { type ElementType, elementTypes, type GraphProto } from '../graph/onnxSchema.ts';
import type { PairSizes } from './onnxPairConfig.ts';
import type { EncoderSignature } from './onnxSignature.ts';

/** Contract of a package's encoder, and of what its decoder takes of it. */
export const featureNames = ['image_embeddings', 'high_res_features_0', 'high_res_features_1'] as const;

/** Gives an encoder's graph the inputs and outputs of a package's encoder (DESIGN.md, "Model package"). */
export function rewriteEncoder(graph: GraphProto, encoder: EncoderSignature, sizes: PairSizes): void {
  const { inputSize } = sizes;
  const { image, layout, normalises } = encoder;
  const editor = new GraphEditor(graph, ['image', ...featureNames]);
  const dims = [1, 3, inputSize, inputSize];
  if (layout === 'nchw' && image.type === 'float') {
    editor.input('image', dims, image.name);
  } else {
    let value = editor.input('image', dims);
    if (normalises) value = rawPixels(editor, value, sizes);
    if (image.type === 'uint8') value = editor.before('Round', [value]);
    if (image.type !== 'float') value = editor.before('Cast', [value], { to: elementTypes[image.type ?? 'float'] });
    if (layout !== 'nchw') value = editor.before('Transpose', [value], { perm: [0, 2, 3, 1] });
    if (layout === 'hwc') value = editor.before('Reshape', [value, editor.int64([inputSize, inputSize, 3])]);
    editor.feed(image.name, value);
  }
  outputFeatures(editor, encoder, sizes);
  editor.finish();
}

/**
 * 0..255 again of what the package's preparation made, for encoders that normalise by themselves. The preparation stays
 * the family's all the same: its padding has the mean's colour, which no single value could say of raw pixels.
 */
function rawPixels(editor: GraphEditor, image: Value, { preparation }: PairSizes): Value {
  const { mean, std, valueRange } = preparation;
  const [low, high] = valueRange;
  const scale = 255 / (high - low);
  const gain = editor.constant(
    'float',
    [1, 3, 1, 1],
    Float32Array.from(std, (each) => each * scale),
  );
  const offset = editor.constant(
    'float',
    [1, 3, 1, 1],
    Float32Array.from(mean, (each) => (each - low) * scale),
  );
  return editor.before('Add', [editor.before('Mul', [image, gain]), offset]);
}

function outputFeatures(editor: GraphEditor, { features }: EncoderSignature, sizes: PairSizes): void {
  const ports = [features.embedding, ...(features.highRes ?? [])];
  const shapes = featureShapes(sizes);
  ports.forEach(({ name, type }, i) => {
    editor.output(featureNames[i]!, shapes[i]!, asFloat(editor, editor.own(name), type));
  });
}

/** Of {@link featureNames}; a number of channels that is not known is free. */
export function featureShapes({ embeddingChannels, side }: PairSizes): (number | string)[][] {
  return [
    [1, embeddingChannels, side, side],
    [1, 'channels_0', 4 * side, 4 * side],
    [1, 'channels_1', 2 * side, 2 * side],
  ];
}

export function asFloat(editor: GraphEditor, value: Value, type: ElementType | null): Value {
  return type === 'float' ? value : editor.after('Cast', [value], { to: elementTypes.float });
}
