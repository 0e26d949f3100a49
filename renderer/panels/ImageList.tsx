import { Tooltip } from '@blueprintjs/core';
import { Circle, Edit, TickCircle, WarningSign } from '@blueprintjs/icons';
import { memo, useEffect } from 'react';
import type { ErrorBody, ImageState, ImageView } from '../../electron/service/api/contract.ts';
import { selectImage } from '../actions/images.ts';
import { NoticeText } from '../app/notify.tsx';
import { PathField } from '../app/PathField.tsx';
import { thumbnailPath } from '../client/api.ts';
import { host } from '../client/host.ts';
import { groupOf, imageGroups, listedImages, useImageList, wholeList } from '../state/imageList.ts';
import { useProject } from '../state/projectStore.ts';
import { strings } from '../strings.ts';
import { ImageListThumbnail } from './ImageListThumbnail.tsx';
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
  const grouped = listing.sort === 'group' && imageGroups(images).length > 1;
  useEffect(forgetWithProject, []);
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
        items={listed}
        rowHeight={rowHeightPx}
        keyOf={(image) => image.id}
        revealed={current}
        listing={listing}
        label={strings.images.title}
        data-testid="image-list"
        render={(image, index) => (
          <ImageRow
            image={image}
            project={project}
            current={image.id === current}
            heading={grouped ? headingOf(listed, index) : null}
          />
        )}
      />
    </section>
  );
}

interface ImageRowProps {
  image: ImageView;
  project: string;
  current: boolean;
  /** The group that begins with this image; null: it goes on, or the list has another order. */
  heading: string | null;
}

const ImageRow = memo(function ImageRow(row: ImageRowProps) {
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
      {problem ? (
        <span className="thumbnail">
          <WarningSign size={20} className="problem-icon" />
        </span>
      ) : (
        <ImageListThumbnail key={row.project} source={thumbnailPath(row.project, id)} />
      )}
      <span className="image-facts">
        {row.heading !== null && (
          <strong className="image-name" title={row.heading} data-testid="image-group-heading">
            <bdi>{strings.imageList.groupName(row.heading)}</bdi>
          </strong>
        )}
        <span className="image-name" title={name}>
          <bdi>{name}</bdi>
        </span>
        {problem ? (
          <Tooltip content={<NoticeText notice={problem} />} placement="right" className="image-problem">
            <span className="problem-text" data-testid="image-problem">
              {troubleText(problem)}
              <span className="unseen">: {problem.message}</span>
              <ObjectCount count={objectCount} />
            </span>
          </Tooltip>
        ) : (
          <span className={`image-state state-${state}`}>
            {stateIcons[state]} {strings.images.states[state]}
            <ObjectCount count={objectCount} />
          </span>
        )}
      </span>
    </div>
  );
});

/** The group of the image where the one before it in the list has another. */
function headingOf(listed: readonly ImageView[], index: number): string | null {
  const group = groupOf(listed[index]!);
  const before = listed[index - 1];
  return before && groupOf(before) === group ? null : group;
}

function ObjectCount({ count }: { count: number }) {
  return count > 0 && <span className="muted"> · {strings.images.objects(count)}</span>;
}

/** A message begins with what was done and where: too long for a row, where the tooltip has it. */
function troubleText({ code }: ErrorBody): string {
  const { trouble, troubles } = strings.imageList;
  return code in troubles ? troubles[code as keyof typeof troubles] : trouble;
}

/** What was looked for in one project means nothing in the next; the order may stay. */
function forgetWithProject(): () => void {
  const forget = () => useImageList.setState({ ...wholeList, sort: useImageList.getState().sort });
  forget();
  return useProject.subscribe((now, before) => {
    if (now.project?.folder !== before.project?.folder) forget();
  });
}
