import type { Bbox } from '../../native-models/masks/mask.ts';
import { maskArea, maskBbox } from '../../native-models/masks/mask.ts';
import type { PredictedMask } from '../../native-models/predictor/predictor.ts';
import type { PromptBox, PromptPoint } from '../service/api/contract.ts';
import { type PlaneParts, wholeOf } from '../service/micrographs/planeParts.ts';
import { outlinePath, squareAround, viewPart } from './micrographView.ts';
import type { PartedInput } from './modelInput.ts';
import { drawPanel, panelSize } from './overlayPanel.ts';
import { renderSvg, type Svg, textLine } from './svg.ts';

/** The colours that candidates have in the workbench, best first. */
const candidateColors = ['#e69f00', '#56b4e9', '#cc79a7'] as const;

// Lengths in px.
const panelSide = 480;
const margin = 16;
const gap = 16;
const headHeight = 30;
const captionHeight = 50;
/** Room for a caption where panels are narrow. */
const leastColumn = 340;
/** Pixels a side that a panel keeps of its micrograph. */
const viewPx = 2 * panelSide;

/**
 * The candidates of a prompt as one picture: side by side over the part of the micrograph that they lie in, the prompt
 * drawn in, each with what the model thinks of it. PNG.
 */
export async function drawCandidates(
  name: string,
  input: PartedInput,
  prompt: { points: readonly PromptPoint[]; box: PromptBox | null },
  candidates: readonly PredictedMask[],
): Promise<Buffer> {
  const { parts: plane } = input;
  const view = await viewPart(input, regionOf(prompt, candidates, plane), viewPx);
  const { widthPx, heightPx } = panelSize(view, panelSide);
  const column = Math.max(leastColumn, widthPx);
  const width = 2 * margin + candidates.length * column + (candidates.length - 1) * gap;
  const top = margin + headHeight;
  const captions = top + heightPx;
  const head = `${name}  ${plane.widthPx} × ${plane.heightPx} px${shownPart(view.region, plane)}`;
  const content: Svg[] = [textLine(head, margin, margin + 14, width - 2 * margin, { size: 14, color: '#444444' })];
  for (const [index, { mask, predictedIou, stability }] of candidates.entries()) {
    const x = margin + index * (column + gap);
    const color = candidateColors[index % candidateColors.length]!;
    const layers = [{ path: outlinePath(mask, view), color, fill: 0.35 }];
    const scores = `predicted IoU ${predictedIou.toFixed(2)}   stability ${stability.toFixed(2)}`;
    content.push(
      await drawPanel(view, panelSide, { layers, ...prompt, armPx: 8 }, x, top),
      `<rect x="${x}" y="${captions + 11}" width="16" height="16" rx="3" fill="${color}"/>`,
      textLine(`${index + 1}   ${scores}`, x + 26, captions + 25, column - 26, { size: 16, bold: true }),
      textLine(`${maskArea(mask)} px`, x + 26, captions + 45, column - 26, { size: 14, color: '#444444' }),
    );
  }
  return renderSvg(width, captions + captionHeight + margin, content.join(''));
}

type PlaneSize = Pick<PlaneParts, 'widthPx' | 'heightPx'>;

/** Less would show too little of the structure around a small object, px. */
const leastSidePx = 128;

/** All of a micrograph; where prompt and candidates take up a small part, a square twice as large as that part. */
function regionOf(
  { points, box }: { points: readonly PromptPoint[]; box: PromptBox | null },
  candidates: readonly PredictedMask[],
  plane: PlaneSize,
): Bbox {
  const boxes = candidates.map(({ mask }) => maskBbox(mask));
  const xs = [...points.map(({ x }) => x), ...boxes.flatMap(([x, , width]) => [x, x + width])];
  const ys = [...points.map(({ y }) => y), ...boxes.flatMap(([, y, , height]) => [y, y + height])];
  if (box) {
    xs.push(box.x0, box.x1);
    ys.push(box.y0, box.y1);
  }
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const side = Math.max(leastSidePx, 2 * (x1 - x0), 2 * (y1 - y0));
  if (side > 0.7 * Math.min(plane.widthPx, plane.heightPx)) return wholeOf(plane);
  return squareAround({ x: (x0 + x1) / 2, y: (y0 + y1) / 2 }, side, plane);
}

function shownPart([x, y, width, height]: Bbox, plane: PlaneSize): string {
  if (width === plane.widthPx && height === plane.heightPx) return '';
  return `, shown ${width} × ${height} px from (${x}, ${y})`;
}
