import { Button, ButtonGroup } from '@blueprintjs/core';
import { EyeOff, EyeOpen } from '@blueprintjs/icons';
import { useEffect } from 'react';
import type { MicrographView } from '../../electron/service/api/contract.ts';
import { loadChannelRanges, setChannelColor, setChannelVisible } from '../actions/composite.ts';
import { showPlane } from '../actions/planes.ts';
import { CommandButton } from '../app/CommandButton.tsx';
import type { Ramp } from '../canvas/lookupTables.ts';
import { canBeComposite, channelColor, useComposite, visibleChannels } from '../state/compositeStore.ts';
import { strings } from '../strings.ts';
import { CompositeIcon } from './CompositeIcon.tsx';

const text = strings.planes;

interface PlaneChannelsProps {
  micrograph: MicrographView;
  current: number;
}

/** The channels by name, one alone on screen; or several at once, each in its colour. */
export function PlaneChannels({ micrograph, current }: PlaneChannelsProps) {
  const composite = useComposite();
  useEffect(() => void loadChannelRanges(micrograph, composite), [micrograph, composite]);
  const visible = visibleChannels(micrograph, composite);
  const buttons = Array.from({ length: micrograph.channels }, (_, c) => {
    const { name = null, color = null } = micrograph.channelInfo?.[c] ?? {};
    const label = text.channel(c, name);
    const isCurrent = c === current;
    const select = (
      <Button
        key={c}
        size="small"
        variant="outlined"
        active={isCurrent}
        aria-pressed={isCurrent}
        data-testid={`channel-${c}`}
        icon={color && !composite.on ? <span className="channel-color" style={{ background: color }} /> : null}
        text={label}
        {...(composite.on ? { title: titleOf(isCurrent, (micrograph.modelLook?.composite ?? null) !== null) } : {})}
        onClick={() => showPlane({ c })}
      />
    );
    if (!composite.on) return select;
    return (
      <ButtonGroup key={c}>
        <Visibility c={c} label={label} isVisible={visible.includes(c)} isLast={visible.length === 1} />
        <input
          type="color"
          className="channel-color-input"
          aria-label={text.color(label)}
          title={text.color(label)}
          value={channelColor(micrograph, composite, c)}
          data-testid={`channel-color-${c}`}
          onChange={(event) => setChannelColor(c, event.target.value as Ramp)}
        />
        {select}
      </ButtonGroup>
    );
  });
  return (
    <div className="plane-channels" role="group" aria-label={text.channels}>
      {composite.on ? buttons : <ButtonGroup>{buttons}</ButtonGroup>}
      {canBeComposite(micrograph) && (
        <CommandButton
          command="toggle-composite"
          size="small"
          icon={<CompositeIcon />}
          text={text.composite}
          active={composite.on}
        />
      )}
    </div>
  );
}

function titleOf(isCurrent: boolean, modelSeesAll: boolean): string {
  if (modelSeesAll) return isCurrent ? text.currentForView : text.makeCurrentForView;
  return isCurrent ? text.current : text.makeCurrent;
}

interface VisibilityProps {
  c: number;
  label: string;
  isVisible: boolean;
  /** No more than one is visible. */
  isLast: boolean;
}

/** The last visible channel can't be hidden: nothing would be left to see. */
function Visibility({ c, label, isVisible, isLast }: VisibilityProps) {
  const title = isVisible ? text.hide(label) : text.show(label);
  const isKept = isVisible && isLast;
  return (
    <Button
      size="small"
      variant="outlined"
      icon={isVisible ? <EyeOpen size={14} /> : <EyeOff size={14} />}
      disabled={isKept}
      aria-label={title}
      title={isKept ? text.lastShown : title}
      data-testid={`channel-visible-${c}`}
      onClick={() => setChannelVisible(c, !isVisible)}
    />
  );
}
