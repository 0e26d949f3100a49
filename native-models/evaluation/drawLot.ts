/**
 * The lot of a numbered thing: things with the smallest lots are a random choice, and the same for the same seed. A
 * whole number in which every bit depends on every bit of both (the finalizer of MurmurHash3, twice).
 */
export function drawLot(number: number, seed: number): number {
  return finalized(finalized(seed) ^ number);
}

function finalized(value: number): number {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}
