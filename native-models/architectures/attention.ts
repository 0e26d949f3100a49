import type { Value } from '../graph/graphBuilder.ts';
import type { Layers } from '../graph/layers.ts';

/** Queries, keys and values of square planes of tokens. */
export interface AttentionParts {
  /** [batch, tokens, depth] */
  q: Value;
  /** [batch, depth, tokens], scaled. */
  k: Value;
  /** [batch, tokens, depth] */
  v: Value;
  /** Relative positions decomposed by axis, as ViTDet has them; null: none. */
  positions: RelativePositions | null;
}

export interface RelativePositions {
  /** [batch, side, side, side]: of a query at (y, x), for each row of keys. */
  byRow: Value;
  /** The same for each column of keys. */
  byColumn: Value;
}

export interface AttentionShape {
  batch: number;
  /** tokens = side². */
  side: number;
}

/** Most values of an attention matrix at once: 16 MiB of them stay in a CPU's last cache. */
const partValues = 2 ** 22;

/** softmax(q k + positions) v, the attention matrix as a whole → [batch, tokens, depth]. */
export function attendWhole(layers: Layers, parts: AttentionParts, { batch, side }: AttentionShape): Value {
  return attend(layers, parts, batch, side, side);
}

/**
 * The same, some heads and rows of queries at a time: a global block of ViT-B has 805 MB of attention matrix, which is
 * never there as a whole.
 */
export function attendInParts(layers: Layers, parts: AttentionParts, { batch, side }: AttentionShape): Value {
  const tokens = side * side;
  const rows = largestDivisor(side, Math.max(1, Math.floor(partValues / (tokens * side))));
  const heads = Array.from({ length: batch }, (_, head) => {
    const of = (x: Value) => layers.slice(x, 0, head, head + 1);
    const [q, k, v] = [of(parts.q), of(parts.k), of(parts.v)];
    const positions = mapPositions(parts.positions, of);
    const done: Value[] = [];
    for (let y = 0; y < side; y += rows) {
      const some = {
        q: layers.slice(q, 1, y * side, (y + rows) * side),
        k,
        v,
        positions: mapPositions(positions, (x) => layers.slice(x, 1, y, y + rows)),
      };
      done.push(attend(layers, some, 1, rows, side));
    }
    return done.length === 1 ? done[0]! : layers.concat(done, 1);
  });
  return layers.concat(heads, 0);
}

function mapPositions(positions: RelativePositions | null, each: (x: Value) => Value): RelativePositions | null {
  return positions && { byRow: each(positions.byRow), byColumn: each(positions.byColumn) };
}

function attend(
  layers: Layers,
  { q, k, v, positions }: AttentionParts,
  batch: number,
  rows: number,
  side: number,
): Value {
  const queries = rows * side;
  let scores = layers.matMul(q, k);
  if (positions) {
    scores = layers.reshape(scores, [batch, queries, side, side]);
    scores = layers.add(scores, layers.reshape(positions.byRow, [batch, queries, side, 1]));
    scores = layers.add(scores, layers.reshape(positions.byColumn, [batch, queries, 1, side]));
    scores = layers.reshape(scores, [batch, queries, side * side]);
  }
  return layers.matMul(layers.softmax(scores), v);
}

function largestDivisor(of: number, most: number): number {
  for (let divisor = Math.min(of, most); divisor > 1; divisor--) if (of % divisor === 0) return divisor;
  return 1;
}
