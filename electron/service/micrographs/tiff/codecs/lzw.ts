const clear = 256;
const end = 257;
const maxCodes = 4096;
/** Bytes that are copied of each string, however short it is: a loop of unknown length for 2 bytes takes longer. */
const copiedAtOnce = 4;
const countedBits = 2 ** 30;

/**
 * LZW as in TIFF 6.0, section 13: codes of 9 to 12 bits, highest bit first, one bit wider one code early. The old kind
 * that some programs wrote before 1990 (lowest bit first) is recognised by its first bytes and refused.
 * O(n); the table keeps for each code where its string begins in what has been written. All 256 bytes are written
 * before anything else, so that single bytes are strings like the others.
 */
export function decodeLzw(bytes: Uint8Array, expected: number): Uint8Array {
  if (bytes[0] === 0 && bytes[1]! & 1) throw new Error('old-style LZW');
  const stop = clear + expected;
  const out = new Uint8Array(stop + copiedAtOnce);
  const written = new DataView(out.buffer);
  // With room for the last code to be read as four bytes.
  const given = new Uint8Array(bytes.length + 4);
  given.set(bytes);
  const codes = new DataView(given.buffer);
  const starts = new Int32Array(maxCodes);
  const lengths = new Int32Array(maxCodes);
  for (let byte = 0; byte < clear; byte++) {
    out[byte] = byte;
    starts[byte] = byte;
    lengths[byte] = 1;
  }
  let next = end + 1;
  let width = 9;
  // Where the previous string was written, and its length; 0: there is none.
  let previousAt = 0;
  let previousLength = 0;
  let to = clear;
  // The bits are counted from the byte `from` on, which moves ahead now and then: counts of 32 bits are fast.
  let from = 0;
  let bits = 8 * bytes.length;
  for (let bit = 0; to < stop && bit + width <= bits;) {
    if (bit >= countedBits) {
      from += countedBits / 8;
      bits -= countedBits;
      bit -= countedBits;
    }
    const code = (codes.getInt32(from + (bit >> 3)) >> (32 - width - (bit & 7))) & ((1 << width) - 1);
    bit += width;
    if (code === end) break;
    if (code === clear) {
      next = end + 1;
      width = 9;
      previousLength = 0;
      continue;
    }
    if (previousLength > 0 && next < maxCodes) {
      // The new string is the previous one and the byte after it: both lie there, one after the other, once this one is
      // written, which may be the new one itself.
      starts[next] = previousAt;
      lengths[next] = previousLength + 1;
      next++;
      if (next >= (1 << width) - 1 && width < 12) width++;
    }
    if (code >= next) throw new Error('a code that is not in the table');
    const source = starts[code]!;
    const length = lengths[code]!;
    // The first byte by itself: it may be the last one of this very string, where that is the new one.
    out[to] = out[source]!;
    written.setInt32(to, written.getInt32(source));
    if (length > copiedAtOnce) {
      const count = Math.min(length, stop - to);
      for (let i = copiedAtOnce; i < count; i++) out[to + i] = out[source + i]!;
    }
    previousAt = to;
    previousLength = length;
    to += length;
  }
  return out.subarray(clear, Math.min(to, stop));
}
