import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  areaText,
  convertLength,
  lengthText,
  lengthUnits,
  pixelScaleOf,
  positiveNumber,
  roundLength,
  scaleBar,
  significant,
} from './units.ts';

const unit = fc.constantFrom(...lengthUnits);
const length = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
const numberIn = (text: string) => Number(text.split(' ')[0]!.replaceAll(',', ''));

describe('lengths', () => {
  it('come back from every other unit as they were', () => {
    fc.assert(
      fc.property(length, unit, unit, (value, from, to) => {
        const back = convertLength(convertLength(value, from, to), to, from);
        expect(Math.abs(back / value - 1)).toBeLessThan(1e-14);
      }),
    );
  });

  it('are a thousand times as many in the next smaller unit', () => {
    expect(convertLength(3, 'm', 'mm')).toBe(3000);
    expect(convertLength(2.615, 'µm', 'nm')).toBe(2615);
    expect(convertLength(2500, 'nm', 'µm')).toBe(2.5);
    expect(convertLength(1, 'pm', 'nm')).toBe(0.001);
  });

  it('are read in all the ways in which files write their units', () => {
    for (const spelling of ['µm', 'μm', 'um', 'micron', 'Micrometer'])
      expect(pixelScaleOf({ pixelSize: 0.25, pixelUnit: spelling })).toEqual({ size: 0.25, unit: 'µm' });
    expect(pixelScaleOf({ pixelSize: 3.3724e-6, pixelUnit: 'm' })).toEqual({ size: 3.3724e-6, unit: 'm' });
    expect(pixelScaleOf({ pixelSize: 5, pixelUnit: 'Å' })).toEqual({ size: 0.5, unit: 'nm' });
    for (const none of ['1/nm', 'px', 'pixel', '', null])
      expect(pixelScaleOf({ pixelSize: 1, pixelUnit: none })).toBeNull();
    for (const none of [null, 0, -1, Number.NaN]) expect(pixelScaleOf({ pixelSize: none, pixelUnit: 'nm' })).toBeNull();
  });
});

describe('round lengths', () => {
  it('are of the 1-2-5 series, the longest that fits', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e12, noNaN: true }), (most) => {
        const { digit, exponent } = roundLength(most);
        const round = digit * 10 ** exponent;
        expect([1, 2, 5]).toContain(digit);
        expect(round).toBeLessThanOrEqual(most * (1 + 1e-9));
        expect(round * 2.5).toBeGreaterThan(most * (1 - 1e-9));
      }),
    );
  });

  it('are themselves where they are asked for', () => {
    for (let exponent = -9; exponent <= 9; exponent++)
      for (const digit of [1, 2, 5] as const)
        expect(roundLength(Number(`${digit}e${exponent}`))).toEqual({ digit, exponent });
  });
});

describe('the scale bar', () => {
  it('is between 64 and 160 CSS pixels, says its own length, in a number of one to three digits', () => {
    const zoom = fc.double({ min: 0.01, max: 64, noNaN: true });
    fc.assert(
      fc.property(
        fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
        fc.constantFrom('nm', 'µm'),
        zoom,
        (size, of, at) => {
          const scale = { size, unit: of as 'nm' | 'µm' };
          const { lengthCss, text } = scaleBar(scale, at);
          expect(lengthCss).toBeLessThanOrEqual(160.001);
          expect(lengthCss).toBeGreaterThan(63.99);
          expect(text).toMatch(/^[125]0{0,2} (pm|nm|µm|mm|m)$/);
          const said = convertLength(numberIn(text), text.split(' ')[1] as 'nm', scale.unit);
          expect((said / size) * at).toBeCloseTo(lengthCss, 6);
        },
      ),
    );
  });

  it('changes its unit where the number would grow beyond three digits', () => {
    expect(scaleBar({ size: 10, unit: 'nm' }, 1)).toEqual({ lengthCss: 100, text: '1 µm' });
    expect(scaleBar({ size: 10, unit: 'nm' }, 2)).toEqual({ lengthCss: 100, text: '500 nm' });
    expect(scaleBar({ size: 2.615, unit: 'µm' }, 0.5).text).toBe('500 µm');
  });
});

describe('what people read', () => {
  it('has three significant digits', () => {
    expect(significant(1.23456)).toBe('1.23');
    expect(significant(5)).toBe('5.00');
    expect(significant(123_456)).toBe('123,000');
    expect(significant(0.00123)).toBe('0.00123');
    expect(significant(1.5e-7)).toBe('1.50 × 10⁻⁷');
    expect(significant(2.345e12)).toBe('2.35 × 10¹²');
    expect(significant(0)).toBe('0');
  });

  it('is in the unit that keeps the number handy, or in the one chosen', () => {
    const scale = { size: 10, unit: 'nm' } as const;
    expect(lengthText(5, scale, 'auto')).toBe('50.0 nm');
    expect(lengthText(99.98, scale, 'auto')).toBe('1.00 µm');
    expect(lengthText(1234, scale, 'auto')).toBe('12.3 µm');
    expect(lengthText(1234, scale, 'nm')).toBe('12,300 nm');
    expect(lengthText(1234, scale, 'px')).toBe('1,230 px');
    expect(lengthText(12.34, null, 'nm')).toBe('12.3 px');
    expect(areaText(100, scale, 'auto')).toBe('10,000 nm²');
    expect(areaText(1234, scale, 'auto')).toBe('0.123 µm²');
    expect(areaText(1_000_000, scale, 'auto')).toBe('100 µm²');
    expect(areaText(1234, scale, 'µm')).toBe('0.123 µm²');
    expect(areaText(1234, scale, 'px')).toBe('1,234 px²');
    expect(areaText(1234, null, 'auto')).toBe('1,234 px²');
  });

  it('is right within its last digit in every unit', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e8 }),
        length,
        fc.constantFrom('auto', 'nm', 'µm', 'mm'),
        (px, size, of) => {
          const [first, power] = areaText(px, { size, unit: 'nm' }, of as 'auto').split(' × 10');
          const text = (power ?? first)!;
          const shown = numberIn(first!) * 10 ** Number(power ? plain(power.split(' ')[0]!) : 0);
          const inMetres = convertLength(size, 'nm', 'm') ** 2 * px;
          const unitInMetres = convertLength(1, text.split(' ').at(-1)!.replace('²', '') as 'nm', 'm') ** 2;
          expect(Math.abs((shown * unitInMetres) / inMetres - 1)).toBeLessThan(0.0051);
        },
      ),
    );
  });

  it('may be typed with either decimal sign', () => {
    expect(positiveNumber(' 2,5 ')).toBe(2.5);
    expect(positiveNumber('1e-3')).toBe(0.001);
    for (const none of ['', '0', '-1', 'x', 'Infinity']) expect(positiveNumber(none)).toBeNull();
  });
});

const plain = (raised: string) =>
  raised.replace('⁻', '-').replace(/[⁰¹²³⁴⁵⁶⁷⁸⁹]/g, (sign) => String('⁰¹²³⁴⁵⁶⁷⁸⁹'.indexOf(sign)));
