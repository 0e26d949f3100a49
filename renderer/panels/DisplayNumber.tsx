import { NumericInput } from '@blueprintjs/core';

interface DisplayNumberProps {
  label: string;
  value: number;
  step: number;
  whole: boolean;
  onChange(value: number): void;
}

/** A figure of the display, to be typed exactly; it counts once it is entered or left. */
export function DisplayNumber({ label, value, step, whole, onChange }: DisplayNumberProps) {
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
