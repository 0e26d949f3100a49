import { Circle, Group, Line, Rect } from 'react-konva';
import type { Bbox, PromptBox } from '../../electron/service/api/contract.ts';
import type { CanvasPrompt } from './contract.ts';
import { toScreen, type View } from './view.ts';

/** Positive and negative differ by sign as well as by colour (Okabe and Ito's blue-green and vermilion). */
const pointColors = { 1: '#009e73', 0: '#d55e00' } as const;
const radius = 7;
const arm = 3.5;
const cornerSide = 8;

/** Points and box of the prompt under work, at one size on the screen whatever the zoom. */
export function PromptMarks({ prompt, view }: { prompt: CanvasPrompt; view: View }) {
  return (
    <>
      {prompt.box && <BoxMark box={prompt.box} view={view} corners />}
      {prompt.points.map(({ x, y, label }, index) => {
        const at = toScreen(view, { x, y });
        return (
          <Group key={index} x={at.x} y={at.y} listening={false}>
            <Circle radius={radius} fill={pointColors[label]} stroke="#ffffff" strokeWidth={2} />
            <Line points={[-arm, 0, arm, 0]} stroke="#ffffff" strokeWidth={2} />
            {label === 1 && <Line points={[0, -arm, 0, arm]} stroke="#ffffff" strokeWidth={2} />}
          </Group>
        );
      })}
    </>
  );
}

/** A box of a prompt (with corners to take hold of), or one that is being drawn. A dark line under a light one is seen on any micrograph. */
export function BoxMark({ box, view, corners = false }: { box: PromptBox; view: View; corners?: boolean }) {
  const from = toScreen(view, { x: box.x0, y: box.y0 });
  const to = toScreen(view, { x: box.x1, y: box.y1 });
  const frame = { x: from.x, y: from.y, width: to.x - from.x, height: to.y - from.y, listening: false };
  return (
    <>
      <Rect {...frame} stroke="#000000" strokeWidth={3} opacity={0.55} />
      <Rect {...frame} stroke="#ffffff" strokeWidth={1.5} dash={[6, 4]} />
      {corners &&
        [from.x, to.x].flatMap((x) =>
          [from.y, to.y].map((y) => (
            <Rect
              key={`${x === from.x} ${y === from.y}`}
              x={x - cornerSide / 2}
              y={y - cornerSide / 2}
              width={cornerSide}
              height={cornerSide}
              fill="#ffffff"
              stroke="#000000"
              strokeWidth={1}
              listening={false}
            />
          )),
        )}
    </>
  );
}

/** The part of the plane that the model looked at closely: there, and faint, because it is no part of the answer. */
export function CloseUpFrame({ part: [left, top, width, height], view }: { part: Bbox; view: View }) {
  const from = toScreen(view, { x: left, y: top });
  const to = toScreen(view, { x: left + width, y: top + height });
  const frame = { x: from.x, y: from.y, width: to.x - from.x, height: to.y - from.y, listening: false };
  return (
    <>
      <Rect {...frame} stroke="#000000" strokeWidth={2} opacity={0.35} />
      <Rect {...frame} stroke="#ffffff" strokeWidth={1} dash={[2, 5]} opacity={0.8} />
    </>
  );
}

/** Between a thing and the brackets around it, and the length of their arms. */
const bracketGap = 7;
const bracketArm = 9;

/** Corner brackets around a box of the plane, at one distance on the screen whatever the zoom. */
export function Brackets({ around: [left, top, width, height], view }: { around: Bbox; view: View }) {
  const from = toScreen(view, { x: left, y: top });
  const to = toScreen(view, { x: left + width, y: top + height });
  return [-1, 1].flatMap((right) =>
    [-1, 1].map((down) => {
      const x = (right < 0 ? from.x : to.x) + right * bracketGap;
      const y = (down < 0 ? from.y : to.y) + down * bracketGap;
      const points = [x - right * bracketArm, y, x, y, x, y - down * bracketArm];
      return (
        <Group key={`${right} ${down}`} listening={false}>
          <Line points={points} stroke="#000000" strokeWidth={5} opacity={0.6} lineCap="round" />
          <Line points={points} stroke="#ffffff" strokeWidth={2.5} lineCap="round" />
        </Group>
      );
    }),
  );
}
