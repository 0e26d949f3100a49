import { reportFailure } from '../app/notify.tsx';
import type { PointerReading } from '../canvas/contract.ts';
import * as api from '../client/api.ts';
import { keptPixel } from '../client/tiles.ts';
import { useProject } from '../state/projectStore.ts';
import { useView } from '../state/viewStore.ts';

let asking = false;

/** Pixel under the pointer and its samples: from the tiles in memory, else asked for, one request at a time. */
export function readPointer(pointer: PointerReading | null): void {
  const { project, micrograph, plane } = useProject.getState();
  if (!pointer || !project || !micrograph) return useView.setState({ pointer: null, pixel: null });
  const kept = keptPixel(project.id, micrograph.imageId, plane, micrograph.tileSize, pointer.x, pointer.y);
  useView.setState({ pointer, pixel: kept });
  if (!kept && !asking) void askPixel(project.id, micrograph.imageId, pointer);
}

async function askPixel(project: string, imageId: number, { x, y }: PointerReading): Promise<void> {
  asking = true;
  try {
    const { plane } = useProject.getState();
    const { values } = await api.getPixel(project, imageId, plane, x, y);
    asking = false;
    const { pointer, pixel } = useView.getState();
    const isHere = pointer?.x === x && pointer.y === y && useProject.getState().plane === plane;
    if (isHere) useView.setState({ pixel: values });
    else if (pointer && !pixel) readPointer(pointer);
  } catch (thrown) {
    asking = false;
    reportFailure(thrown);
  }
}
