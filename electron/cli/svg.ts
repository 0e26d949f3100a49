import sharp from 'sharp';

/** Elements of an SVG picture; lengths are pixels of the picture. */
export type Svg = string;

export interface TextStyle {
  /** Height of the letters' body, px. */
  size: number;
  color?: string;
  bold?: boolean;
}

/** One line of text with its baseline at y. What would reach beyond `widthPx` is left out in the middle. */
export function textLine(text: string, x: number, y: number, widthPx: number, style: TextStyle): Svg {
  const { size, color = '#111111', bold = false } = style;
  const fitting = shortened(text, Math.floor(widthPx / (size * (bold ? boldLetter : letter))));
  const weight = bold ? ' font-weight="bold"' : '';
  return (
    `<text x="${x}" y="${y}" font-family="sans-serif" font-size="${size}"${weight} fill="${color}" ` +
    `xml:space="preserve">${escaped(fitting)}</text>`
  );
}

/** The picture on white. */
export async function renderSvg(widthPx: number, heightPx: number, content: Svg): Promise<Buffer> {
  const document =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${widthPx}" height="${heightPx}">` +
    `<rect width="100%" height="100%" fill="#ffffff"/>${content}</svg>`;
  return sharp(Buffer.from(document), { unlimited: true }).removeAlpha().png().toBuffer();
}

/** Width of a letter as a share of the size: on the safe side of the mean of wide fonts (DejaVu Sans, Verdana). */
const letter = 0.59;
const boldLetter = 0.66;

function shortened(text: string, most: number): string {
  const letters = [...text];
  if (letters.length <= most) return text;
  const kept = Math.max(0, most - 1);
  const end = Math.floor(kept / 2);
  return `${letters.slice(0, kept - end).join('')}…${letters.slice(letters.length - end).join('')}`;
}

/** File names may hold anything; XML may not. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r -\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
