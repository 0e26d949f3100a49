import { Group, Label, Line, Rect, Tag, Text } from 'react-konva';
import type { DataBar } from '../../electron/service/api/contract.ts';
import type { RulerLine } from './ruler.ts';
import { type Size, toScreen, type View } from './view.ts';

/** Half of the strokes across the ends, and from the line to what is written beside it. */
const tick = 8;
const textGap = 12;
/** Of the box that the text stands in: an estimate is enough to keep it on the canvas. */
const textHeight = 20;
const characterWidth = 6.6;
/** The page's own, which canvases do not inherit. */
const fontFamily = '-apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif';

/** A measured line with strokes across its ends, and what it measures beside it; a dark line lies under the light one. */
export function RulerMark({ line, text, view, canvas }: { line: RulerLine; text: string; view: View; canvas: Size }) {
  const from = toScreen(view, { x: line.x0, y: line.y0 });
  const to = toScreen(view, { x: line.x1, y: line.y1 });
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  if (length === 0) return null;
  const across = { x: -(to.y - from.y) / length, y: (to.x - from.x) / length };
  const strokes = [
    [from.x, from.y, to.x, to.y],
    ...[from, to].map(({ x, y }) => [
      x - across.x * tick,
      y - across.y * tick,
      x + across.x * tick,
      y + across.y * tick,
    ]),
  ];
  // Above the line, or to its right where it is steep: there the text does not lie on it.
  const up = across.y > 0 || (across.y === 0 && across.x < 0) ? -1 : 1;
  const width = text.length * characterWidth + 12;
  const middle = { x: (from.x + to.x) / 2 + across.x * up * textGap, y: (from.y + to.y) / 2 + across.y * up * textGap };
  const left = across.x * up > 0.3 ? middle.x : across.x * up < -0.3 ? middle.x - width : middle.x - width / 2;
  const top = middle.y + (across.y * up < 0 ? -textHeight : 0);
  const keep = (at: number, size: number, room: number) => Math.max(4, Math.min(room - size - 4, at));
  return (
    <Group listening={false}>
      {strokes.map((points, index) => (
        <Line key={index} points={points} stroke="#000000" strokeWidth={4} opacity={0.6} lineCap="round" />
      ))}
      {strokes.map((points, index) => (
        <Line key={index} points={points} stroke="#ffffff" strokeWidth={1.75} lineCap="round" />
      ))}
      <Label x={keep(left, width, canvas.width)} y={keep(top, textHeight, canvas.height)}>
        <Tag fill="#000000" opacity={0.68} cornerRadius={3} />
        <Text text={text} fill="#ffffff" fontSize={12} fontFamily={fontFamily} padding={4} />
      </Label>
    </Group>
  );
}

/** The rows that hold text about the picture: shaded a little, with a line above, so that people see they are known. */
export function DataBarShade({ bar, widthPx, view }: { bar: DataBar; widthPx: number; view: View }) {
  const from = toScreen(view, { x: 0, y: bar.y });
  const to = toScreen(view, { x: widthPx, y: bar.y + bar.height });
  const line = [from.x, from.y, to.x, from.y];
  return (
    <>
      <Rect
        x={from.x}
        y={from.y}
        width={to.x - from.x}
        height={to.y - from.y}
        fill="#5b8bd0"
        opacity={0.22}
        listening={false}
      />
      <Line points={line} stroke="#000000" strokeWidth={3} opacity={0.5} listening={false} />
      <Line points={line} stroke="#8abbff" strokeWidth={1.25} listening={false} />
    </>
  );
}
