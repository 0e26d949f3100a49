const clear = 256;
const end = 257;
const maxCodes = 4096;

/**
 * LZW as in TIFF 6.0, section 13: codes of 9 to 12 bits, highest bit first, one bit wider one code early. The old kind
 * that some programs wrote before 1990 (lowest bit first) is recognised by its first bytes and refused.
 * O(n); the table keeps for each code where its string begins in what has been written.
 */
export function decodeLzw(bytes: Uint8Array, expected: number): Uint8Array {
  if (bytes[0] === 0 && bytes[1]! & 1) throw new Error('old-style LZW');
  const out = new Uint8Array(expected);
  const starts = new Int32Array(maxCodes);
  const lengths = new Int32Array(maxCodes);
  let next = end + 1;
  let width = 9;
  // Where the previous string was written, and its length; 0: there is none.
  let previousAt = 0;
  let previousLength = 0;
  let to = 0;
  let bits = 0;
  let held = 0;
  for (let from = 0; to < expected;) {
    while (held < width) {
      if (from >= bytes.length) return out.subarray(0, to);
      // Only the lowest 24 bits matter.
      bits = ((bits << 8) | bytes[from++]!) & 0xffffff;
      held += 8;
    }
    held -= width;
    const code = (bits >> held) & ((1 << width) - 1);
    if (code === end) break;
    if (code === clear) {
      next = end + 1;
      width = 9;
      previousLength = 0;
      continue;
    }
    const at = to;
    if (code < clear) {
      out[to++] = code;
    } else {
      // The code being made now: the previous string and its first byte again, which lie right there.
      const isNew = code === next;
      if (previousLength === 0 || code > next || next > maxCodes || (isNew && next === maxCodes)) {
        throw new Error('a code that is not in the table');
      }
      let source = isNew ? previousAt : starts[code]!;
      const stop = Math.min(expected, to + (isNew ? previousLength + 1 : lengths[code]!));
      while (to < stop) out[to++] = out[source++]!;
    }
    if (previousLength > 0 && next < maxCodes) {
      // The new string is the previous one and the byte after it: both written, one after the other.
      starts[next] = previousAt;
      lengths[next] = previousLength + 1;
      next++;
      if (next >= (1 << width) - 1 && width < 12) width++;
    }
    previousAt = at;
    previousLength = to - at;
  }
  return out.subarray(0, to);
}
