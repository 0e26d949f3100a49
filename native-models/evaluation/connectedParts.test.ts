import { describe, expect, it } from 'vitest';
import { splitIntoParts } from './connectedParts.ts';

/** Classes drawn as digits, a string a row. */
function drawn(...rows: string[]) {
  const data = Uint8Array.from([...rows.join('')].map(Number));
  return { widthPx: rows[0]!.length, heightPx: rows.length, data };
}

/** The numbers of the parts, drawn likewise. */
function parts(...rows: string[]): string[] {
  const { widthPx, heightPx, data } = splitIntoParts(drawn(...rows));
  return Array.from({ length: heightPx }, (_, y) => data.slice(y * widthPx, (y + 1) * widthPx).join(''));
}

describe('parts of a semantic mask', () => {
  it('are the pieces of each class, numbered from the top', () => {
    expect(parts('7700070', '7700000', '0000770')).toEqual(['1100020', '1100000', '0000330']);
  });

  it('of two classes that touch stay apart', () => {
    expect(parts('1122', '1122')).toEqual(['1122', '1122']);
    expect(parts('121')).toEqual(['123']);
  });

  it('that touch only at a corner stay apart, as outlines have it', () => {
    expect(parts('100', '010', '001')).toEqual(['100', '020', '003']);
  });

  it('are one where branches meet only further down', () => {
    expect(parts('10101', '10101', '11101', '00111')).toEqual(['10101', '10101', '11101', '00111']);
    expect(parts('0001', '0111', '1100', '1002')).toEqual(['0001', '0111', '1100', '1002']);
    // A spiral: its arms meet in the middle.
    expect(parts('11111', '00001', '11101', '10001', '11111')).toEqual(['11111', '00001', '11101', '10001', '11111']);
  });

  it('of a mask without classes are none, and may be more than 65535', () => {
    expect(parts('000', '000')).toEqual(['000', '000']);
    const side = 512;
    const checks = Uint8Array.from({ length: side * side }, (_, at) => (at + Math.floor(at / side)) % 2);
    const { data } = splitIntoParts({ widthPx: side, heightPx: side, data: checks });
    expect(data[data.length - 2]).toBe((side * side) / 2);
  });
});
