import { describe, expect, it } from 'vitest';
import { Ini } from './ini.ts';
import { xmlTags } from './xml.ts';

describe('the tags of an XML text', () => {
  it('come in order, with attributes and the text behind them, without prefixes and entities', () => {
    const xml = `<?xml version="1.0"?><!-- a comment --><ome:OME a = 'x "y"'><Name b="&lt;&#181;&#x6d;&unknown;">A &amp; B</Name></ome:OME>`;
    const tags = [...xmlTags(xml)].map(({ name, attributes, text }) => [name, Object.fromEntries(attributes), text]);
    expect(tags).toEqual([
      ['OME', { a: 'x "y"' }, ''],
      ['Name', { b: '<µm&unknown;' }, 'A & B'],
    ]);
  });

  it.each([
    ['attributes without end', `<a${' b="c"'.repeat(1_000_000)}`],
    ['quotes without end', '<a b="'.repeat(1_000_000)],
    ['spaces', `<a${' '.repeat(4_000_000)}`],
    ['a name without end', `<${'a:'.repeat(2_000_000)}`],
  ])('%s take no time and no stack', (_, xml) => {
    const began = performance.now();
    expect([...xmlTags(xml)].length).toBeLessThan(2);
    expect(performance.now() - began).toBeLessThan(2000);
  });
});

describe('the lines of an instrument', () => {
  it('are values by section; what is not there is empty, or no number', () => {
    const ini = new Ini('outside=1\r\n[Beam]\r\nHV = 5000\r\nWD=4,5\r\n=nothing\r\n[Empty]\r\n');
    expect(ini.text('', 'outside')).toBe('1');
    expect(ini.number('Beam', 'HV')).toBe(5000);
    expect(ini.number('Beam', 'WD')).toBe(4.5);
    expect(ini.number('Beam', 'Spot')).toBeNaN();
    expect(ini.has('Empty')).toBe(true);
    expect(ini.has('Stage')).toBe(false);
  });
});
