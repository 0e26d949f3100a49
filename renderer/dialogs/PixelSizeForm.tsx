import { Button, Checkbox, ControlGroup, FormGroup, HTMLSelect, InputGroup, SegmentedControl } from '@blueprintjs/core';
import { useState } from 'react';
import type { MicrographView, PixelLength } from '../../electron/service/api/contract.ts';
import { chooseUnit, closePixelSize, drawAlongScaleBar, savePixelSize } from '../actions/measuring.ts';
import { rulerLength } from '../canvas/ruler.ts';
import { useMeasuring } from '../state/measureStore.ts';
import { useProject } from '../state/projectStore.ts';
import { strings } from '../strings.ts';
import {
  lengthText,
  type LengthUnit,
  lengthUnits,
  pixelScaleOf,
  positiveNumber,
  significant,
  type UnitChoice,
  unitChoices,
} from '../units.ts';

const text = strings.measuring;

/** Sets the pixel size of the image on screen: as a number, or by a line along its burnt-in scale bar. */
export function PixelSizeForm({ micrograph }: { micrograph: MicrographView }) {
  const writable = useProject((state) => state.project?.writable ?? false);
  const line = useMeasuring((state) => state.line);
  const calibrating = useMeasuring((state) => state.calibrating);
  const [way, setWay] = useState<'value' | 'line'>(calibrating ? 'line' : 'value');
  const known = pixelScaleOf(micrograph);
  const [typed, setTyped] = useState(known ? String(Number(known.size.toPrecision(6))) : '');
  const [unit, setUnit] = useState<LengthUnit>(known?.unit ?? 'nm');
  const [typedBar, setTypedBar] = useState('');
  const [barUnit, setBarUnit] = useState<LengthUnit>('µm');
  const [forUnknown, setForUnknown] = useState(false);
  const [saving, setSaving] = useState(false);

  const linePx = line && rulerLength(line);
  const bar = positiveNumber(typedBar);
  const fromLine = bar !== null && linePx ? { size: bar / linePx, unit: barUnit } : null;
  const value = positiveNumber(typed);
  const wanted: PixelLength | null = way === 'line' ? fromLine : value === null ? null : { size: value, unit };

  const save = async (pixelSize: PixelLength | null, others: boolean) => {
    setSaving(true);
    const saved = await savePixelSize({ pixelSize, forUnknown: others });
    setSaving(false);
    if (saved) closePixelSize();
  };

  return (
    <form
      className="pixel-size-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (wanted && writable) void save(wanted, forUnknown);
      }}
    >
      <InUse micrograph={micrograph} />
      {writable && (
        <>
          <SegmentedControl
            fill
            size="small"
            value={way}
            onValueChange={(chosen) => setWay(chosen as 'value' | 'line')}
            options={[
              { value: 'value', label: text.byValue },
              { value: 'line', label: text.byLine },
            ]}
          />
          {way === 'value' ? (
            <FormGroup label={text.pixelLength} labelFor="pixel-size-value">
              <LengthField id="pixel-size-value" typed={typed} unit={unit} onType={setTyped} onUnit={setUnit} />
            </FormGroup>
          ) : linePx ? (
            <FormGroup
              label={text.barLength(lengthText(linePx, null, 'px'))}
              labelFor="pixel-size-value"
              helperText={fromLine ? text.gives(lengthText(1, fromLine, 'auto')) : text.givesNothing}
            >
              <LengthField
                id="pixel-size-value"
                typed={typedBar}
                unit={barUnit}
                onType={setTypedBar}
                onUnit={setBarUnit}
              />
            </FormGroup>
          ) : (
            <p className="muted">{text.noLine}</p>
          )}
          {way === 'line' && (
            <Button
              text={linePx ? text.drawAgain : text.draw}
              data-testid="pixel-size-draw"
              onClick={drawAlongScaleBar}
            />
          )}
          <Checkbox
            label={text.forUnknown}
            checked={forUnknown}
            data-testid="pixel-size-for-unknown"
            onChange={(event) => setForUnknown(event.currentTarget.checked)}
          />
          <div className="pixel-size-actions">
            {micrograph.filePixelSize && (
              <Button
                variant="minimal"
                disabled={saving}
                text={micrograph.filePixelSize.pixelSize === null ? text.forget : text.restore}
                data-testid="pixel-size-restore"
                onClick={() => void save(null, false)}
              />
            )}
            <span className="pixel-size-gap" />
            <Button text={strings.actions.cancel} onClick={closePixelSize} />
            <Button
              type="submit"
              intent="primary"
              text={text.set}
              loading={saving}
              disabled={!wanted}
              data-testid="pixel-size-set"
            />
          </div>
        </>
      )}
      <UnitOfMeasures />
    </form>
  );
}

