import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distinctNames, folded, stemOf } from './distinctNames.ts';

describe('names in a dataset', () => {
  it('stay as they are where they differ, and are numbered before the ending where they do not', () => {
    expect(distinctNames(['a.png', 'sub/a.png', 'a.tif'])).toEqual(['a.png', 'sub/a.png', 'a.tif']);
    expect(distinctNames(['a.png', 'a.png', 'A.PNG', 'a_2.png'])).toEqual(['a.png', 'a_3.png', 'A_4.PNG', 'a_2.png']);
    expect(distinctNames(['Prüfung.tif', 'Pru\u0308fung.tif'])).toEqual(['Prüfung.tif', 'Pru\u0308fung_2.tif']);
  });

  it('never lead out of the folder', () => {
    expect(distinctNames(['../../a.png', '/etc/a.png', '..\\b.png', '..'])).toEqual([
      'a.png',
      'etc/a.png',
      'b.png',
      'image',
    ]);
  });

  it('are different on every file system', () => {
    const part = fc.stringMatching(/^[aAb.]{1,2}$/);
    const name = fc
      .tuple(part, fc.constantFrom('', '_2', '_3'), fc.constantFrom('.png', '.PNG', ''))
      .map((p) => p.join(''));
    fc.assert(
      fc.property(fc.array(name, { maxLength: 12 }), (wanted) => {
        const names = distinctNames(wanted);
        expect(names).toHaveLength(wanted.length);
        expect(new Set(names.map(folded)).size).toBe(wanted.length);
      }),
    );
  });

  it('have stems without the last ending, but with their folders', () => {
    expect(['a.b/c.ome.tif', '.hidden', 'x', 'sub/.png'].map(stemOf)).toEqual([
      'a.b/c.ome',
      '.hidden',
      'x',
      'sub/.png',
    ]);
  });
});
