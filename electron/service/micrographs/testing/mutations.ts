/** A seeded generator of numbers in [0, 1): mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Numbers that sizes and offsets break on. */
const extremes = [0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/**
 * A damaged copy of a file, as disks, cables and attackers make them: bits, bytes and numbers changed (most of them where
 * headers lie: at the beginning and the end), spans blanked, moved or doubled, the end cut off.
 */
export function mutate(file: Buffer, random: () => number): Buffer {
  const below = (most: number) => Math.floor(random() * most);
  // Headers lie in the first, directories often in the last kilobyte.
  const place = () => {
    const where = random();
    if (where < 0.45) return below(Math.min(file.length, 1024));
    return where < 0.7 ? Math.max(0, file.length - 1 - below(2048)) : below(file.length);
  };
  const bytes = Buffer.from(file);
  const kind = below(8);
  if (kind === 0) return bytes.subarray(0, below(file.length));
  if (kind === 1) {
    const [from, length] = [place(), 1 + below(512)];
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + length)]);
  }
  if (kind === 2) {
    const [from, length] = [place(), 1 + below(512)];
    return Buffer.concat([bytes.subarray(0, from + length), bytes.subarray(from)]);
  }
  if (kind === 3) {
    const from = place();
    bytes.fill(random() < 0.5 ? 0 : 0xff, from, Math.min(bytes.length, from + 1 + below(256)));
    return bytes;
  }
  for (let change = 0; change <= below(kind === 4 ? 40 : 4); change++) {
    const at = place();
    if (kind <= 5) bytes[at] = bytes[at]! ^ (1 << below(8));
    else if (kind === 6) bytes[at] = below(256);
    else {
      const value = extremes[below(extremes.length)]!;
      const start = Math.max(0, Math.min(at & ~1, bytes.length - 4));
      if (bytes.length < 4) continue;
      if (random() < 0.5) bytes.writeUInt32LE(value, start);
      else bytes.writeUInt16LE(value & 0xffff, start);
    }
  }
  return bytes;
}
