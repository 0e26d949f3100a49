import { Button, Callout, ProgressBar } from '@blueprintjs/core';
import { Cross } from '@blueprintjs/icons';
import type { ModelTaskView, VerificationView } from '../../electron/service/api/models.ts';
import { cancelModelTask, cancelUpload, chooseModel } from '../actions/models.ts';
import { NoticeText } from '../app/notify.tsx';
import { useModels } from '../state/modelStore.ts';
import { strings } from '../strings.ts';

const text = strings.models;

/** What is on its way, and how the last of it ended. */
export function ModelTasks() {
  const tasks = useModels((state) => state.tasks);
  const uploading = useModels((state) => state.uploading);
  const outcome = useModels((state) => state.outcome);
  return (
    <>
      {uploading !== null && (
        <Running title={text.uploading(uploading)} progress={null} detail="" onCancel={cancelUpload} />
      )}
      {tasks.map(({ id, title, progress, detail }) => (
        <Running key={id} {...{ title, progress, detail }} onCancel={() => void cancelModelTask(id)} />
      ))}
      {outcome && <Outcome task={outcome} />}
    </>
  );
}

interface RunningProps {
  title: string;
  progress: number | null;
  detail: string;
  onCancel(): void;
}

function Running({ title, progress, detail, onCancel }: RunningProps) {
  return (
    <div className="model-task" role="status" data-testid="model-task">
      <strong>{title}</strong>
      <Button size="small" text={strings.actions.cancel} data-testid="model-task-cancel" onClick={onCancel} />
      <ProgressBar intent="primary" stripes={progress === null} {...(progress === null ? {} : { value: progress })} />
      <span className="muted">{detail}</span>
    </div>
  );
}

function Outcome({ task }: { task: ModelTaskView }) {
  const { state, title, error, result } = task;
  const failed = state === 'failed' || (result?.type === 'verified' && !result.report.ok);
  const intent = failed ? 'danger' : state === 'done' ? 'success' : 'none';
  return (
    <Callout compact intent={intent} className="model-outcome" data-testid="model-outcome" data-state={state}>
      <div className="model-outcome-text">
        {state === 'cancelled' && text.cancelled(title)}
        {error && (
          <>
            <strong>{text.failed(title)}</strong>
            <NoticeText notice={error} />
          </>
        )}
        {result?.type === 'added' && <Added {...result} />}
        {result?.type === 'verified' && <Verified report={result.report} />}
      </div>
      <Button
        variant="minimal"
        size="small"
        icon={<Cross />}
        aria-label={strings.actions.close}
        onClick={() => useModels.setState({ outcome: null })}
      />
    </Callout>
  );
}

interface AddedProps {
  name: string;
  architecture: string;
  leftOut: string[];
  unverifiedSha256: string | null;
}

function Added({ name, architecture, leftOut, unverifiedSha256 }: AddedProps) {
  const chosen = useModels((state) => state.view?.models.find((model) => model.name === name)?.chosen);
  return (
    <>
      <strong>{text.added(name)}</strong> {architecture}
      {leftOut.length > 0 && (
        <details>
          <summary>{text.leftOut(leftOut.length)}</summary>
          <div className="notice-path">{leftOut.join(', ')}</div>
        </details>
      )}
      {unverifiedSha256 !== null && <div className="notice-path">{text.firstHash(unverifiedSha256)}</div>}
      {chosen === false && (
        <Button
          className="model-use-now"
          size="small"
          intent="primary"
          text={text.forPrompts(name)}
          data-testid="model-use-now"
          onClick={() => void chooseModel(name)}
        />
      )}
    </>
  );
}

function Verified({ report }: { report: VerificationView }) {
  const { name, ok, device, checks } = report;
  return (
    <>
      <strong>{ok ? text.verified(name) : text.notVerified(name)}</strong> {device !== null && text.ranOn(device)}
      <details open={!ok}>
        <summary>{text.checks(checks.length)}</summary>
        <ul className="model-checks">
          {checks.map(({ what, state, detail }) => (
            <li key={what} className={`check-${state}`}>
              <span>{text.checkStates[state]}</span>
              <span>
                {what}: <span className="notice-path">{detail}</span>
              </span>
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}
