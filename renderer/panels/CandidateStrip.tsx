import { Button, Spinner } from '@blueprintjs/core';
import { Cross, Tick } from '@blueprintjs/icons';
import { chooseCandidate, retryPrompt } from '../actions/prompts.ts';
import { candidateColor } from '../app/colors.ts';
import { CommandButton, Keys } from '../app/CommandButton.tsx';
import { NoticeText } from '../app/notify.tsx';
import { useLate } from '../app/useLate.ts';
import { useAreaText, useMeasuring } from '../state/measureStore.ts';
import { currentEmbedding, promptsRefused, useProject } from '../state/projectStore.ts';
import { type Candidate, usePrompt } from '../state/promptStore.ts';
import { useReview } from '../state/proposalStore.ts';
import { useView } from '../state/viewStore.ts';
import { strings } from '../strings.ts';
import { CandidatePicture } from './CandidatePicture.tsx';
import { percent } from './percent.ts';
import { Score } from './Score.tsx';

const pictureSizePx = 84;

/** The candidates side by side, to be chosen and accepted. */
export function CandidateStrip() {
  const { candidates, status, failure } = usePrompt();
  const late = useLate(status === 'waiting');
  const className = useProject((state) => state.records.classes.find(({ id }) => id === state.classId));
  return (
    <section className="strip" aria-label={strings.prompt.strip} data-status={status} data-testid="candidate-strip">
      {status === 'failed' && failure ? (
        <div className="strip-message">
          <NoticeText notice={failure} />
          <Button text={strings.actions.retry} onClick={retryPrompt} data-testid="retry-prompt" />
        </div>
      ) : candidates.length === 0 ? (
        <StripHint waiting={late} />
      ) : (
        <div className="cards" role="radiogroup" aria-label={strings.prompt.strip}>
          {candidates.map((candidate, index) => (
            <Card key={candidate.view.id} candidate={candidate} index={index} />
          ))}
        </div>
      )}
      {status !== 'idle' && (
        <div className="strip-actions">
          {candidates.length > 0 && (
            <CommandButton
              command="accept"
              variant="solid"
              intent="success"
              fill
              icon={<Tick />}
              text={
                <>
                  {strings.commands.titles.accept} <kbd>⏎</kbd>
                </>
              }
            />
          )}
          <CommandButton
            command="drop"
            variant="outlined"
            fill
            icon={<Cross />}
            text={
              <>
                {strings.commands.titles.drop} <kbd>Esc</kbd>
              </>
            }
          />
          <span className="strip-note muted" role="status">
            {late && candidates.length > 0 ? (
              <>
                <Spinner size={12} /> {strings.prompt.waiting}
              </>
            ) : status === 'accepting' ? (
              strings.prompt.accepting
            ) : (
              className &&
              candidates.length > 0 && (
                <>
                  <span className="swatch" style={{ background: className.color }} />
                  {strings.prompt.intoClass(className.name)}
                </>
              )
            )}
          </span>
        </div>
      )}
    </section>
  );
}

function StripHint({ waiting }: { waiting: boolean }) {
  const refused = useProject(promptsRefused);
  const tool = useView((state) => state.tool);
  const ruler = useMeasuring(({ calibrating }) => (calibrating ? strings.measuring.drawAlong : strings.measuring.hint));
  const proposals = useReview().shown.length;
  const embedding = useProject((state) => currentEmbedding(state)?.status);
  if (waiting) {
    return (
      <div className="strip-message" role="status">
        <Spinner size={18} />
        {embedding === 'ready' ? strings.prompt.waiting : strings.prompt.waitingEmbedding}
      </div>
    );
  }
  const hints = {
    'no-image': '',
    'read-only': strings.prompt.readOnly,
    'no-model': strings.embedding.noModel,
  };
  return (
    <div className="strip-message strip-hints muted">
      <p>{tool === 'ruler' ? ruler : refused ? hints[refused] : strings.prompt.hint}</p>
      {proposals > 0 && (
        <p>
          <Keys command="next-proposal" first /> {strings.proposals.toReview(proposals)}
        </p>
      )}
    </div>
  );
}

function Card({ candidate: { view, mask }, index }: { candidate: Candidate; index: number }) {
  const chosen = usePrompt((state) => state.chosenId === view.id);
  const micrograph = useProject((state) => state.micrograph);
  const range = useProject((state) => state.displayRange);
  const project = useProject((state) => state.project?.id);
  const color = candidateColor(index);
  const area = useAreaText()(view.area);
  return (
    <button
      type="button"
      className="card"
      role="radio"
      aria-checked={chosen}
      aria-label={strings.prompt.candidate(index + 1, percent(view.predictedIou), percent(view.stability), area)}
      style={{ '--candidate': color } as React.CSSProperties}
      data-testid="candidate-card"
      data-candidate-id={view.id}
      data-chosen={chosen}
      onClick={() => chooseCandidate(index)}
    >
      {micrograph && range && project !== undefined && (
        <CandidatePicture
          project={project}
          micrograph={micrograph}
          range={range}
          mask={mask}
          color={color}
          size={pictureSizePx}
        />
      )}
      <span className="card-facts">
        <kbd>{index + 1}</kbd>
        <Score name={strings.prompt.iou} title={strings.prompt.iouLong} share={view.predictedIou} />
        <Score name={strings.prompt.stability} title={strings.prompt.stabilityLong} share={view.stability} />
        <span className="card-area muted">{area}</span>
      </span>
    </button>
  );
}
