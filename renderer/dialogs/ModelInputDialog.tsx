import { Dialog, DialogBody, Spinner } from '@blueprintjs/core';
import { useEffect, useState } from 'react';
import type { Bbox, MicrographView, PlaneAddress } from '../../electron/service/api/contract.ts';
import { closeModelInput } from '../actions/modelLook.ts';
import { NoticeText } from '../app/notify.tsx';
import * as api from '../client/api.ts';
import { isAbort, type ServiceFailure, toFailure } from '../client/failure.ts';
import { useProject } from '../state/projectStore.ts';
import { usePrompt } from '../state/promptStore.ts';
import { strings } from '../strings.ts';

type Loaded = { url: string } | { failure: ServiceFailure } | null;

const text = strings.modelInput;

/** The picture that the encoder is given: of the whole plane, or of the close-up that the candidates come from. */
export function ModelInputDialog({ isOpen }: { isOpen: boolean }) {
  const micrograph = useProject((state) => state.micrograph);
  const plane = useProject((state) => state.plane);
  const range = useProject((state) => state.displayRange);
  const closeUp = usePrompt((state) => state.closeUp);
  return (
    <Dialog
      isOpen={isOpen && micrograph !== null}
      onClose={closeModelInput}
      title={text.title}
      className="model-input-dialog"
    >
      <DialogBody>
        {micrograph && (
          <ModelInput
            // All that the picture is made from.
            key={JSON.stringify([micrograph.imageId, micrograph.modelLook, plane, range, closeUp])}
            {...{ micrograph, plane, closeUp }}
          />
        )}
      </DialogBody>
    </Dialog>
  );
}

interface ModelInputProps {
  micrograph: MicrographView;
  plane: PlaneAddress;
  closeUp: Bbox | null;
}

function ModelInput({ micrograph, plane, closeUp }: ModelInputProps) {
  const model = useProject((state) => state.session?.activeModel?.name ?? '');
  const [size, setSize] = useState<[number, number] | null>(null);
  const loaded = useModelInput(micrograph.imageId, plane, closeUp);
  if (loaded && 'failure' in loaded) return <NoticeText notice={loaded.failure} />;
  const plain = micrograph.samples === 3 ? text.plainColour : text.plain;
  return (
    <figure className="model-input" data-testid="model-input-picture" data-shown={size?.join('x')}>
      {loaded ? (
        <img
          src={loaded.url}
          alt={text.alt}
          onLoad={({ currentTarget }) => setSize([currentTarget.naturalWidth, currentTarget.naturalHeight])}
        />
      ) : (
        <Spinner size={32} />
      )}
      <figcaption>
        {size && <p>{closeUp ? text.closeUp(model, closeUp, Math.max(...size)) : text.whole(model, ...size)}</p>}
        <p className="muted">{micrograph.modelLook ? text.asShown : plain}</p>
      </figcaption>
    </figure>
  );
}

/** null while it is on its way. */
function useModelInput(imageId: number, plane: PlaneAddress, closeUp: Bbox | null): Loaded {
  const project = useProject((state) => state.project?.id);
  const [loaded, setLoaded] = useState<Loaded>(null);
  useEffect(() => {
    if (project === undefined) return;
    const abort = new AbortController();
    let url: string | null = null;
    api.getModelInput(project, imageId, plane, closeUp, abort.signal).then(
      (picture) => {
        if (!abort.signal.aborted) setLoaded({ url: (url = URL.createObjectURL(picture)) });
      },
      (thrown) => {
        if (!isAbort(thrown)) setLoaded({ failure: toFailure(thrown) });
      },
    );
    return () => {
      abort.abort();
      if (url !== null) URL.revokeObjectURL(url);
    };
  }, [project, imageId, plane, closeUp]);
  return loaded;
}
