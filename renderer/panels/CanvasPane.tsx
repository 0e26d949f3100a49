import { Button, NonIdealState, Spinner } from '@blueprintjs/core';
import { Media, WarningSign } from '@blueprintjs/icons';
import { useCallback, useMemo } from 'react';
import type { Bbox } from '../../electron/service/api/contract.ts';
import { reloadImage } from '../actions/images.ts';
import { markPainted, markUsable } from '../actions/marks.ts';
import { drawLine } from '../actions/measuring.ts';
import { readPointer } from '../actions/pixelReading.ts';
import { previewAt } from '../actions/preview.ts';
import { changePrompt } from '../actions/prompts.ts';
import { selectObjects } from '../actions/selection.ts';
import { candidateColor } from '../app/colors.ts';
import { NoticeText, reportFailure } from '../app/notify.tsx';
import type { CanvasObject, MicrographCanvasHandle, PointerReading } from '../canvas/contract.ts';
import { MicrographCanvas } from '../canvas/MicrographCanvas.tsx';
import { loadTile } from '../client/tiles.ts';
import { useShownChannels } from '../state/compositeStore.ts';
import { maskOf } from '../state/masks.ts';
import { useLineText, useMeasuring } from '../state/measureStore.ts';
import { promptsRefused, useProject } from '../state/projectStore.ts';
import { usePrompt } from '../state/promptStore.ts';
import { useProposals, useReview } from '../state/proposalStore.ts';
import { objectsByState } from '../state/review.ts';
import { useObjectsHere } from '../state/slice.ts';
import { canvasHandle, useView } from '../state/viewStore.ts';
import { strings } from '../strings.ts';
import { EmbeddingCard } from './EmbeddingCard.tsx';

/** The micrograph with everything on it, or why there is none. */
export function CanvasPane() {
  const micrograph = useProject((state) => state.micrograph);
  const failure = useProject((state) => state.imageFailure);
  const empty = useProject((state) => state.records.imageId === null);
  return (
    <div className="canvas-pane">
      {micrograph ? (
        <Canvas key={micrograph.imageId} />
      ) : failure ? (
        <NonIdealState
          icon={<WarningSign size={40} />}
          title={strings.images.problem}
          description={
            <div data-testid="image-failure">
              <NoticeText notice={failure} />
            </div>
          }
          action={<Button text={strings.actions.retry} onClick={reloadImage} />}
        />
      ) : empty ? (
        <NonIdealState icon={<Media size={40} />} title={strings.images.empty} description={strings.welcome.drop} />
      ) : (
        <NonIdealState icon={<Spinner size={28} />} title={strings.images.loading} />
      )}
      {micrograph && <EmbeddingCard />}
    </div>
  );
}

const setHandle = (handle: MicrographCanvasHandle | null) => {
  canvasHandle.current = handle;
};

function Canvas() {
  const project = useProject((state) => state.project!.id);
  const micrograph = useProject((state) => state.micrograph!);
  const { z, t } = useProject((state) => state.plane);
  const shown = useShownChannels();
  const promptsDisabled = useProject((state) => promptsRefused(state) !== null);
  const { tool, maskOpacity, dark } = useView();
  const { prompt, candidates, chosenId, closeUp, preview } = usePrompt();
  const objects = useCanvasObjects();
  const marked = useMarked();
  const ruler = useRuler();
  const imageId = micrograph.imageId;

  const canvasCandidates = useMemo(
    () =>
      (preview ? [preview] : candidates).map(({ view, mask }, index) => ({
        id: view.id,
        mask,
        color: candidateColor(index),
        chosen: view.id === chosenId,
      })),
    [candidates, chosenId, preview],
  );
  const tile = useCallback(
    async (c: number | null, level: number, tx: number, ty: number, signal: AbortSignal) => {
      try {
        const pixels = await loadTile(project, imageId, { c, z, t }, level, tx, ty, signal);
        requestAnimationFrame(markUsableWhenReady);
        return pixels;
      } catch (thrown) {
        reportFailure(thrown, reloadImage);
        throw thrown;
      }
    },
    [project, imageId, z, t],
  );

  return (
    <MicrographCanvas
      ref={setHandle}
      micrograph={micrograph}
      shown={shown}
      tool={tool}
      prompt={prompt}
      candidates={canvasCandidates}
      objects={objects}
      marked={marked}
      closeUp={closeUp}
      previewed={preview?.view.id ?? null}
      ruler={ruler}
      maskOpacity={maskOpacity}
      dark={dark}
      promptsDisabled={promptsDisabled}
      loadTile={tile}
      onPromptChange={changePrompt}
      onSelect={selectObjects}
      onPointer={onPointer}
      onRuler={drawLine}
      onViewChange={setView}
      onCandidatesPainted={markPainted}
    />
  );
}

const onPointer = (pointer: PointerReading | null) => {
  readPointer(pointer);
  previewAt(pointer);
};

const setView = ({ scale }: { scale: number }) => useView.setState({ scale });

/** A tile is on screen in this frame; prompts can be made once the model is loaded too. */
function markUsableWhenReady(): void {
  const ready = () => {
    const state = useProject.getState();
    return state.session?.inference.state === 'ready' && promptsRefused(state) === null;
  };
  if (ready()) return markUsable();
  const stop = useProject.subscribe(() => {
    if (!ready()) return;
    stop();
    markUsable();
  });
}

const nothing: CanvasObject[] = [];
const unknownColor = '#888888';

/** Accepted objects, and the proposals that the filters let through. */
function useCanvasObjects(): CanvasObject[] {
  const { accepted } = objectsByState(useObjectsHere());
  const { shown } = useReview();
  const classes = useProject((state) => state.records.classes);
  const selection = useProject((state) => state.selection);
  const picked = useProposals((state) => state.picked);
  const objectsShown = useView((state) => state.objectsShown);
  const proposalsShown = useView((state) => state.objectsShown && state.proposalsShown);
  return useMemo(() => {
    if (!objectsShown) return nothing;
    const colors = new Map(classes.map(({ id, color }) => [id, color]));
    const selected = new Set([...selection, ...picked]);
    const listed = proposalsShown ? [...accepted, ...shown] : accepted;
    return listed.flatMap(({ id, maskRevision, classId, hidden, locked, state }): CanvasObject[] => {
      const mask = maskOf(id, maskRevision);
      if (!mask) return [];
      const color = colors.get(classId) ?? unknownColor;
      const proposed = state === 'proposed';
      return [{ id, maskRevision, mask, color, hidden, selected: selected.has(id), locked, proposed }];
    });
  }, [accepted, shown, classes, selection, picked, objectsShown, proposalsShown]);
}

function useRuler() {
  const line = useMeasuring((state) => state.line);
  const text = useLineText(line);
  return useMemo(() => line && { line, text }, [line, text]);
}

/** The proposal under review, unless a prompt has the attention. */
function useMarked(): Bbox | null {
  const { shown } = useReview();
  const current = useProposals((state) => state.picked.at(-1));
  const idle = usePrompt((state) => state.status === 'idle');
  const visible = useView((state) => state.objectsShown && state.proposalsShown);
  return useMemo(
    () => (idle && visible ? (shown.find(({ id }) => id === current)?.bbox ?? null) : null),
    [shown, current, idle, visible],
  );
}
