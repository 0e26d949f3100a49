import {
  type Dimension,
  type ElementType,
  elementTypes,
  int64Number,
  type ValueInfoProto,
} from '../graph/onnxSchema.ts';

/** An input or output of a graph that others made. */
export interface Port {
  name: string;
  /** null: none of the types that are known here. */
  type: ElementType | null;
  /** null: of any rank. */
  dims: Dimension[] | null;
}

export function portOf({ name, type }: ValueInfoProto): Port {
  const tensor = type?.tensorType;
  const found = Object.entries(elementTypes).find(([, number]) => number === tensor?.elemType);
  const dims = tensor?.shape?.dim.map(({ dimValue, dimParam }): Dimension => {
    const value = dimValue === undefined ? 0 : int64Number(dimValue);
    return value > 0 ? value : dimParam || 'free';
  });
  return { name, type: (found?.[0] as ElementType | undefined) ?? null, dims: dims ?? null };
}

/** A dimension where it is a number. */
export function fixedDim({ dims }: Port, axis: number): number | null {
  const dim = dims?.[axis];
  return typeof dim === 'number' ? dim : null;
}

/** Whether a port may have the shape: null stands for any dimension. Free dimensions fit every number. */
export function fitsShape({ dims }: Port, shape: readonly (number | null)[]): boolean {
  if (dims === null) return true;
  if (dims.length !== shape.length) return false;
  return shape.every((wanted, axis) => wanted === null || typeof dims[axis] === 'string' || dims[axis] === wanted);
}

/** 'mask_input float [1,1,256,256]' */
export function printedPort({ name, type, dims }: Port): string {
  return `${name} ${type ?? 'of another type'} ${dims ? `[${dims.join(',')}]` : 'of any shape'}`;
}
