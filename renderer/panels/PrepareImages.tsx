import { Button, Menu, MenuItem, PopoverNext } from '@blueprintjs/core';
import { Layers, Stop } from '@blueprintjs/icons';
import { prepareImages, prepareSlices, stopPreparing } from '../actions/images.ts';
import { planesWaiting, preparedOf, usePreparedPlanes } from '../state/preparedPlanes.ts';
import { useProject } from '../state/projectStore.ts';
import { strings } from '../strings.ts';

const text = strings.images;

/** The image on screen and what follows it are prepared anyway. */
const preparedAnyway = 2;

/** Makes all images, or all slices of the stack on screen, ready for prompts in the background; tells how many are. */
export function PrepareImages() {
  const images = useProject((state) => state.records.images);
  const embeddings = useProject((state) => state.embeddings);
  const counts = usePreparedPlanes((state) => state.counts);
  const micrograph = useProject((state) => state.micrograph);
  const channel = useProject((state) => state.plane.c);
  const usable = images.filter(({ problem }) => problem === null);
  const ready = usable.filter(({ id }) => embeddings.get(id)?.status === 'ready').length;
  const slices = micrograph ? micrograph.z * micrograph.t : 1;
  if (usable.length < 2 && slices < 2) return null;
  const here = micrograph ? preparedOf(counts, micrograph.imageId, channel) : { waiting: 0, ready: 0 };
  if (planesWaiting(counts) > preparedAnyway) {
    return (
      <>
        {here.waiting > preparedAnyway ? (
          <span className="muted numbers" title={text.preparedSlicesLong} data-testid="prepared">
            {text.preparedSlices(here.ready, slices)}
          </span>
        ) : (
          <span className="muted numbers" data-testid="prepared">
            {text.prepared(ready, usable.length)}
          </span>
        )}
        <PrepareButton label={text.stop} icon={<Stop size={14} />} onClick={() => void stopPreparing()} />
      </>
    );
  }
  const all = { disabled: ready === usable.length, onClick: () => void prepareImages(usable.map(({ id }) => id)) };
  if (slices < 2) return <PrepareButton label={text.prepare} icon={<Layers size={14} />} {...all} />;
  return (
    <PopoverNext
      placement="bottom-end"
      arrow={false}
      animation="minimal"
      content={
        <Menu>
          <MenuItem
            text={text.prepareSlices(slices)}
            disabled={here.ready === slices}
            data-testid="prepare-slices"
            onClick={() => void prepareSlices()}
          />
          {usable.length > 1 && <MenuItem text={text.prepareFirst} data-testid="prepare-first" {...all} />}
        </Menu>
      }
    >
      <PrepareButton label={text.prepareMenu} icon={<Layers size={14} />} />
    </PopoverNext>
  );
}

interface PrepareButtonProps {
  label: string;
  icon: React.JSX.Element;
  disabled?: boolean;
  onClick?(): void;
}

function PrepareButton({ label, ...button }: PrepareButtonProps) {
  return (
    <Button variant="minimal" size="small" aria-label={label} title={label} data-testid="prepare-images" {...button} />
  );
}
