import { useCallback, useMemo, useState } from 'react';
import type { LineProfile } from '../../electron/service/api/contract.ts';
import { useMeasuring, usePixelScale } from '../state/measureStore.ts';
import { strings } from '../strings.ts';
import { lengthIn, roundLength } from '../units.ts';

/** CSS pixels; the graph proper leaves room for the numbers at its left and below. */
const height = 102;
const plot = { left: 58, top: 6, bottom: height - 31 };
const roomAtRight = 12;
/** Distances are numbered about this far apart. */
const tickDistance = 90;

interface ProfileGraphProps {
  /** null: on its way, the axes stand already. */
  profile: LineProfile | null;
  lengthPx: number;
}

/** Values over the distance from the line's first end; one curve a sample. */
export function ProfileGraph({ profile, lengthPx }: ProfileGraphProps) {
  const scale = usePixelScale();
  const choice = useMeasuring((state) => state.unit);
  const { length, unit } = lengthIn(lengthPx, scale, choice);
  const [low, high] = useMemo(() => valuesRange(profile), [profile]);
  const [width, measure] = useWidth();
  const right = Math.max(plot.left + 1, width - roomAtRight);
  const x = (distance: number) => plot.left + (distance / (length || 1)) * (right - plot.left);
  const y = (value: number) => plot.bottom - ((value - low) / (high - low)) * (plot.bottom - plot.top);
  const curves = useMemo(
    () => (profile?.values ?? []).map((values) => curveOf(values, low, high, right)),
    [profile, low, high, right],
  );
  return (
    <svg
      ref={measure}
      className="profile"
      height={height}
      role="img"
      aria-label={strings.measuring.profile}
      data-testid="profile"
      data-samples={profile?.values[0]?.length}
    >
      {ticks(low, high, 3).map((value) => (
        <g key={value}>
          <line className="profile-grid" x1={plot.left} x2={right} y1={y(value)} y2={y(value)} />
          <text x={plot.left - 6} y={y(value) + 3.5} textAnchor="end">
            {profile ? tickText(value) : ''}
          </text>
        </g>
      ))}
      {ticks(0, length, Math.max(2, (right - plot.left) / tickDistance)).map((distance) => (
        <g key={distance}>
          <line className="profile-grid" x1={x(distance)} x2={x(distance)} y1={plot.bottom} y2={plot.bottom + 4} />
          <text x={x(distance)} y={plot.bottom + 14} textAnchor="middle">
            {tickText(distance)}
          </text>
        </g>
      ))}
      <path className="profile-axes" d={`M${plot.left} ${plot.top}V${plot.bottom}H${right}`} />
      <text className="profile-unit" x={(plot.left + right) / 2} y={height - 4} textAnchor="middle">
        {strings.measuring.distance(unit)}
      </text>
      <text
        className="profile-unit"
        textAnchor="middle"
        transform={`translate(11 ${(plot.top + plot.bottom) / 2}) rotate(-90)`}
      >
        {strings.measuring.value}
      </text>
      {curves.map((curve, sample) => (
        <path
          key={sample}
          className={`profile-curve ${curves.length > 1 ? `profile-curve-${sample}` : ''}`}
          d={curve}
        />
      ))}
    </svg>
  );
}

/** A little more than the values cover; 0 to 1 where there are none. */
function valuesRange(profile: LineProfile | null): [low: number, high: number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of profile?.values.flat() ?? []) {
    if (value === null) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [0, 1];
  const margin = (high - low || Math.abs(high) || 1) * 0.05;
  return [low - margin, high + margin];
}

/** The width that the page gives, CSS pixels. */
function useWidth(): [width: number, measure: (element: SVGSVGElement | null) => (() => void) | undefined] {
  const [width, setWidth] = useState(0);
  const measure = useCallback((element: SVGSVGElement | null) => {
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [width, measure];
}

/** Broken where a value is no number. */
function curveOf(values: readonly (number | null)[], low: number, high: number, right: number): string {
  const step = (right - plot.left) / Math.max(1, values.length - 1);
  return values
    .map((value, index) => {
      if (value === null) return '';
      const begins = index === 0 || values[index - 1] === null;
      const y = plot.bottom - ((value - low) / (high - low)) * (plot.bottom - plot.top);
      return `${begins ? 'M' : 'L'}${(plot.left + index * step).toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
}

/** Round values from `low` to `high`, about `most` of them. */
function ticks(low: number, high: number, most: number): number[] {
  if (!(high > low)) return [];
  const { digit, exponent } = roundLength(((high - low) / most) * 1.5);
  const step = Number(`${digit}e${exponent}`);
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step) - first + 1;
  return Array.from({ length: count }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

const tickText = (value: number) =>
  Math.abs(value) >= 1e6 || (value !== 0 && Math.abs(value) < 1e-3)
    ? value.toExponential(1)
    : value.toLocaleString('en', { maximumSignificantDigits: 6 });
