import { Button } from '@blueprintjs/core';
import { Cross } from '@blueprintjs/icons';
import { dropLine, openPixelSize } from '../actions/measuring.ts';
import { rulerAngle, rulerLength, type RulerLine } from '../canvas/ruler.ts';
import { useLengthText, useMeasuring } from '../state/measureStore.ts';
import { useProject } from '../state/projectStore.ts';
import { strings } from '../strings.ts';
import { lengthText } from '../units.ts';
import { ProfileGraph } from './ProfileGraph.tsx';

const text = strings.measuring;

/** What the line on the canvas measures, and the values along it. */
export function RulerStrip({ line }: { line: RulerLine }) {
  const profile = useMeasuring((state) => state.profile);
  const writable = useProject((state) => state.project?.writable ?? false);
  const physical = useLengthText();
  const lengthPx = rulerLength(line);
  const [long, px] = [physical(lengthPx), lengthText(lengthPx, null, 'px')];
  return (
    <section className="strip ruler-strip" aria-label={text.line} data-testid="ruler-strip">
      <div className="ruler-facts numbers">
        <strong data-testid="ruler-length">{long}</strong>
        {px !== long && <span data-testid="ruler-length-px">{px}</span>}
        <span className="muted" data-testid="ruler-angle">
          {text.angle(rulerAngle(line))}
        </span>
      </div>
      <ProfileGraph profile={profile} lengthPx={lengthPx} />
      <div className="strip-actions">
        {writable && (
          <Button
            variant="outlined"
            fill
            text={text.setPixelSize}
            title={text.setFromLine}
            data-testid="ruler-pixel-size"
            onClick={openPixelSize}
          />
        )}
        <Button
          variant="outlined"
          fill
          icon={<Cross />}
          text={
            <>
              {strings.actions.remove} <kbd>Esc</kbd>
            </>
          }
          title={text.remove}
          data-testid="ruler-remove"
          onClick={dropLine}
        />
      </div>
    </section>
  );
}
