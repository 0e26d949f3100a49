import type { DataBar } from '../../electron/service/api/contract.ts';
import { strings } from '../strings.ts';
import { type PixelScale, scaleBar } from '../units.ts';
import { type Size, toScreen, type View } from './view.ts';

/** CSS pixels from the canvas's bottom, and how high the bar with its text is. */
const margin = 14;
const height = 42;

interface ScaleBarProps {
  scale: PixelScale;
  view: View;
  /** Of the canvas. */
  size: Size;
  dataBar: DataBar | null;
}

/** A round length at the canvas's bottom left that follows the zoom. */
export function ScaleBar({ scale, view, size, dataBar }: ScaleBarProps) {
  const { lengthCss, text } = scaleBar(scale, view.scale);
  return (
    <div
      className="scale-bar"
      style={{ bottom: bottomOf(view, size, dataBar) }}
      role="img"
      aria-label={strings.measuring.scaleBar(text)}
      data-testid="scale-bar"
      data-length-css={lengthCss}
    >
      <span className="scale-bar-text">{text}</span>
      <span className="scale-bar-line" style={{ width: lengthCss }} />
    </div>
  );
}

/** Above the info bar where it would lie on it: what stands there, often a scale bar too, is to be compared with it. */
function bottomOf(view: View, size: Size, dataBar: DataBar | null): number {
  if (!dataBar) return margin;
  const top = toScreen(view, { x: 0, y: dataBar.y }).y;
  const bottom = top + dataBar.height * view.scale;
  const meets = top < size.height - margin && bottom > size.height - margin - height;
  const above = size.height - top + margin / 2;
  return meets && above + height < size.height ? above : margin;
}
