/** Candidates, best first: apart from each other and from grey micrographs, also for the colour-blind (Okabe and Ito). */
export const candidateColors = ['#e69f00', '#56b4e9', '#cc79a7'] as const;

export function candidateColor(index: number): string {
  return candidateColors[index % candidateColors.length]!;
}

/** Colours that new classes get, in turn (Tol's bright scheme, widened). */
export const classColors = [
  '#4477aa',
  '#ee6677',
  '#228833',
  '#ccbb44',
  '#66ccee',
  '#aa3377',
  '#ee8866',
  '#44bb99',
  '#aaaa00',
  '#9988dd',
] as const;

/** '#rrggbb' as its three parts, 0..255. */
export function rgbOf(color: string): [r: number, g: number, b: number] {
  const value = Number.parseInt(color.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}
