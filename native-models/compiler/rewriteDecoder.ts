import type { Value } from '../graph/graphBuilder.ts';
import { GraphEditor } from '../graph/graphEditor.ts';
import { type Dimension, elementTypes, type GraphProto, int64Number } from '../graph/onnxSchema.ts';
import type { PairSizes } from './onnxPairConfig.ts';
import { fixedDim, type Port } from './onnxPorts.ts';
import type { DecoderSignature } from './onnxSignature.ts';
import { asFloat, featureNames, featureShapes } from './rewriteEncoder.ts';

const contract = [
  ...featureNames,
  ...['point_coords', 'point_labels', 'mask_input', 'has_mask_input', 'low_res_masks', 'iou_predictions'],
];

/** Gives a decoder's graph the inputs and outputs of a package's decoder (DESIGN.md, "Model package"). */
export function rewriteDecoder(graph: GraphProto, decoder: DecoderSignature, sizes: PairSizes): void {
  const { features, points, labels, mask, imageSize } = decoder;
  const pads = features.highRes !== null && padsPoints(graph, labels.name);
  const batch = takesBatches(decoder) ? 'B' : 1;
  const editor = new GraphEditor(graph, contract);
  [features.embedding, ...(features.highRes ?? [])].forEach((port, i) => {
    feed(editor, featureNames[i]!, featureShapes(sizes)[i]!, port);
  });
  feedPoints(editor, 'point_coords', [batch, 'N', 2], points, pads);
  feedPoints(editor, 'point_labels', [batch, 'N'], labels, pads);
  if (mask) {
    feed(editor, 'mask_input', [batch, 1, sizes.maskSize, sizes.maskSize], mask.input);
    feed(editor, 'has_mask_input', [batch], mask.has);
  }
  if (imageSize) editor.feed(imageSize.name, sizeOfMasks(editor, imageSize, sizes.maskSize));
  outputMasks(editor, decoder, batch, sizes);
  editor.finish();
}

/**
 * Whether the decoder takes more than one prompt at once. Exports with a name of their own for the number of prompts
 * still broadcast has_mask_input as if it were one: only what is named as a package's decoder is taken at its word.
 */
export function takesBatches({ points, labels, mask, imageSize, logits, features }: DecoderSignature): boolean {
  const prompts = [points, labels, ...(mask ? [mask.input, mask.has] : [])];
  const [batch] = points.dims ?? [];
  const ofContract = [features.embedding, ...(features.highRes ?? [])].every(({ name }, i) => name === featureNames[i]);
  const ownNames = ofContract && imageSize === null && logits.name === 'low_res_masks';
  return ownNames && typeof batch === 'string' && prompts.every(({ dims }) => dims?.[0] === batch);
}

function feed(editor: GraphEditor, name: string, dims: readonly Dimension[], port: Port): void {
  if (port.type === 'float') {
    editor.input(name, dims, port.name);
    return;
  }
  editor.feed(port.name, cast(editor, editor.input(name, dims), port));
}

function cast(editor: GraphEditor, value: Value, { type }: Port): Value {
  return type === 'float' ? value : editor.before('Cast', [value], { to: elementTypes[type ?? 'float'] });
}

/** Without the last point where the decoder pads by itself: SAM 2's prompts end with a padding point (prompt.ts). */
function feedPoints(
  editor: GraphEditor,
  name: string,
  dims: readonly Dimension[],
  port: Port,
  withoutLast: boolean,
): void {
  if (!withoutLast) return feed(editor, name, dims, port);
  const inputs = [editor.input(name, dims), ...[[0], [-1], [1]].map((each) => editor.int64(each))];
  editor.feed(port.name, cast(editor, editor.before('Slice', inputs), port));
}

/** Whether something is appended to the labels along their second axis before anything is computed of them. */
function padsPoints(graph: GraphProto, labels: string): boolean {
  const same = new Set([labels]);
  for (const { opType, input, output, attribute } of graph.node) {
    if (!input.some((name) => same.has(name))) continue;
    if (opType === 'Cast' || opType === 'Identity') for (const name of output) same.add(name);
    const axis = int64Number(attribute.find(({ name }) => name === 'axis')?.i ?? 0);
    if (opType === 'Concat' && (axis === 1 || axis === -1)) return true;
  }
  return false;
}

/** Masks enlarged to the size of the masks are what they were. Where low-res masks come out, too, this is dead. */
function sizeOfMasks(editor: GraphEditor, { type }: Port, maskSize: number): Value {
  const size = editor.constant('float', [2], Float32Array.of(maskSize, maskSize));
  return type === 'float' ? size : editor.before('Cast', [size], { to: elementTypes[type ?? 'float'] });
}

function outputMasks(
  editor: GraphEditor,
  { iou, logits }: DecoderSignature,
  batch: Dimension,
  { maskSize }: PairSizes,
): void {
  let masks = asFloat(editor, editor.own(logits.name), logits.type);
  let scores = asFloat(editor, editor.own(iou.name), iou.type);
  let count: Dimension = fixedDim(iou, 1) ?? fixedDim(logits, 1) ?? 'M';
  // The three for ambiguous prompts alone (SAM 2 exports, whose count is often free): the best of them stands in for
  // the single mask, which comes first in a package.
  if (count === 3 || (count === 'M' && logits.name === 'masks')) {
    const best = editor.after('ArgMax', [scores], { axis: 1, keepdims: 0 });
    const before = (value: Value) =>
      editor.after('Concat', [editor.after('Gather', [value, best], { axis: 1 }), value], { axis: 1 });
    masks = before(masks);
    scores = before(scores);
    count = count === 3 ? 4 : 'M';
  }
  editor.output('low_res_masks', [batch, count, maskSize, maskSize], masks);
  editor.output('iou_predictions', [batch, count], scores);
}
