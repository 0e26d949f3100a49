import { useCallback, useMemo } from 'react';
import { create } from 'zustand';
import type { LineProfile } from '../../electron/service/api/contract.ts';
import { rulerAngle, rulerLength, type RulerLine } from '../canvas/ruler.ts';
import { strings } from '../strings.ts';
import { areaText, lengthText, type PixelScale, pixelScaleOf, type UnitChoice } from '../units.ts';
import { useProject } from './projectStore.ts';

/** What is measured in this window; nothing of it belongs to the project. */
export interface MeasureState {
  /** Kept for each project, see actions/measuring.ts. */
  unit: UnitChoice;
  /** The line on the image on screen. */
  line: RulerLine | null;
  /** Values along it; null while it is drawn. */
  profile: LineProfile | null;
  /** The next line is drawn along a scale bar, to tell the pixel size. */
  calibrating: boolean;
}

/** Another image is shown, or the line is taken away. */
export const noLine = { line: null, profile: null, calibrating: false };

export const useMeasuring = create<MeasureState>()(() => ({ unit: 'auto', ...noLine }));

/** Length of a pixel of the image on screen; null: not known. */
export function usePixelScale(): PixelScale | null {
  const micrograph = useProject((state) => state.micrograph);
  return useMemo(() => micrograph && pixelScaleOf(micrograph), [micrograph]);
}

/** Areas on the image on screen as they are shown. */
export function useAreaText(): (areaPx: number) => string {
  const scale = usePixelScale();
  const unit = useMeasuring((state) => state.unit);
  return useCallback((areaPx) => areaText(areaPx, scale, unit), [scale, unit]);
}

/** Lengths on the image on screen as they are shown. */
export function useLengthText(): (lengthPx: number) => string {
  const scale = usePixelScale();
  const unit = useMeasuring((state) => state.unit);
  return useCallback((lengthPx) => lengthText(lengthPx, scale, unit), [scale, unit]);
}

/** What stands beside a line: its length, in pixels too where that is another one, and its angle. */
export function useLineText(line: RulerLine | null): string {
  const physical = useLengthText();
  if (!line) return '';
  const lengthPx = rulerLength(line);
  const parts = [physical(lengthPx), lengthText(lengthPx, null, 'px')];
  return [...new Set(parts), strings.measuring.angle(rulerAngle(line))].join(' · ');
}
