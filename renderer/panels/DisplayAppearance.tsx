import { Button, Checkbox, Slider } from '@blueprintjs/core';
import { Contrast, EyeOpen, Reset } from '@blueprintjs/icons';
import { showModelTheScreen } from '../actions/modelLook.ts';
import { CommandButton } from '../app/CommandButton.tsx';
import {
  changeAppearance,
  isPlain,
  resetAppearance,
  shareAppearance,
  useAppearance,
  useAppearanceShared,
} from '../state/appearanceStore.ts';
import { useProject } from '../state/projectStore.ts';
import { strings } from '../strings.ts';
import { DisplayNumber } from './DisplayNumber.tsx';
import { DisplayTableMenu } from './DisplayTableMenu.tsx';

const text = strings.appearance;

const [least, most] = [0.2, 5];
const clampGamma = (gamma: number) => Math.min(most, Math.max(least, Math.round(gamma * 100) / 100));
/** The slider's places are logarithms, so that 1 lies in the middle and halving is as far as doubling. */
const reach = Math.log(most);
const stepsEachWay = 40;

/** Gamma, inversion and colours of the micrograph: for the eye, and for the model where that is wanted. */
export function DisplayAppearance({ colour }: { colour: boolean }) {
  const appearance = useAppearance();
  const shared = useAppearanceShared();
  const forModel = useProject(({ micrograph }) => (micrograph?.modelLook ?? null) !== null);
  const writable = useProject(({ project }) => project?.writable === true);
  return (
    <div className="appearance" role="group" aria-label={text.title}>
      <Gamma gamma={appearance.gamma} />
      <div className="appearance-row">
        <DisplayTableMenu current={appearance.table} colour={colour} />
        <CommandButton
          command="invert"
          size="small"
          variant="outlined"
          icon={<Contrast />}
          text={text.invert}
          active={appearance.inverted}
        />
      </div>
      <div className="appearance-row">
        <Checkbox
          className="appearance-choice"
          label={text.forAll}
          checked={shared && !forModel}
          disabled={forModel}
          data-testid="appearance-shared"
          onChange={(event) => shareAppearance(event.currentTarget.checked)}
        />
        <Button
          size="small"
          variant="minimal"
          icon={<Reset />}
          text={text.reset}
          title={text.resetLong}
          disabled={isPlain(appearance)}
          data-testid="reset-appearance"
          onClick={resetAppearance}
        />
      </div>
      <div className="appearance-row">
        <Checkbox
          className="appearance-choice"
          label={text.forModel}
          checked={forModel}
          disabled={!writable}
          title={text.forModelLong}
          data-testid="model-sees-screen"
          onChange={(event) => showModelTheScreen(event.currentTarget.checked)}
        />
        <CommandButton command="model-input" size="small" variant="minimal" icon={<EyeOpen />} text={text.look} />
      </div>
    </div>
  );
}

function Gamma({ gamma }: { gamma: number }) {
  const setGamma = (next: number) => changeAppearance({ gamma: clampGamma(next) });
  const handle = { 'aria-labelledby': 'gamma-label', 'aria-valuetext': String(gamma) };
  return (
    <div className="gamma" title={text.gammaLong} data-testid="gamma" data-gamma={gamma}>
      <span id="gamma-label">{text.gamma}</span>
      <div onDoubleClick={() => setGamma(1)}>
        <Slider
          min={-reach}
          max={reach}
          stepSize={reach / stepsEachWay}
          labelRenderer={false}
          initialValue={0}
          value={Math.log(gamma)}
          onChange={(place) => setGamma(Math.exp(place))}
          handleHtmlProps={handle}
        />
      </div>
      <DisplayNumber label={text.gamma} value={gamma} step={0.1} whole={false} onChange={setGamma} />
    </div>
  );
}
