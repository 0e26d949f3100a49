import { Button } from '@blueprintjs/core';
import { Layers, Stop } from '@blueprintjs/icons';
import { prepareImages, stopPreparing } from '../actions/images.ts';
import { useProject } from '../state/projectStore.ts';
import { strings } from '../strings.ts';

/** Makes all images ready for prompts in the background, and tells how many are. */
export function PrepareImages() {
  const images = useProject((state) => state.records.images);
  const embeddings = useProject((state) => state.embeddings);
  const usable = images.filter(({ problem }) => problem === null);
  const count = (...wanted: string[]) =>
    usable.filter(({ id }) => wanted.includes(embeddings.get(id)?.status ?? 'none')).length;
  const ready = count('ready');
  // The image on screen and the next one are prepared anyway.
  const preparing = count('queued', 'encoding') > 2;
  if (usable.length < 2) return null;
  const { prepare, prepared, stop } = strings.images;
  return (
    <>
      {preparing && (
        <span className="muted numbers" data-testid="prepared">
          {prepared(ready, usable.length)}
        </span>
      )}
      <Button
        variant="minimal"
        size="small"
        icon={preparing ? <Stop size={14} /> : <Layers size={14} />}
        disabled={!preparing && ready === usable.length}
        aria-label={preparing ? stop : prepare}
        title={preparing ? stop : prepare}
        data-testid="prepare-images"
        onClick={() => void (preparing ? stopPreparing() : prepareImages(usable.map(({ id }) => id)))}
      />
    </>
  );
}
