/**
 * Values of a row-major tensor with its axes in another order, as numpy's transpose: axis i of the result is axis
 * `order[i]` of the input. Nothing in, nothing out (a rehearsal has no values).
 */
export function reorder(values: Float32Array, shape: readonly number[], order: readonly number[]): Float32Array {
  if (values.length === 0) return values;
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1));
  const sides = order.map((axis) => shape[axis]!);
  const steps = order.map((axis) => strides[axis]!);
  const result = new Float32Array(values.length);
  const inner = sides.length - 1;
  const [innerSide, innerStep] = [sides[inner]!, steps[inner]!];
  const index = sides.map(() => 0);
  for (let to = 0, from = 0; to < result.length;) {
    for (let i = 0; i < innerSide; i++) result[to++] = values[from + i * innerStep]!;
    for (let axis = inner - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++index[axis]! < sides[axis]!) break;
      from -= steps[axis]! * sides[axis]!;
      index[axis] = 0;
    }
  }
  return result;
}

/** Every value times the factor of its row, where a row is what the first axis counts. */
export function scaleRows(values: Float32Array, factors: Float32Array): Float32Array {
  const length = values.length / factors.length;
  return values.map((value, i) => value * factors[Math.floor(i / length)]!);
}
