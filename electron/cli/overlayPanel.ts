import sharp from 'sharp';
import type { PromptBox, PromptPoint } from '../service/api/contract.ts';
import type { MicrographView } from './micrographView.ts';
import type { Svg } from './svg.ts';

/** A mask's outline over a view, and its inside as faint as `fill` says: 0 leaves it out. */
export interface Layer {
  /** As outlinePath gives it. */
  path: string;
  color: string;
  fill: number;
}

export interface Overlay {
  /** The topmost last. */
  layers: readonly Layer[];
  /** In image space. */
  points: readonly PromptPoint[];
  box: PromptBox | null;
  /** Half the length of the cross of a point, px. */
  armPx: number;
}

/** Largest size in which a view's shape fits into a square of this side. */
export function panelSize({ region: [, , width, height] }: MicrographView, sidePx: number) {
  const scale = sidePx / Math.max(width, height);
  return { widthPx: Math.max(1, Math.round(width * scale)), heightPx: Math.max(1, Math.round(height * scale)), scale };
}

/** A view with masks and a prompt over it, as large as {@link panelSize} says, its top left corner at x, y. */
export async function drawPanel(
  view: MicrographView,
  sidePx: number,
  { layers, points, box, armPx }: Overlay,
  x: number,
  y: number,
): Promise<Svg> {
  const { widthPx, heightPx, scale } = panelSize(view, sidePx);
  const [left, top] = view.region;
  const place = (point: { x: number; y: number }) => ({ x: (point.x - left) * scale, y: (point.y - top) * scale });
  return [
    `<svg x="${x}" y="${y}" width="${widthPx}" height="${heightPx}">`,
    await drawPixels(view, scale),
    // Under the outlines, which run along a tight box.
    box ? drawBox(place({ x: box.x0, y: box.y0 }), place({ x: box.x1, y: box.y1 })) : '',
    ...layers.map(({ path, color, fill }) => {
      const shape = `<path transform="scale(${scale})" d="${path}" stroke-linejoin="round"`;
      // A dark rim keeps a line apart from micrograph of any brightness.
      return (
        `${shape} fill="${color}" fill-opacity="${fill}" fill-rule="evenodd" stroke="#000000" stroke-opacity="0.5" ` +
        `stroke-width="${3 / scale}"/>${shape} fill="none" stroke="${color}" stroke-width="${1.5 / scale}"/>`
      );
    }),
    ...points.map(({ x: u, y: v, label }) => drawCross(place({ x: u, y: v }), label, armPx)),
    '</svg>',
  ].join('');
}

async function drawPixels({ samples, step, pixels: { widthPx, heightPx, data } }: MicrographView, scale: number) {
  // The last pixels may reach beyond the plane; the panel cuts them.
  const [width, height] = [widthPx, heightPx].map((length) => Math.max(1, Math.round(length * step * scale)));
  const png = await sharp(data, { raw: { width: widthPx, height: heightPx, channels: samples } })
    // Enlarged pixels stay pixels: their edges are where outlines run.
    .resize(width!, height!, { fit: 'fill', kernel: step * scale > 1 ? 'nearest' : 'lanczos3' })
    .toColourspace('srgb')
    .png()
    .toBuffer();
  return `<image width="${width}" height="${height}" href="data:image/png;base64,${png.toString('base64')}"/>`;
}

interface Place {
  x: number;
  y: number;
}

/** Dashed white over black. */
function drawBox(from: Place, to: Place): Svg {
  const box = `<rect x="${from.x}" y="${from.y}" width="${to.x - from.x}" height="${to.y - from.y}" fill="none"`;
  return `${box} stroke="#000000" stroke-opacity="0.6" stroke-width="2.5"/>${box} stroke="#ffffff" stroke-width="1.25" stroke-dasharray="6 4"/>`;
}

/** A plus where a click adds, a minus in red where it takes away. */
function drawCross({ x, y }: Place, label: 0 | 1, arm: number): Svg {
  const bars = `M${x - arm} ${y}H${x + arm}${label === 1 ? `M${x} ${y - arm}V${y + arm}` : ''}`;
  const color = label === 1 ? '#ffffff' : '#ff5a36';
  const width = Math.max(1.5, arm / 4);
  return (
    `<path d="${bars}" stroke="#000000" stroke-width="${width + 2.5}" stroke-linecap="round"/>` +
    `<path d="${bars}" stroke="${color}" stroke-width="${width}" stroke-linecap="round"/>`
  );
}
