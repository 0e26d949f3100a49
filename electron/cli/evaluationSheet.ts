import sharp from 'sharp';
import type { EvaluationCase, EvaluationCases } from './evaluationCases.ts';
import { drawPanel, type Overlay, panelSize } from './overlayPanel.ts';
import { renderSvg, type Svg, textLine } from './svg.ts';

// Lengths in px. A case is two panels side by side with three lines under them; cases stand in rows of four.
const panelSide = 200;
const panelGap = 4;
const caseWidth = 2 * panelSide + panelGap;
const captionHeight = 58;
const caseHeight = panelSide + captionHeight + 14;
const caseGap = 24;
const casesPerRow = 4;
const margin = 24;
const innerWidth = casesPerRow * caseWidth + (casesPerRow - 1) * caseGap;
const sheetWidth = innerWidth + 2 * margin;

/** Apart from each other and from grey, also for the colour-blind (Okabe and Ito). */
const truthColor = '#56b4e9';
const maskColor = '#f09d00';

/**
 * The worst and some typical cases of datasets as one picture: each object twice, left with the best mask for one
 * click, right with the best mask for its box. Drawn dataset by dataset, so that nothing else has to be kept.
 */
export class EvaluationSheet {
  readonly #sections: Buffer[] = [];

  async add(dataset: string, cases: EvaluationCases): Promise<void> {
    this.#sections.push(await drawSection(dataset, cases));
  }

  /** @param title what was measured. */
  async png(title: string): Promise<Buffer> {
    const pictures = [await drawHead(title), ...this.#sections];
    const heights = await Promise.all(pictures.map(async (picture) => (await sharp(picture).metadata()).height));
    let top = 0;
    const placed = pictures.map((input, index) => {
      const at = { input, left: 0, top };
      top += heights[index]!;
      return at;
    });
    return sharp({ create: { width: sheetWidth, height: top, channels: 3, background: '#ffffff' } })
      .composite(placed)
      .png()
      .toBuffer();
  }
}

async function drawHead(title: string): Promise<Buffer> {
  const note = (text: string, y: number) => textLine(text, margin, y, innerWidth, { size: 15, color: '#444444' });
  const line = (x: number, color: string) => `<path d="M${x} 93h34" stroke="${color}" stroke-width="5"/>`;
  const name = (text: string, x: number) => textLine(text, x, 98, innerWidth, { size: 15 });
  return renderSvg(
    sheetWidth,
    116,
    [
      textLine(title, margin, 40, innerWidth, { size: 24, bold: true }),
      note('Each object twice: left the best of the masks for one click (cross), right for its box (dashed).', 68),
      line(margin, truthColor),
      name('ground truth', margin + 44),
      line(margin + 180, maskColor),
      name('mask of the model', margin + 224),
    ].join(''),
  );
}

async function drawSection(dataset: string, cases: EvaluationCases): Promise<Buffer> {
  const { worst, typical, objects, medianClickIou, medianBoxIou } = cases;
  const content: Svg[] = [
    `<path d="M${margin} 8H${margin + innerWidth}" stroke="#bbbbbb"/>`,
    textLine(dataset, margin, 38, innerWidth, { size: 20, bold: true }),
  ];
  const facts = `${objects} objects, median IoU ${printed(medianClickIou)} for one click, ${printed(medianBoxIou)} for a box`;
  content.push(textLine(facts, margin, 62, innerWidth, { size: 15, color: '#444444' }));
  let top = 70;
  for (const [heading, shown] of [
    ['Worst for one click', worst],
    ['Typical: nearest to the median for one click', typical],
  ] as const) {
    if (shown.length === 0) continue;
    content.push(textLine(heading, margin, top + 22, innerWidth, { size: 15, bold: true }));
    top += 34;
    for (const [index, each] of shown.entries()) {
      const x = margin + (index % casesPerRow) * (caseWidth + caseGap);
      content.push(await drawCase(dataset, each, x, top + Math.floor(index / casesPerRow) * caseHeight));
    }
    top += Math.ceil(shown.length / casesPerRow) * caseHeight;
  }
  return renderSvg(sheetWidth, top + 8, content.join(''));
}

async function drawCase(dataset: string, each: EvaluationCase, x: number, y: number): Promise<Svg> {
  const { view, truth, clickMask, boxMask, click, box } = each;
  const right = x + panelSide + panelGap;
  const [below, objectSide] = [y + panelSide, Math.min(box.x1 - box.x0, box.y1 - box.y0)];
  const overlay = (mask: string | null, prompt: Pick<Overlay, 'points' | 'box'>): Overlay => ({
    layers: [
      ...(mask === null ? [] : [{ path: mask, color: maskColor, fill: 0.16 }]),
      { path: truth, color: truthColor, fill: 0 },
    ],
    ...prompt,
    // Smaller than the object that it stands in.
    armPx: Math.max(3, Math.min(7, objectSide * panelSize(view, panelSide).scale * 0.2)),
  });
  const score = (name: string, iou: number, mask: string | null, left: number) =>
    textLine(`${name}: ${mask === null ? 'no mask' : `IoU ${printed(iou)}`}`, left, below + 17, panelSide, {
      size: 14,
      bold: true,
    });
  const [, , width, height] = view.region;
  const caption = (text: string, baseline: number) =>
    textLine(text, x, below + baseline, caseWidth, { size: 13, color: '#333333' });
  return [
    await drawPanel(view, panelSide, overlay(clickMask, { points: [click], box: null }), x, y),
    await drawPanel(view, panelSide, overlay(boxMask, { points: [], box }), right, y),
    score('click', each.clickIou, clickMask, x),
    score('box', each.boxIou, boxMask, right),
    caption(`${dataset} / ${each.file}`, 35),
    caption(`object ${each.label}, ${each.areaPx} px; view ${width} × ${height} px`, 52),
  ].join('');
}

function printed(iou: number): string {
  return iou.toFixed(2);
}
