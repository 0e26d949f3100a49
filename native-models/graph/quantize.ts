/**
 * Symmetric int8 weights of a linear layer, one scale an output: value ≈ scale × code, codes −127 to 127.
 * @param values [output, input], row-major
 * @returns codes [input, output], as MatMul takes its right side.
 */
export function quantizeColumns(
  values: Float32Array,
  output: number,
  input: number,
): { columns: Uint8Array; scales: Float32Array } {
  const codes = new Int8Array(values.length);
  const scales = new Float32Array(output);
  for (let row = 0; row < output && values.length > 0; row++) {
    let largest = 0;
    for (let i = row * input; i < (row + 1) * input; i++) largest = Math.max(largest, Math.abs(values[i]!));
    const scale = largest / 127 || 1;
    scales[row] = scale;
    for (let i = 0; i < input; i++) codes[i * output + row] = Math.round(values[row * input + i]! / scale);
  }
  return { columns: new Uint8Array(codes.buffer), scales };
}
