import { Button, ButtonGroup, NumericInput, RangeSlider, Slider } from '@blueprintjs/core';
import type { DisplayRange, MicrographView } from '../../electron/service/api/contract.ts';
import { setDisplayRange } from '../actions/images.ts';
import { CommandButton } from '../app/CommandButton.tsx';
import { useProject } from '../state/projectStore.ts';
import { useView } from '../state/viewStore.ts';
import { strings } from '../strings.ts';
import { Histogram } from './Histogram.tsx';
import { PanelSection } from './PanelSection.tsx';

/** Contrast of the micrograph (the raw data stay as they are) and opacity of the masks. */
export function DisplayPanel() {
  const micrograph = useProject((state) => state.micrograph);
  const range = useProject((state) => state.displayRange);
  const opacity = useView((state) => state.maskOpacity);
  return (
    <PanelSection title={strings.display.title} className="display">
      {micrograph && range && <RangeControls micrograph={micrograph} range={range} />}
      <div className="opacity">
        <span id="opacity-label">{strings.display.opacity}</span>
        <Slider
          min={0}
          max={1}
          stepSize={0.05}
          labelRenderer={false}
          value={opacity}
          onChange={(maskOpacity) => useView.setState({ maskOpacity })}
          handleHtmlProps={{ 'aria-labelledby': 'opacity-label' }}
        />
      </div>
    </PanelSection>
  );
}

function RangeControls({ micrograph, range }: { micrograph: MicrographView; range: DisplayRange }) {
  const { dtype, fullRange, histogram, histogramRange } = micrograph;
  const whole = dtype !== 'float32';
  const step = whole ? 1 : (fullRange[1] - fullRange[0]) / 1000;
  // The user's range may lie outside the data; the slider reaches as far as it does.
  const min = Math.min(histogramRange[0], range[0]);
  const max = Math.max(histogramRange[1], range[1]);
  const apply = ([low, high]: [number, number]) => {
    if (high > low) setDisplayRange([low, high]);
  };
  return (
    <>
      <Histogram bins={histogram} binsRange={histogramRange} shown={[min, max]} range={range} />
      <RangeSlider
        min={min}
        max={max > min ? max : min + step}
        stepSize={step}
        labelRenderer={false}
        value={range}
        onChange={apply}
        handleHtmlProps={{
          start: { 'aria-label': `${strings.display.range}: ${strings.display.low}` },
          end: { 'aria-label': `${strings.display.range}: ${strings.display.high}` },
        }}
      />
      <div className="range-numbers">
        <Bound
          label={strings.display.low}
          value={range[0]}
          step={step}
          whole={whole}
          onChange={(low) => apply([low, range[1]])}
        />
        <Bound
          label={strings.display.high}
          value={range[1]}
          step={step}
          whole={whole}
          onChange={(high) => apply([range[0], high])}
        />
        <ButtonGroup>
          <CommandButton command="auto-contrast" size="small" variant="outlined" text={strings.display.auto} />
          <Button
            size="small"
            variant="outlined"
            text={strings.display.full}
            data-testid="full-range"
            onClick={() => setDisplayRange(fullRange)}
          />
        </ButtonGroup>
      </div>
    </>
  );
}

interface BoundProps {
  label: string;
  value: number;
  step: number;
  whole: boolean;
  onChange(value: number): void;
}

function Bound({ label, value, step, whole, onChange }: BoundProps) {
  return (
    <NumericInput
      // A change from elsewhere (slider, automatic contrast) replaces what stands in the field.
      key={value}
      className="bound"
      size="small"
      buttonPosition="none"
      aria-label={label}
      title={label}
      defaultValue={whole ? Math.round(value) : Number(value.toPrecision(6))}
      stepSize={step}
      minorStepSize={null}
      allowNumericCharactersOnly={false}
      onBlur={(event) => commit(event.target.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') commit(event.currentTarget.value);
      }}
    />
  );

  function commit(text: string): void {
    const wanted = Number(text);
    if (text.trim() !== '' && Number.isFinite(wanted) && wanted !== value) onChange(wanted);
  }
}
