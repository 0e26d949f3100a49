import { reportFailure } from '../app/notify.tsx';
import type { PointerReading } from '../canvas/contract.ts';
import * as api from '../client/api.ts';
import { keptPixel } from '../client/tiles.ts';
import { currentShownChannels } from '../state/compositeStore.ts';
import { useProject } from '../state/projectStore.ts';
import { useView } from '../state/viewStore.ts';

let asking = false;

const channelsOnScreen = () => currentShownChannels().map(({ c }) => c);

/**
 * Pixel under the pointer and its samples, of a composite those of all channels on screen: from the tiles in memory,
 * else asked for, one pixel at a time.
 */
export function readPointer(pointer: PointerReading | null): void {
  const { project, micrograph, plane } = useProject.getState();
  if (!pointer || !project || !micrograph) return useView.setState({ pointer: null, pixel: null });
  const kept = channelsOnScreen().map((c) =>
    keptPixel(project.id, micrograph.imageId, { ...plane, c }, micrograph.tileSize, pointer.x, pointer.y),
  );
  const isKept = kept.every((samples) => samples !== null);
  useView.setState({ pointer, pixel: isKept ? kept.flat() : null });
  if (!isKept && !asking) void askPixel(project.id, micrograph.imageId, pointer);
}

async function askPixel(project: string, imageId: number, { x, y }: PointerReading): Promise<void> {
  asking = true;
  try {
    const { plane } = useProject.getState();
    const channels = channelsOnScreen();
    const answers = await Promise.all(channels.map((c) => api.getPixel(project, imageId, { ...plane, c }, x, y)));
    asking = false;
    const { pointer, pixel } = useView.getState();
    const isShown = useProject.getState().plane === plane && channelsOnScreen().join() === channels.join();
    const isHere = pointer?.x === x && pointer.y === y && isShown;
    if (isHere) useView.setState({ pixel: answers.flatMap(({ values }) => values) });
    else if (pointer && !pixel) readPointer(pointer);
  } catch (thrown) {
    asking = false;
    reportFailure(thrown);
  }
}
