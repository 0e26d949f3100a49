/** Lengths and areas for people: units, round lengths, and numbers of three significant digits. */

export const lengthUnits = ['pm', 'nm', 'µm', 'mm', 'm'] as const;
export type LengthUnit = (typeof lengthUnits)[number];

/** Powers of ten, so that conversions between them lose nothing but the last bit. */
const exponents: Record<LengthUnit, number> = { pm: -12, nm: -9, µm: -6, mm: -3, m: 0 };

/** What areas and lengths are shown in; 'auto': by their size. */
export const unitChoices = ['auto', 'nm', 'µm', 'mm', 'px'] as const;
export type UnitChoice = (typeof unitChoices)[number];

/** Length of a pixel's side. */
export interface PixelScale {
  size: number;
  unit: LengthUnit;
}

/** Units as files write them, in lower case. */
const spellings: Record<string, [LengthUnit, factor: number]> = {
  ...{ pm: ['pm', 1], picometer: ['pm', 1], picometre: ['pm', 1] },
  ...{ nm: ['nm', 1], nanometer: ['nm', 1], nanometre: ['nm', 1] },
  ...{ å: ['nm', 0.1], angstrom: ['nm', 0.1], ångström: ['nm', 0.1] },
  ...{ µm: ['µm', 1], μm: ['µm', 1], um: ['µm', 1], micron: ['µm', 1], microns: ['µm', 1] },
  ...{ micrometer: ['µm', 1], micrometre: ['µm', 1] },
  ...{ mm: ['mm', 1], millimeter: ['mm', 1], millimetre: ['mm', 1] },
  ...{ cm: ['mm', 10], centimeter: ['mm', 10], centimetre: ['mm', 10] },
  ...{ inch: ['mm', 25.4], in: ['mm', 25.4] },
  ...{ m: ['m', 1], meter: ['m', 1], metre: ['m', 1] },
};

/** null where the size is not known, or is none of a length (diffraction patterns come in 1/nm). */
export function pixelScaleOf(facts: { pixelSize: number | null; pixelUnit: string | null }): PixelScale | null {
  const { pixelSize, pixelUnit } = facts;
  const spelt = spellings[pixelUnit?.trim().toLowerCase() ?? ''];
  if (pixelSize === null || !Number.isFinite(pixelSize) || pixelSize <= 0 || !spelt) return null;
  const [unit, factor] = spelt;
  return { size: pixelSize * factor, unit };
}

export function convertLength(length: number, from: LengthUnit, to: LengthUnit): number {
  return shifted(length, exponents[from] - exponents[to]);
}

/** A length of the 1-2-5 series: `digit` × 10^`exponent`, in whatever unit it was asked for. */
export interface RoundLength {
  digit: 1 | 2 | 5;
  exponent: number;
}

/** The longest round length that is not above `most`. */
export function roundLength(most: number): RoundLength {
  // A last bit that is missing must not cost a step of the series.
  const reach = most * (1 + 1e-12);
  let exponent = Math.floor(Math.log10(reach));
  if (10 ** (exponent + 1) <= reach) exponent++;
  if (10 ** exponent > reach) exponent--;
  const digit = ([5, 2] as const).find((one) => shifted(one, exponent) <= reach);
  return { digit: digit ?? 1, exponent };
}

/** Longest on the screen, in CSS pixels; the 1-2-5 series has a length of at least two fifths of it. */
const longestBar = 160;

/** A scale bar for this zoom (CSS pixels a pixel): how long it is on the screen, and what it says. */
export function scaleBar(scale: PixelScale, zoom: number): { lengthCss: number; text: string } {
  const { digit, exponent } = roundLength((longestBar / zoom) * scale.size);
  const metres = exponent + exponents[scale.unit];
  const unit = unitOfExponent(metres);
  return {
    lengthCss: (shifted(digit, exponent) / scale.size) * zoom,
    text: `${shifted(digit, metres - exponents[unit]).toLocaleString('en', { maximumFractionDigits: 20 })} ${unit}`,
  };
}

/** A length in pixels as people read it: '12.3 µm', or '45.6 px' where a pixel's size is not known. */
export function lengthText(lengthPx: number, scale: PixelScale | null, choice: UnitChoice): string {
  const { length, unit } = lengthIn(lengthPx, scale, choice);
  return `${significant(length)} ${unit}`;
}

/** A length in pixels as a number and its unit. */
export function lengthIn(
  lengthPx: number,
  scale: PixelScale | null,
  choice: UnitChoice,
): { length: number; unit: LengthUnit | 'px' } {
  if (!scale || choice === 'px') return { length: lengthPx, unit: 'px' };
  const length = lengthPx * scale.size;
  const unit = choice === 'auto' ? unitOfExponent(magnitude(length) + exponents[scale.unit]) : choice;
  return { length: convertLength(length, scale.unit, unit), unit };
}

/** An area in pixels as people read it: '12.3 µm²', or '456 px²'. */
export function areaText(areaPx: number, scale: PixelScale | null, choice: UnitChoice): string {
  if (!scale || choice === 'px') return `${areaPx.toLocaleString('en')} px²`;
  const area = areaPx * scale.size ** 2;
  // 0.1 µm² reads better than 100,000 nm², and 99,000 µm² no worse than 0.099 mm².
  const unit = choice === 'auto' ? unitOfExponent((magnitude(area * 10) + 2 * exponents[scale.unit]) / 2) : choice;
  return `${significant(shifted(area, 2 * (exponents[scale.unit] - exponents[unit])))} ${unit}²`;
}

/** Three significant digits; powers of ten where zeros would have to be counted. */
export function significant(value: number): string {
  const digits = { minimumSignificantDigits: 3, maximumSignificantDigits: 3 };
  const rounded = Number(value.toPrecision(3));
  const size = Math.abs(rounded);
  if (size === 0) return '0';
  if (size >= 1e-3 && size < 1e7) return rounded.toLocaleString('en', digits);
  const [mantissa, exponent] = rounded.toExponential(2).split('e') as [string, string];
  return `${mantissa} × 10${superscript(String(Number(exponent)))}`;
}

const raised: Record<string, string> = { '-': '⁻' };
'⁰¹²³⁴⁵⁶⁷⁸⁹'.split('').forEach((sign, digit) => {
  raised[digit] = sign;
});
const superscript = (text: string) => text.replace(/./g, (sign) => raised[sign]!);

/** A number that a person typed, with either decimal sign; null for what is no positive number. */
export function positiveNumber(typed: string): number | null {
  const text = typed.trim().replace(',', '.');
  const value = Number(text);
  return text !== '' && Number.isFinite(value) && value > 0 ? value : null;
}

/** Exact for powers of ten that a double holds: dividing by 1000 is not multiplying by 0.001. */
function shifted(value: number, exponent: number): number {
  return exponent < 0 ? value / 10 ** -exponent : value * 10 ** exponent;
}

/** Of the first digit, of the number as it is shown: 9.996 is shown as 10.0. */
const magnitude = (value: number) => (value > 0 ? Number(value.toExponential(2).split('e')[1]) : 0);

/** The largest unit of which a length of this power of ten, in metres, is at least one. */
function unitOfExponent(exponent: number): LengthUnit {
  return lengthUnits.findLast((unit) => exponents[unit] <= exponent) ?? 'pm';
}
