import type { ModelDescription, Preparation } from '../packages/description.ts';

/**
 * Image space: pixels of the original plane, x right, y down; pixel (i, j) covers [i, i+1) × [j, j+1).
 * Model space: pixels of the square that the encoder sees; the scaled plane lies at its top left, the rest is padding.
 * The two meet in this module only; names of values say which space they are in (`pointImage`, `pointModel`).
 */
export interface ImageToModel {
  resize: Preparation['resize'];
  /** Size of the plane, pixels of image space. */
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

/** The transform for a plane of `widthImage` × `heightImage` pixels (segment-anything, ResizeLongestSide). */
export function imageToModel(
  widthImage: number,
  heightImage: number,
  { inputSize, preparation }: Pick<ModelDescription, 'inputSize' | 'preparation'>,
): ImageToModel {
  const { resize } = preparation;
  if (resize === 'square') {
    return { resize, widthImage, heightImage, widthModel: inputSize, heightModel: inputSize, inputSize };
  }
  const scale = inputSize / Math.max(widthImage, heightImage);
  // A needle of a plane keeps at least one row.
  const side = (length: number) => Math.max(1, Math.floor(length * scale + 0.5));
  return { resize, widthImage, heightImage, widthModel: side(widthImage), heightModel: side(heightImage), inputSize };
}

export function pointToModel(transform: ImageToModel, pointImage: Point): Point {
  return {
    x: (pointImage.x * transform.widthModel) / transform.widthImage,
    y: (pointImage.y * transform.heightModel) / transform.heightImage,
  };
}

export function pointToImage(transform: ImageToModel, pointModel: Point): Point {
  return {
    x: (pointModel.x * transform.widthImage) / transform.widthModel,
    y: (pointModel.y * transform.heightImage) / transform.heightModel,
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
