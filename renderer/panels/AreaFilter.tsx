import { Button, InputGroup, RangeSlider } from '@blueprintjs/core';
import { useState } from 'react';
import { useProject } from '../state/projectStore.ts';
import { type AreaUnit, type ProposalFilter, withAreaUnit } from '../state/proposalFilter.ts';
import { planePxOf, useReview } from '../state/proposalStore.ts';
import { strings } from '../strings.ts';

const text = strings.proposals;
const { low: lowOf, high: highOf } = text;
const title = text.filterTexts.area.name;

interface AreaFilterProps {
  filter: ProposalFilter;
  onChange(part: Partial<ProposalFilter>): void;
}

/** Bounds of the area: by a slider whose steps are ratios, since sizes differ by factors, or as exact numbers. */
export function AreaFilter({ filter, onChange }: AreaFilterProps) {
  const planePx = useProject(planePxOf);
  const [least, most] = decades(useReview());
  const unitPx = filter.areaUnit === 'px' ? 1 : planePx;
  const inPx = (bound: number | null) => (bound === null ? null : bound * unitPx);
  const [low, high] = [inPx(filter.area[0]), inPx(filter.area[1])];
  const placeOf = (areaPx: number) => Math.min(most, Math.max(least, Math.log10(Math.max(1, areaPx))));
  const boundAt = (place: number) => {
    const areaPx = Math.round(10 ** place);
    return filter.areaUnit === 'px' ? areaPx : Number((areaPx / planePx).toPrecision(3));
  };
  const setUnit = (unit: AreaUnit) => onChange(withAreaUnit(filter, unit, planePx));
  return (
    <>
      <RangeSlider
        min={least}
        max={most}
        stepSize={0.01}
        labelRenderer={false}
        value={[low === null ? least : placeOf(low), high === null ? most : placeOf(high)]}
        onChange={([from, to]) =>
          onChange({ area: [from > least ? boundAt(from) : null, to < most ? boundAt(to) : null] })
        }
        handleHtmlProps={{ start: { 'aria-label': lowOf(title) }, end: { 'aria-label': highOf(title) } }}
      />
      <div className="filter-area">
        <BoundField
          label={lowOf(title)}
          unit={filter.areaUnit}
          bound={filter.area[0]}
          onChange={(bound) => onChange({ area: [bound, filter.area[1]] })}
        />
        <BoundField
          label={highOf(title)}
          unit={filter.areaUnit}
          bound={filter.area[1]}
          onChange={(bound) => onChange({ area: [filter.area[0], bound] })}
        />
        <Button
          size="small"
          variant="outlined"
          aria-label={text.areaUnit}
          title={text.areaUnit}
          text={text.areaUnits[filter.areaUnit]}
          data-testid="area-unit"
          onClick={() => setUnit(filter.areaUnit === 'px' ? 'share' : 'px')}
        />
      </div>
    </>
  );
}

/** Powers of ten around all areas: they stay where they are while proposals are decided. */
function decades({ shown, hidden }: ReturnType<typeof useReview>): [least: number, most: number] {
  let [least, most] = [Number.POSITIVE_INFINITY, 1];
  for (const list of [shown, hidden]) {
    for (const { areaPx } of list) {
      least = Math.min(least, areaPx);
      most = Math.max(most, areaPx);
    }
  }
  const from = Math.floor(Math.log10(Math.max(1, Math.min(least, most))));
  return [from, Math.max(from + 1, Math.ceil(Math.log10(most)))];
}

interface BoundFieldProps {
  label: string;
  unit: AreaUnit;
  bound: number | null;
  onChange(bound: number | null): void;
}

/** A bound as a number; empty: none. */
function BoundField({ label, unit, bound, onChange }: BoundFieldProps) {
  const shown = bound === null ? '' : unit === 'px' ? String(bound) : String(Number((bound * 100).toPrecision(3)));
  const [edited, setEdited] = useState<string | null>(null);
  const commit = () => {
    if (edited === null) return;
    setEdited(null);
    const number = Number(edited.replace(',', '.'));
    if (edited.trim() === '') onChange(null);
    else if (Number.isFinite(number) && number >= 0) onChange(unit === 'px' ? Math.round(number) : number / 100);
  };
  return (
    <InputGroup
      size="small"
      inputMode="decimal"
      aria-label={label}
      title={label}
      placeholder={text.any}
      value={edited ?? shown}
      onValueChange={setEdited}
      onBlur={commit}
      onKeyDown={(event) => {
        // The keys of the review are meant next, and a field would keep them.
        if (event.key === 'Enter') event.currentTarget.blur();
        if (event.key === 'Escape') setEdited(null);
      }}
    />
  );
}
