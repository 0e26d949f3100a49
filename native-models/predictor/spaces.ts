import type { ModelDescription, Preparation } from '../packages/description.ts';

/**
 * Image space: pixels of the original plane, x right, y down; pixel (i, j) covers [i, i+1) × [j, j+1).
 * Model space: pixels of the square that the encoder sees; the scaled plane lies at its top left, the rest is padding.
 * The two meet in this module only; names of values say which space they are in (`pointImage`, `pointModel`).
 */
export interface ImageToModel {
  resize: Preparation['resize'];
  /** Top left of what is encoded, in image space: (0, 0) for a whole plane. */
  origin: Point;
  /** Size of what is encoded, the plane or a part of it, pixels of image space. */
  widthImage: number;
  heightImage: number;
  /** Size of the scaled plane, pixels of model space. */
  widthModel: number;
  heightModel: number;
  /** Side of the square, pixels of model space. */
  inputSize: number;
}

export interface Point {
  x: number;
  y: number;
}

/**
 * The transform for a plane of `widthImage` × `heightImage` pixels (segment-anything, ResizeLongestSide), or for a part of
 * one that begins at `origin`.
 */
export function imageToModel(
  widthImage: number,
  heightImage: number,
  { inputSize, preparation }: Pick<ModelDescription, 'inputSize' | 'preparation'>,
  origin: Point = { x: 0, y: 0 },
): ImageToModel {
  const { resize } = preparation;
  const size = { resize, origin, widthImage, heightImage, inputSize };
  if (resize === 'square') return { ...size, widthModel: inputSize, heightModel: inputSize };
  const scale = inputSize / Math.max(widthImage, heightImage);
  // A needle of a plane keeps at least one row.
  const side = (length: number) => Math.max(1, Math.floor(length * scale + 0.5));
  return { ...size, widthModel: side(widthImage), heightModel: side(heightImage) };
}

export function pointToModel(transform: ImageToModel, pointImage: Point): Point {
  return {
    x: ((pointImage.x - transform.origin.x) * transform.widthModel) / transform.widthImage,
    y: ((pointImage.y - transform.origin.y) * transform.heightModel) / transform.heightImage,
  };
}

export function pointToImage(transform: ImageToModel, pointModel: Point): Point {
  return {
    x: transform.origin.x + (pointModel.x * transform.widthImage) / transform.widthModel,
    y: transform.origin.y + (pointModel.y * transform.heightImage) / transform.heightModel,
  };
}

/** The part of low-res logits that the plane reaches, at their top left; the rest is padding and says nothing. */
export interface LowResExtent {
  columns: number;
  rows: number;
  /** Length of a row of the logits, padding included. */
  stride: number;
}

/** @param lowSide side of the low-res masks, in cells. */
export function lowResExtent(transform: ImageToModel, lowSide: number): LowResExtent {
  const cell = transform.inputSize / lowSide;
  return {
    columns: Math.ceil(transform.widthModel / cell),
    rows: Math.ceil(transform.heightModel / cell),
    stride: lowSide,
  };
}

/** Whether two embeddings cover the same place of a plane in the same way. */
export function sameTransform(a: ImageToModel, b: ImageToModel): boolean {
  return (
    a.origin.x === b.origin.x &&
    a.origin.y === b.origin.y &&
    a.widthImage === b.widthImage &&
    a.heightImage === b.heightImage &&
    a.inputSize === b.inputSize &&
    a.resize === b.resize
  );
}