/** What holds now and who says so, and the file's own size where another one holds. */
function InUse({ micrograph }: { micrograph: MicrographView }) {
  const sizeOf = (facts: Pick<MicrographView, 'pixelSize' | 'pixelUnit'>) => {
    const scale = pixelScaleOf(facts);
    if (scale) return lengthText(1, scale, 'auto');
    return facts.pixelSize === null ? null : `${significant(facts.pixelSize)} ${facts.pixelUnit ?? ''}`.trim();
  };
  const size = sizeOf(micrograph);
  const { pixelSizeSource, filePixelSize } = micrograph;
  const fileSize = filePixelSize && sizeOf(filePixelSize);
  return (
    <p className="pixel-size-in-use" data-testid="pixel-size-in-use">
      {size === null ? (
        text.unknown
      ) : (
        <>
          <strong>{size}</strong> <span className="muted">{pixelSizeSource && text.source(pixelSizeSource)}</span>
        </>
      )}
      {filePixelSize && (
        <span className="muted pixel-size-file">
          {fileSize ? text.fileSays(fileSize, filePixelSize.pixelSizeSource ?? '') : text.fileSilent}
        </span>
      )}
    </p>
  );
}

interface LengthFieldProps {
  id: string;
  typed: string;
  unit: LengthUnit;
  onType(typed: string): void;
  onUnit(unit: LengthUnit): void;
}

/** The dialog takes the focus when it opens; a moment later it goes on to the field. */
const focusWhenShown = (input: HTMLInputElement | null) => void requestAnimationFrame(() => input?.select());

function LengthField({ id, typed, unit, onType, onUnit }: LengthFieldProps) {
  return (
    <ControlGroup fill>
      <InputGroup
        id={id}
        inputRef={focusWhenShown}
        inputMode="decimal"
        autoComplete="off"
        value={typed}
        intent={typed.trim() !== '' && positiveNumber(typed) === null ? 'danger' : 'none'}
        data-testid="pixel-size-value"
        onValueChange={onType}
      />
      <HTMLSelect
        className="pixel-size-unit"
        aria-label={text.unit}
        value={unit}
        data-testid="pixel-size-unit"
        onChange={(event) => onUnit(event.target.value as LengthUnit)}
      >
        {lengthUnits.map((one) => (
          <option key={one} value={one}>
            {one}
          </option>
        ))}
      </HTMLSelect>
    </ControlGroup>
  );
}

/** In what unit the workbench shows lengths and areas, in this project. */
function UnitOfMeasures() {
  const unit = useMeasuring((state) => state.unit);
  return (
    <FormGroup inline label={text.showIn} labelFor="unit-of-measures" className="pixel-size-show">
      <HTMLSelect
        id="unit-of-measures"
        value={unit}
        data-testid="unit-of-measures"
        onChange={(event) => chooseUnit(event.target.value as UnitChoice)}
      >
        {unitChoices.map((choice) => (
          <option key={choice} value={choice}>
            {text.unitChoices[choice]}
          </option>
        ))}
      </HTMLSelect>
    </FormGroup>
  );
}
