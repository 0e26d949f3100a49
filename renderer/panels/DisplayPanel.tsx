import { Button, ButtonGroup, RangeSlider, Slider } from '@blueprintjs/core';
import type { DisplayRange, MicrographView } from '../../electron/service/api/contract.ts';
import { setDisplayRange } from '../actions/images.ts';
import { CommandButton } from '../app/CommandButton.tsx';
import { useAppearance } from '../state/appearanceStore.ts';
import { useProject } from '../state/projectStore.ts';
import { useView } from '../state/viewStore.ts';
import { strings } from '../strings.ts';
import { DisplayAppearance } from './DisplayAppearance.tsx';
import { DisplayNumber } from './DisplayNumber.tsx';
import { Histogram } from './Histogram.tsx';
import { PanelSection } from './PanelSection.tsx';

/** Contrast and colours of the micrograph (the raw data stay as they are) and opacity of the masks. */
export function DisplayPanel() {
  const micrograph = useProject((state) => state.micrograph);
  const range = useProject((state) => state.displayRange);
  const opacity = useView((state) => state.maskOpacity);
  return (
    <PanelSection title={strings.display.title} className="display">
      {micrograph && range && <RangeControls micrograph={micrograph} range={range} />}
      {micrograph && <DisplayAppearance colour={micrograph.samples === 3} />}
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
  const { gamma, inverted } = useAppearance();
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
      <Histogram bins={histogram} binsRange={histogramRange} shown={[min, max]} {...{ range, gamma, inverted }} />
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
        <DisplayNumber
          label={strings.display.low}
          value={range[0]}
          step={step}
          whole={whole}
          onChange={(low) => apply([low, range[1]])}
        />
        <DisplayNumber
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
