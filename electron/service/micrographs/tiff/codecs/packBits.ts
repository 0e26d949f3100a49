/** PackBits (TIFF 6.0, section 9): n ≥ 0 copies n + 1 bytes, n < 0 repeats one byte 1 - n times, -128 does nothing. */
export function decodePackBits(bytes: Uint8Array, expected: number): Uint8Array {
  const out = new Uint8Array(expected);
  let to = 0;
  for (let from = 0; from < bytes.length && to < expected;) {
    const n = (bytes[from++]! << 24) >> 24;
    if (n >= 0) {
      if (from + n + 1 > bytes.length) throw new Error('a run goes beyond the end of its block');
      out.set(bytes.subarray(from, from + Math.min(n + 1, expected - to)), to);
      from += n + 1;
      to += n + 1;
    } else if (n !== -128) {
      if (from >= bytes.length) throw new Error('a run goes beyond the end of its block');
      out.fill(bytes[from++]!, to, to + 1 - n);
      to += 1 - n;
    }
  }
  return out.subarray(0, Math.min(to, expected));
}
