import { Tooltip } from '@blueprintjs/core';
import { Circle, Edit, TickCircle, WarningSign } from '@blueprintjs/icons';
import { memo } from 'react';
import type { ImageState, ImageView } from '../../electron/service/api/contract.ts';
import { selectImage } from '../actions/images.ts';
import { NoticeText } from '../app/notify.tsx';
import { PathField } from '../app/PathField.tsx';
import { thumbnailPath } from '../client/api.ts';
import { host } from '../client/host.ts';
import { listedImages, useImageList } from '../state/imageList.ts';
import { useProject } from '../state/projectStore.ts';
import { strings } from '../strings.ts';
import { ImageListTools, NothingListed } from './ImageListTools.tsx';
import { PrepareImages } from './PrepareImages.tsx';
import { WindowedList } from './WindowedList.tsx';

const rowHeightPx = 64;

const stateIcons: Record<ImageState, React.JSX.Element> = {
  'not-started': <Circle size={12} />,
  'in-work': <Edit size={12} />,
  done: <TickCircle size={12} />,
};

/** The project's micrographs, with how far each is. */
export function ImageList() {
  const project = useProject((state) => state.project?.id ?? '');
  const images = useProject((state) => state.records.images);
  const current = useProject((state) => state.records.imageId);
  const listing = useImageList();
  const listed = listedImages(images, listing);
  const done = images.filter(({ state }) => state === 'done').length;
  return (
    <section className="panel panel-grows" aria-label={strings.images.title}>
      <header className="panel-header">
        <h2>{strings.images.title}</h2>
        <span className="panel-extra">
          <span className="muted" data-testid="image-count">
            {listed.length === images.length
              ? strings.images.done(done, images.length)
              : strings.imageList.shown(listed.length, images.length)}
          </span>
          <PrepareImages />
        </span>
      </header>
      {!host && (
        <div className="image-path">
          <PathField />
        </div>
      )}
      {images.length > 1 && <ImageListTools />}
      {images.length === 0 && <p className="panel-empty muted">{strings.images.empty}</p>}
      {images.length > 0 && listed.length === 0 && <NothingListed />}
      <WindowedList
        // What was scrolled to in another listing means nothing in this one.
        key={Object.values(listing).join()}
        items={listed}
        rowHeight={rowHeightPx}
        keyOf={(image) => image.id}
        revealed={current}
        label={strings.images.title}
        data-testid="image-list"
        render={(image) => <ImageRow image={image} project={project} current={image.id === current} />}
      />
    </section>
  );
}

const ImageRow = memo(function ImageRow(row: { image: ImageView; project: string; current: boolean }) {
  const { id, name, state, objectCount, problem } = row.image;
  return (
    <div
      className="image-row"
      role="option"
      tabIndex={0}
      aria-selected={row.current}
      data-testid="image-item"
      data-image-id={id}
      data-state={state}
      data-current={row.current}
      onClick={() => selectImage(id)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        selectImage(id);
      }}
    >
      <span className="thumbnail">
        {problem ? (
          <WarningSign size={20} className="problem-icon" />
        ) : (
          <img src={thumbnailPath(row.project, id)} alt="" loading="lazy" decoding="async" draggable={false} />
        )}
      </span>
      <span className="image-facts">
        <span className="image-name" title={name}>
          <bdi>{name}</bdi>
        </span>
        {problem ? (
          <Tooltip content={<NoticeText notice={problem} />} placement="right" className="image-problem">
            <span className="problem-text" data-testid="image-problem">
              {problem.message}
            </span>
          </Tooltip>
        ) : (
          <span className={`image-state state-${state}`}>
            {stateIcons[state]} {strings.images.states[state]}
            {objectCount > 0 && <span className="muted"> · {strings.images.objects(objectCount)}</span>}
          </span>
        )}
      </span>
    </div>
  );
});
