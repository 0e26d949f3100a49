import { Button, RangeSlider, SegmentedControl, Slider } from '@blueprintjs/core';
import {
  type Bounds,
  type FilterName,
  filterNames,
  isSet,
  noFilter,
  type ProposalFilter,
} from '../state/proposalFilter.ts';
import { useProposals, useReview } from '../state/proposalStore.ts';
import { strings } from '../strings.ts';
import { AreaFilter } from './AreaFilter.tsx';
import { FilterPicture } from './FilterPicture.tsx';
import { PanelSection } from './PanelSection.tsx';
import { percent } from './percent.ts';

const text = strings.proposals;

export function setFilter(part: Partial<ProposalFilter>): void {
  useProposals.setState(({ filter }) => ({ filter: { ...filter, ...part } }));
}

/** Which proposals are shown; at once, whatever the run has given. */
export function ProposalFilters() {
  const { hidden, hiddenBy } = useReview();
  const filter = useProposals((state) => state.filter);
  const unfiltered = !filterNames.some((name) => isSet(name, filter));
  return (
    <PanelSection
      title={text.filters}
      className="filters"
      folded
      extra={
        <>
          <span className="muted" data-testid="proposals-hidden" data-hidden={hidden.length}>
            {text.hidden(hidden.length)}
          </span>
          <Button
            variant="minimal"
            size="small"
            text={text.showAll}
            disabled={unfiltered}
            data-testid="show-all"
            onClick={() => setFilter({ ...noFilter, areaUnit: filter.areaUnit })}
          />
        </>
      }
    >
      {filterNames.map((name) => (
        <FilterRow key={name} name={name} hides={hiddenBy[name]} filter={filter} />
      ))}
    </PanelSection>
  );
}

function FilterRow({ name, hides, filter }: { name: FilterName; hides: number; filter: ProposalFilter }) {
  const { name: title, meaning } = text.filterTexts[name];
  return (
    <div
      className="filter"
      title={meaning}
      data-testid={`filter-${name}`}
      data-hides={hides}
      data-set={isSet(name, filter)}
    >
      <FilterPicture name={name} />
      <span className="filter-name" id={`filter-${name}`}>
        {title}
      </span>
      <span className="filter-value muted">{valueOf(name, filter)}</span>
      <span className="filter-hides" title={text.hidesLong(hides)}>
        {hides > 0 && text.hides(hides)}
      </span>
      <div className="filter-control">
        <Control name={name} filter={filter} />
      </div>
    </div>
  );
}

/** What a slider is set to; choices say it themselves. */
function valueOf(name: FilterName, filter: ProposalFilter): string {
  switch (name) {
    case 'confidence':
    case 'predictedIou':
    case 'stability': {
      const [low, high] = filter[name];
      return low === null && high === null ? text.any : text.range(percent(low ?? 0), percent(high ?? 1));
    }
    case 'overlap':
      return filter.overlap === null ? text.any : text.upTo(percent(filter.overlap));
    default:
      return '';
  }
}

function Control({ name, filter }: { name: FilterName; filter: ProposalFilter }) {
  switch (name) {
    case 'area':
      return <AreaFilter filter={filter} onChange={setFilter} />;
    case 'confidence':
    case 'predictedIou':
    case 'stability':
      return <ShareRange name={name} bounds={filter[name]} />;
    case 'border':
      return (
        <Choice
          name={name}
          values={['any', 'inside', 'touching'] as const}
          value={filter.border}
          labelOf={(value) => text.borders[value]}
          onChange={(border) => setFilter({ border })}
        />
      );
    case 'nesting':
      return <Most name={name} values={[0, 1, 2]} value={filter.nesting} />;
    case 'parts':
      return <Most name={name} values={[1, 2, 3]} value={filter.parts} />;
    case 'overlap':
      return <ShareMost bound={filter.overlap} />;
  }
}

const stepShare = 0.01;

/** The ends of the slider are no bounds: scores a little outside 0..1 stay. */
function ShareRange({ name, bounds }: { name: 'confidence' | 'predictedIou' | 'stability'; bounds: Bounds }) {
  const [low, high] = [bounds[0] ?? 0, bounds[1] ?? 1];
  const title = text.filterTexts[name].name;
  return (
    <RangeSlider
      min={0}
      max={1}
      stepSize={stepShare}
      labelRenderer={false}
      value={[low, high]}
      onChange={([from, to]) => setFilter({ [name]: [from > 0 ? from : null, to < 1 ? to : null] })}
      handleHtmlProps={{ start: { 'aria-label': text.low(title) }, end: { 'aria-label': text.high(title) } }}
    />
  );
}

function ShareMost({ bound }: { bound: number | null }) {
  return (
    <Slider
      min={0}
      max={1}
      stepSize={stepShare}
      labelRenderer={false}
      value={bound ?? 1}
      onChange={(value) => setFilter({ overlap: value < 1 ? value : null })}
      handleHtmlProps={{ 'aria-label': text.high(text.filterTexts.overlap.name) }}
    />
  );
}

function Most({ name, values, value }: { name: 'nesting' | 'parts'; values: number[]; value: number | null }) {
  const lowest = values[0]!;
  return (
    <Choice
      name={name}
      values={[...values.map(String), 'any']}
      value={value === null ? 'any' : String(value)}
      labelOf={(one) => (one === 'any' ? text.any : Number(one) === lowest ? one : text.upTo(one))}
      onChange={(one) => setFilter({ [name]: one === 'any' ? null : Number(one) })}
    />
  );
}

interface ChoiceProps<Value extends string> {
  name: FilterName;
  values: readonly Value[];
  value: Value;
  labelOf(value: Value): string;
  onChange(value: Value): void;
}

function Choice<Value extends string>({ name, values, value, labelOf, onChange }: ChoiceProps<Value>) {
  return (
    <SegmentedControl
      size="small"
      fill
      role="radiogroup"
      aria-labelledby={`filter-${name}`}
      options={values.map((one) => ({ value: one, label: labelOf(one) }))}
      value={value}
      onValueChange={(chosen) => onChange(chosen as Value)}
    />
  );
}
