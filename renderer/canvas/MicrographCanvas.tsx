import type { Layer as KonvaLayer } from 'konva/lib/Layer';
import type { Context } from 'konva/lib/Context';
import {
  type Ref,
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { Layer, Shape, Stage } from 'react-konva';
import type { PromptBox } from '../../electron/service/api/contract.ts';
import { rgbOf } from '../app/colors.ts';
import { pixelScaleOf } from '../units.ts';
import type { CanvasObject, MicrographCanvasHandle, MicrographCanvasProps } from './contract.ts';
import { drawMicrograph, drawOverlay, isWhole, neededTiles, sightOf } from './drawTiles.ts';
import { attachGestures, type Cursor, type GestureHost } from './gestures.ts';
import { MaskOverlay, type OverlayMask } from './maskOverlay.ts';
import { BoxMark, Brackets, CloseUpFrame, PromptMarks } from './PromptMarks.tsx';
import { DataBarShade, RulerMark } from './RulerMark.tsx';
import { ScaleBar } from './ScaleBar.tsx';
import { TileStore } from './tileStore.ts';
import { useCanvasView } from './useCanvasView.ts';
import {
  centred,
  fitView,
  isInSight,
  moveToBox,
  panBy,
  partInSight,
  revealBox,
  type Size,
  toImage,
  zoomAt,
} from './view.ts';

/** Candidates cover what is below more than objects do: they are looked at, objects are looked through. */
const candidateOpacity = 0.45;

/**
 * The micrograph with its masks and the prompt under work, on three Konva layers: pixels, masks, prompt. Pixels and
 * masks are one custom shape each that draws bitmaps of tiles, so the number of nodes does not grow with the objects.
 */
export function MicrographCanvas({ ref, ...props }: MicrographCanvasProps & { ref?: Ref<MicrographCanvasHandle> }) {
  const { micrograph, shown, prompt, candidates, objects, marked, maskOpacity, dark } = props;
  const { widthPx, heightPx } = micrograph;
  const plane = useMemo<Size>(() => ({ width: widthPx, height: heightPx }), [widthPx, heightPx]);
  const frame = useRef<HTMLDivElement>(null);
  const { framed, change } = useCanvasView(frame, plane);
  const [band, setBand] = useState<PromptBox | null>(null);
  const [cursor, setCursor] = useState<Cursor>('crosshair');
  const pixelScale = useMemo(() => pixelScaleOf(micrograph), [micrograph]);
  const pixelLayer = useRef<KonvaLayer>(null);
  const sight = useMemo(
    () => framed && sightOf(framed.view, framed.size, micrograph, devicePixelRatio),
    [framed, micrograph],
  );

  const { tiles, before } = useTiles(props, () => pixelLayer.current?.batchDraw());
  useEffect(() => tiles?.show(sight ? neededTiles(sight) : []), [tiles, sight]);

  const drawPixels = useCallback(
    (context: Context) => {
      if (!sight) return;
      if (before && !(tiles && isWhole(sight, tiles))) drawMicrograph(context, sight, before, shown);
      if (tiles) drawMicrograph(context, sight, tiles, shown);
    },
    [sight, tiles, before, shown],
  );

  const objectOverlay = useMemo(() => new MaskOverlay(micrograph), [micrograph]);
  const candidateOverlay = useMemo(() => new MaskOverlay(micrograph), [micrograph]);
  const objectMasks = useMemo(() => overlayOfObjects(objects), [objects]);
  const candidateMasks = useMemo(() => overlayOfCandidates(candidates), [candidates]);
  const { onCandidatesPainted } = props;
  const told = useRef('');
  const drawMasks = useCallback(
    (context: Context) => {
      objectOverlay.set(objectMasks);
      candidateOverlay.set(candidateMasks);
      if (!sight) return;
      drawOverlay(context, sight, objectOverlay, candidates.length > 0 ? maskOpacity / 2 : maskOpacity);
      drawOverlay(context, sight, candidateOverlay, candidateOpacity);
      const ids = candidates.map(({ id }) => id);
      if (ids.length > 0 && told.current !== ids.join()) onCandidatesPainted(ids);
      told.current = ids.join();
    },
    [sight, objectOverlay, candidateOverlay, objectMasks, candidateMasks, candidates, maskOpacity, onCandidatesPainted],
  );

  useGestures(frame, { ...props, framed, plane, change, setBand, setCursor });

  const { onViewChange } = props;
  const scale = framed?.view.scale;
  useEffect(() => {
    if (scale !== undefined) onViewChange({ scale });
  }, [scale, onViewChange]);

  useImperativeHandle(
    ref,
    () => ({
      fit: () => change((_, size) => fitView(size, plane), true),
      actualSize: () => change((view, size) => centred(size, plane, 1, toImage(view, middleOf(size)))),
      zoomBy: (factor) => change((view, size) => zoomAt(view, factor, middleOf(size), size, plane)),
      partInSight: () => framed && partInSight(framed.view, framed.size, plane),
      reveal: (bbox) => change((view, size) => revealBox(view, bbox, size, plane)),
      keepInSight: (bbox) => {
        if (!framed || isInSight(framed.view, bbox, framed.size)) return;
        change((view, size) => moveToBox(view, bbox, size, plane));
      },
    }),
    [change, plane, framed],
  );

  return (
    <div
      ref={frame}
      className={`micrograph-canvas ${dark ? 'is-dark' : ''}`}
      style={{ cursor }}
      data-testid="micrograph-canvas"
      data-scale={framed?.view.scale}
      data-offset-x={framed?.view.offsetX}
      data-offset-y={framed?.view.offsetY}
      data-preview={props.previewed ?? undefined}
    >
      {framed && (
        <Stage width={framed.size.width} height={framed.size.height} listening={false}>
          <Layer ref={pixelLayer} listening={false}>
            <Shape sceneFunc={drawPixels} listening={false} />
          </Layer>
          <Layer listening={false}>
            {micrograph.dataBar && <DataBarShade bar={micrograph.dataBar} widthPx={widthPx} view={framed.view} />}
            <Shape sceneFunc={drawMasks} listening={false} />
          </Layer>
          <Layer listening={false}>
            {marked && <Brackets around={marked} view={framed.view} />}
            {props.closeUp && <CloseUpFrame part={props.closeUp} view={framed.view} />}
            <PromptMarks prompt={prompt} view={framed.view} />
            {band && <BoxMark box={band} view={framed.view} />}
            {props.ruler && <RulerMark {...props.ruler} view={framed.view} canvas={framed.size} />}
          </Layer>
        </Stage>
      )}
      {framed && pixelScale && <ScaleBar scale={pixelScale} {...framed} dataBar={micrograph.dataBar ?? null} />}
    </div>
  );
}

const middleOf = ({ width, height }: Size) => ({ x: width / 2, y: height / 2 });

/** Tiles of what is shown, and of what was before it, which show through until the others are there. */
interface ShownTiles {
  tiles: TileStore | null;
  before: TileStore | null;
}

/** The stores end with the canvas. */
function useTiles({ loadTile, shown }: MicrographCanvasProps, redraw: () => void): ShownTiles {
  const [stores, setStores] = useState<ShownTiles>({ tiles: null, before: null });
  const listed = JSON.stringify(shown.map(({ c }) => c));
  const latestRedraw = useRef(redraw);
  useLayoutEffect(() => {
    latestRedraw.current = redraw;
  });
  useEffect(() => {
    const channels = JSON.parse(listed) as (number | null)[];
    const store = new TileStore(loadTile, channels, () => latestRedraw.current());
    setStores(({ tiles, before }) => ({ tiles: store, before: tiles?.isEmpty ? before : tiles }));
    return () => store.stop();
  }, [loadTile, listed]);
  return stores;
}

type GestureProps = MicrographCanvasProps & {
  plane: Size;
  setBand(band: PromptBox | null): void;
  setCursor(cursor: Cursor): void;
} & ReturnType<typeof useCanvasView>;

/** Listens as long as the canvas is there; the listeners always see the newest props. */
function useGestures(frame: React.RefObject<HTMLElement | null>, props: GestureProps): void {
  const latest = useRef(props);
  useLayoutEffect(() => {
    latest.current = props;
  });
  useEffect(() => {
    const host: GestureHost = {
      get tool() {
        return latest.current.tool;
      },
      get promptsDisabled() {
        return latest.current.promptsDisabled;
      },
      get view() {
        return latest.current.framed?.view ?? { scale: 1, offsetX: 0, offsetY: 0 };
      },
      get plane() {
        return latest.current.plane;
      },
      get prompt() {
        return latest.current.prompt;
      },
      get objects() {
        return latest.current.objects;
      },
      get ruler() {
        return latest.current.ruler?.line ?? null;
      },
      panBy(dx, dy) {
        const { change, plane } = latest.current;
        change((view, size) => panBy(view, dx, dy, size, plane));
      },
      zoomAt(factor, at) {
        const { change, plane } = latest.current;
        change((view, size) => zoomAt(view, factor, at, size, plane));
      },
      setBand: (band) => latest.current.setBand(band),
      setCursor: (cursor) => latest.current.setCursor(cursor),
      onPromptChange: (prompt) => latest.current.onPromptChange(prompt),
      onSelect: (ids, mode) => latest.current.onSelect(ids, mode),
      onPointer: (reading) => latest.current.onPointer(reading),
      onRuler: (line, done) => latest.current.onRuler(line, done),
    };
    return attachGestures(frame.current!, host);
  }, [frame]);
}

/** Proposals lie on objects, the small ones on those that hold them; what is selected lies on top with its line whole. */
function overlayOfObjects(objects: MicrographCanvasProps['objects']): OverlayMask[] {
  const shown = objects.filter(({ hidden }) => !hidden);
  const boxSize = ({ mask: { bbox } }: CanvasObject) => bbox[2] * bbox[3];
  return [
    ...shown.filter(({ selected, proposed }) => !selected && !proposed),
    ...shown.filter(({ selected, proposed }) => !selected && proposed).sort((a, b) => boxSize(b) - boxSize(a)),
    ...shown.filter(({ selected }) => selected),
  ].map(({ id, mask, color, selected, proposed }) => ({
    id,
    mask,
    rgb: rgbOf(color),
    filled: true,
    emphasised: selected,
    proposed: proposed && !selected,
  }));
}

/** All are outlined, the chosen one is filled and lies on top. */
function overlayOfCandidates(candidates: MicrographCanvasProps['candidates']): OverlayMask[] {
  return [...candidates.filter(({ chosen }) => !chosen), ...candidates.filter(({ chosen }) => chosen)].map(
    ({ id, mask, color, chosen }) => ({
      id,
      mask,
      rgb: rgbOf(color),
      filled: chosen,
      emphasised: false,
      proposed: false,
    }),
  );
}
