import { Slider } from '@blueprintjs/core';
import { Layers } from '@blueprintjs/icons';
import { useId } from 'react';
import { showPlane } from '../actions/planes.ts';
import { CommandButton } from '../app/CommandButton.tsx';
import { useProject } from '../state/projectStore.ts';
import { strings } from '../strings.ts';
import { PlaneChannels } from './PlaneChannels.tsx';

const text = strings.planes;

/** Which plane of a stack, of a series or of several channels is on screen; nothing for a single picture. */
export function PlaneBar() {
  const micrograph = useProject((state) => state.micrograph);
  const plane = useProject((state) => state.plane);
  if (!micrograph || (micrograph.channels <= 1 && micrograph.z <= 1 && micrograph.t <= 1)) return null;
  const { channels, z, t } = micrograph;
  return (
    <section className="plane-bar" aria-label={text.title} data-testid="plane-bar">
      {channels > 1 && <PlaneChannels micrograph={micrograph} current={plane.c ?? 0} />}
      {z > 1 && (
        <Position label={text.slice} axis="z" count={z} at={plane.z} onChange={(next) => showPlane({ z: next })} />
      )}
      {t > 1 && (
        <Position label={text.time} axis="t" count={t} at={plane.t} onChange={(next) => showPlane({ t: next })} />
      )}
      {(z > 1 || t > 1) && (
        <CommandButton command="propagate" size="small" icon={<Layers />} text={strings.commands.titles.propagate} />
      )}
      {z > 1 && t > 1 && (
        <CommandButton
          command="propagate-in-time"
          size="small"
          icon={<Layers />}
          text={strings.commands.titles['propagate-in-time']}
        />
      )}
    </section>
  );
}

interface PositionProps {
  label: string;
  axis: 'z' | 't';
  count: number;
  at: number;
  onChange(next: number): void;
}

function Position({ label, axis, count, at, onChange }: PositionProps) {
  const id = useId();
  return (
    <div className="plane-position">
      <span id={id}>{label}</span>
      <Slider
        min={0}
        max={count - 1}
        stepSize={1}
        labelRenderer={false}
        showTrackFill={false}
        value={at}
        onChange={onChange}
        handleHtmlProps={{ 'aria-labelledby': id }}
      />
      <span className="numbers" data-testid={`plane-${axis}`}>
        {text.at(at, count)}
      </span>
    </div>
  );
}
