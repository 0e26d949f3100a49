import { Button, Card, ProgressBar } from '@blueprintjs/core';
import { cancelEmbedding, startEmbedding } from '../actions/images.ts';
import { NoticeText } from '../app/notify.tsx';
import { currentEmbedding, useProject } from '../state/projectStore.ts';
import { strings } from '../strings.ts';
import { deviceLine } from './deviceLine.ts';

/** How far the image embedding is, over the canvas; gone once it is ready. */
export function EmbeddingCard() {
  const embedding = useProject(currentEmbedding);
  const session = useProject((state) => state.session);
  if (!session || !embedding || embedding.status === 'ready' || embedding.status === 'none') return null;
  const { status, progress, error } = embedding;
  const running = status === 'queued' || status === 'encoding';
  const failure = status === 'failed' ? error : null;
  const loading = running && session.inference.state === 'starting';
  return (
    <Card className="embedding-card" elevation={2} role="status">
      <div className="embedding-row">
        <div>
          <strong>{loading ? strings.embedding.loadingModel : strings.embedding.states[status]}</strong>
          {running && <div className="muted">{deviceLine(session)}</div>}
        </div>
        {running ? (
          <Button
            size="small"
            text={strings.actions.cancel}
            onClick={() => void cancelEmbedding()}
            data-testid="cancel-embedding"
          />
        ) : (
          <Button
            size="small"
            intent="primary"
            text={status === 'failed' ? strings.actions.retry : strings.actions.compute}
            onClick={startEmbedding}
            data-testid="start-embedding"
          />
        )}
      </div>
      {running && (
        <ProgressBar intent="primary" stripes={progress === null} {...(progress === null ? {} : { value: progress })} />
      )}
      {failure && <NoticeText notice={failure} />}
    </Card>
  );
}
