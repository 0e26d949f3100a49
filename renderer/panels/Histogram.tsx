import { useMemo } from 'react';
import type { DisplayRange } from '../../electron/service/api/contract.ts';
import { strings } from '../strings.ts';

interface HistogramProps {
  bins: readonly number[];
  /** Values that the bins cover. */
  binsRange: DisplayRange;
  /** Values at the left and right border. */
  shown: DisplayRange;
  /** What becomes black and white. */
  range: DisplayRange;
  /** How values between become light. */
  gamma: number;
  inverted: boolean;
}

const heightPx = 48;
const curveSteps = 32;

/** Counts by square root, or a few saturated pixels would flatten all the rest; the line is what becomes of values. */
export function Histogram({ bins, binsRange, shown, range, gamma, inverted }: HistogramProps) {
  const path = useMemo(() => {
    const most = Math.sqrt(Math.max(1, ...bins));
    const place = (value: number) => ((value - shown[0]) / (shown[1] - shown[0] || 1)) * 100;
    const binWidth = (binsRange[1] - binsRange[0]) / bins.length;
    const steps = bins.map((count, index) => {
      const y = heightPx - (Math.sqrt(count) / most) * heightPx;
      const left = place(binsRange[0] + index * binWidth);
      return `L${left.toFixed(2)} ${y.toFixed(1)}L${place(binsRange[0] + (index + 1) * binWidth).toFixed(2)} ${y.toFixed(1)}`;
    });
    return `M${place(binsRange[0]).toFixed(2)} ${heightPx}${steps.join('')}L${place(binsRange[1]).toFixed(2)} ${heightPx}Z`;
  }, [bins, binsRange, shown]);
  const at = (value: number) => ((value - shown[0]) / (shown[1] - shown[0] || 1)) * 100;
  return (
    <svg
      className="histogram"
      viewBox={`0 0 100 ${heightPx}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={strings.display.histogram}
    >
      <path d={path} />
      <rect className="histogram-out" x={0} y={0} width={Math.max(0, at(range[0]))} height={heightPx} />
      <rect
        className="histogram-out"
        x={at(range[1])}
        y={0}
        width={Math.max(0, 100 - at(range[1]))}
        height={heightPx}
      />
      <polyline className="histogram-curve" points={curve([at(range[0]), at(range[1])], gamma, inverted)} />
    </svg>
  );
}

/** Light against value, over the whole width: flat where the range cuts off. */
function curve([left, right]: [number, number], gamma: number, inverted: boolean): string {
  const yOf = (light: number) => (inverted ? light : 1 - light) * heightPx;
  const between = Array.from({ length: curveSteps + 1 }, (_, step) => {
    const place = step / curveSteps;
    return `${(left + place * (right - left)).toFixed(2)},${yOf(place ** gamma).toFixed(1)}`;
  });
  return [`0,${yOf(0)}`, ...between, `100,${yOf(1)}`].join(' ');
}
