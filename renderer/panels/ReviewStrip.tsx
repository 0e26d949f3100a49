import { ButtonGroup } from '@blueprintjs/core';
import { ArrowDown, ArrowUp, Cross, Tick } from '@blueprintjs/icons';
import type { ObjectView } from '../../electron/service/api/contract.ts';
import { CommandButton, Keys } from '../app/CommandButton.tsx';
import { maskOf } from '../state/masks.ts';
import { useAreaText } from '../state/measureStore.ts';
import { factsOf } from '../state/proposalFilter.ts';
import { useProject } from '../state/projectStore.ts';
import { useReview } from '../state/proposalStore.ts';
import { strings } from '../strings.ts';
import { CandidatePicture } from './CandidatePicture.tsx';
import { percent } from './percent.ts';
import { Score } from './Score.tsx';

const text = strings.proposals;
const pictureSizePx = 92;
const unknownColor = '#888888';

/** The proposal under review with what is known of it, to be accepted or rejected. */
export function ReviewStrip({ picked }: { picked: readonly ObjectView[] }) {
  const { shown, decided } = useReview();
  const current = picked.at(-1)!;
  const objectClass = useProject((state) => state.records.classes.find(({ id }) => id === current.classId));
  const color = objectClass?.color ?? unknownColor;
  return (
    <section
      className="strip review"
      aria-label={text.review}
      data-testid="review-strip"
      data-object-id={current.id}
      style={{ '--candidate': color } as React.CSSProperties}
    >
      <Picture proposal={current} color={color} />
      {picked.length > 1 ? (
        <div className="review-facts">
          <strong>{text.several(picked.length)}</strong>
          <span className="muted">{text.severalHint}</span>
        </div>
      ) : (
        <Facts proposal={current} classTitle={objectClass?.name ?? ''} color={color} />
      )}
      <div className="review-where">
        <span className="review-left" role="status">
          {text.left(shown.length, shown.length + decided)}
        </span>
        <ButtonGroup>
          <CommandButton
            command="previous-proposal"
            tipPlacement="top"
            variant="outlined"
            icon={<ArrowUp />}
            text={<Keys command="previous-proposal" first />}
          />
          <CommandButton
            command="next-proposal"
            tipPlacement="top"
            variant="outlined"
            icon={<ArrowDown />}
            text={<Keys command="next-proposal" first />}
          />
        </ButtonGroup>
      </div>
      <div className="strip-actions">
        <CommandButton
          command="accept-proposal"
          tipPlacement="top"
          variant="solid"
          intent="success"
          fill
          icon={<Tick />}
          text={
            <>
              {text.accept} <Keys command="accept-proposal" first />
            </>
          }
        />
        <CommandButton
          command="reject-proposal"
          tipPlacement="top"
          variant="outlined"
          fill
          icon={<Cross />}
          text={
            <>
              {text.reject} <Keys command="reject-proposal" first />
            </>
          }
        />
      </div>
    </section>
  );
}

function Picture({ proposal, color }: { proposal: ObjectView; color: string }) {
  const project = useProject((state) => state.project?.id);
  const micrograph = useProject((state) => state.micrograph);
  const range = useProject((state) => state.displayRange);
  const mask = maskOf(proposal.id, proposal.maskRevision);
  if (project === undefined || !micrograph || !range || !mask) return null;
  return <CandidatePicture {...{ project, micrograph, range, mask, color }} size={pictureSizePx} />;
}

function Facts({ proposal, classTitle, color }: { proposal: ObjectView; classTitle: string; color: string }) {
  const { id, areaPx, predictedIou, stability } = proposal;
  const areaOf = useAreaText();
  const { source, confidence, touchesBorder, nesting, parts, overlap } = factsOf(proposal);
  const remarks = [
    areaOf(areaPx),
    ...(source === 'automatic' ? [] : [text[source]]),
    ...(touchesBorder ? [text.remarks.border] : []),
    ...(nesting > 0 ? [text.remarks.nesting(nesting)] : []),
    ...(parts > 1 ? [text.remarks.parts(parts)] : []),
    ...(overlap >= 0.005 ? [text.remarks.overlap(percent(overlap))] : []),
  ];
  return (
    <div className="review-facts">
      <span className="review-name">
        <strong>{text.current(id)}</strong>
        <span className="swatch" style={{ background: color }} />
        <span>{classTitle}</span>
      </span>
      <span className="review-scores">
        <Score name={text.confidence} title={text.confidenceLong} share={confidence} />
        {predictedIou !== null && (
          <Score name={strings.prompt.iou} title={strings.prompt.iouLong} share={predictedIou} />
        )}
        {stability !== null && (
          <Score name={strings.prompt.stability} title={strings.prompt.stabilityLong} share={stability} />
        )}
      </span>
      <span className="muted review-remarks" title={remarks.join(' · ')}>
        {remarks.join(' · ')}
      </span>
    </div>
  );
}
