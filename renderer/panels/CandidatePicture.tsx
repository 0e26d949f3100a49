import { useEffect, useRef } from 'react';
import type { DisplayRange, MicrographView } from '../../electron/service/api/contract.ts';
import { reportFailure } from '../app/notify.tsx';
import type { MaskWindow } from '../canvas/contract.ts';
import { loadTile } from '../client/tiles.ts';
import { useProject } from '../state/projectStore.ts';
import { cropAround, paintCrop, tileKey, tilesOf } from './candidatePicture.ts';

interface CandidatePictureProps {
  project: string;
  micrograph: MicrographView;
  range: DisplayRange;
  mask: MaskWindow;
  color: string;
  /** CSS pixels, square. */
  size: number;
}

/** The micrograph around a candidate, with its mask. */
export function CandidatePicture({ project, micrograph, range, mask, color, size }: CandidatePictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const plane = useProject((state) => state.plane);
  useEffect(() => {
    const stopped = new AbortController();
    const sizePx = Math.round(size * devicePixelRatio);
    const crop = cropAround(mask.bbox, micrograph, sizePx);
    const load = async () => {
      const tiles = await Promise.all(
        tilesOf(crop, micrograph).map(async ({ tx, ty }) => {
          const tile = await loadTile(project, micrograph.imageId, plane, crop.level, tx, ty, stopped.signal);
          return [tileKey(tx, ty), tile] as const;
        }),
      );
      const element = canvas.current;
      const context = element?.getContext('2d');
      if (stopped.signal.aborted || !element || !context) return;
      element.width = sizePx;
      element.height = sizePx;
      const pixels = paintCrop(crop, micrograph, new Map(tiles), range, mask, color, sizePx);
      context.putImageData(new ImageData(pixels, sizePx, sizePx), 0, 0);
    };
    load().catch(reportFailure);
    return () => stopped.abort();
  }, [project, micrograph, plane, range, mask, color, size]);
  return <canvas ref={canvas} className="candidate-picture" style={{ width: size, height: size }} aria-hidden="true" />;
}
