import sharp from 'sharp';
import type { LabelImage } from './labelImage.ts';

/** Longest side of a preview, in pixels. */
const maxSidePx = 1024;

/** A label image in colours, for people: most viewers show the label image itself as black. Never enlarged. */
export async function previewPng({ data, widthPx, heightPx, objects }: LabelImage): Promise<Uint8Array[]> {
  const step = Math.max(1, Math.max(widthPx, heightPx) / maxSidePx);
  const width = Math.max(1, Math.floor(widthPx / step));
  const height = Math.max(1, Math.floor(heightPx / step));
  const colors = [[0, 0, 0] as const, ...objects.map(({ value }) => labelColor(value))];
  const pixels = Buffer.alloc(3 * width * height);
  for (let j = 0; j < height; j++) {
    const row = Math.floor(j * step) * widthPx;
    for (let i = 0; i < width; i++) pixels.set(colors[data[row + Math.floor(i * step)]!]!, 3 * (j * width + i));
  }
  return [
    await sharp(pixels, { raw: { width, height, channels: 3 } })
      .png()
      .toBuffer(),
  ];
}

/** Neighbouring values lie a golden section of the hue circle apart; lightness goes round in three steps. */
function labelColor(value: number): readonly [red: number, green: number, blue: number] {
  const hue = (value * 0.618034) % 1;
  const lightness = [0.6, 0.45, 0.75][value % 3]!;
  const reach = 0.85 * Math.min(lightness, 1 - lightness);
  const channel = (n: number) => {
    const k = (n + hue * 12) % 12;
    return Math.round(255 * (lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}
