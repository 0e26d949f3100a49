import { Button, Callout, ProgressBar } from '@blueprintjs/core';
import { Cross } from '@blueprintjs/icons';
import type { ProposalResult, ProposalTaskView } from '../../electron/service/api/proposals.ts';
import { cancelProposals, forgetRun, goOn, proposeAgain } from '../actions/proposals.ts';
import { NoticeText } from '../app/notify.tsx';
import { useProject } from '../state/projectStore.ts';
import { useProposals } from '../state/proposalStore.ts';
import { strings } from '../strings.ts';

const text = strings.proposals;

/** How far the run is; afterwards what it gave, and how to go on. */
export function ProposalRun() {
  const { task, starting, interrupted } = useProposals();
  if (task?.state === 'running') return <Running task={task} />;
  if (starting) return <Running task={{ title: text.starting, progress: null, detail: '' }} />;
  if (task) return <Outcome task={task} />;
  return interrupted ? <Interrupted /> : null;
}

function Running({ task }: { task: Pick<ProposalTaskView, 'title' | 'progress' | 'detail'> }) {
  const { title, progress, detail } = task;
  return (
    <div className="run" role="status" data-testid="proposal-run">
      <div className="run-row">
        <strong title={title}>{title}</strong>
        <Button
          size="small"
          text={strings.actions.cancel}
          data-testid="cancel-proposals"
          onClick={() => void cancelProposals()}
        />
      </div>
      <ProgressBar intent="primary" stripes={progress === null} {...(progress === null ? {} : { value: progress })} />
      <span className="muted run-detail" title={detail}>
        {detail}
      </span>
    </div>
  );
}

function Outcome({ task: { state, result, error } }: { task: ProposalTaskView }) {
  // A run of another window can't be repeated from here: what it was asked for is not known.
  const own = useProposals(({ asked, task }) => asked !== null && asked.taskId === task?.id);
  const intent = state === 'failed' ? 'danger' : state === 'done' ? 'success' : 'none';
  return (
    <Callout
      compact
      icon={null}
      intent={intent}
      className="run-outcome"
      data-testid="proposal-outcome"
      data-state={state}
    >
      <Close />
      {state === 'cancelled' && <div>{text.stopped}</div>}
      {state === 'failed' && <strong>{text.failed}</strong>}
      {error && <NoticeText notice={error} />}
      {result && <div data-testid="proposal-result">{text.outcome(result)}</div>}
      {result && result.failed.length > 0 && <FailedImages failed={result.failed} />}
      {own && (
        <div className="run-buttons">
          {state !== 'done' && <GoOn />}
          <Button size="small" text={text.again} title={text.againLong} data-testid="again" onClick={proposeAgain} />
        </div>
      )}
    </Callout>
  );
}

/** The window or the service ended while it ran. */
function Interrupted() {
  return (
    <Callout compact icon={null} className="run-outcome" data-testid="proposal-outcome" data-state="interrupted">
      <Close />
      <div>{text.interrupted}</div>
      <div className="run-buttons">
        <GoOn />
      </div>
    </Callout>
  );
}

function GoOn() {
  return (
    <Button size="small" intent="primary" text={text.goOn} title={text.goOnLong} data-testid="go-on" onClick={goOn} />
  );
}

function Close() {
  return (
    <Button
      className="run-close"
      variant="minimal"
      size="small"
      icon={<Cross size={14} />}
      aria-label={strings.actions.close}
      title={strings.actions.close}
      onClick={forgetRun}
    />
  );
}

function FailedImages({ failed }: { failed: ProposalResult['failed'] }) {
  const images = useProject((state) => state.records.images);
  return (
    <details>
      <summary>{text.failedImages(failed.length)}</summary>
      <ul className="run-failed">
        {failed.map(({ imageId, message }) => (
          <li key={imageId}>
            {images.find(({ id }) => id === imageId)?.name ?? `#${imageId}`}: {message}
          </li>
        ))}
      </ul>
    </details>
  );
}
