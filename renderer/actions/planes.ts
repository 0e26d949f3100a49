import type { PlaneAddress } from '../../electron/service/api/contract.ts';
import { reportFailure } from '../app/notify.tsx';
import * as api from '../client/api.ts';
import { useMeasuring } from '../state/measureStore.ts';
import { useProject } from '../state/projectStore.ts';
import { useProposals } from '../state/proposalStore.ts';
import { isSameSlice } from '../state/slice.ts';
import { useView } from '../state/viewStore.ts';
import { imageSignal, startEmbedding } from './images.ts';
import { askProfile } from './measuring.ts';
import { dropPrompt } from './prompts.ts';

/** A slice that is shown so long is worth an embedding; those that are only passed are not. */
const restMs = 250;

let rest: ReturnType<typeof setTimeout> | undefined;

/** Shows another plane of the image on screen; what the image does not have is held at its ends. */
export function showPlane(wanted: Partial<PlaneAddress>): void {
  const { micrograph, plane, project, selection, records } = useProject.getState();
  if (!micrograph || !project) return;
  const within = (value: number, count: number) => Math.min(Math.max(value, 0), count - 1);
  const asked = { ...plane, ...wanted };
  const next = {
    c: asked.c === null ? null : within(asked.c, micrograph.channels),
    z: within(asked.z, micrograph.z),
    t: within(asked.t, micrograph.t),
  };
  const otherChannel = (next.c ?? 0) !== (plane.c ?? 0);
  const otherSlice = !isSameSlice(next, plane);
  if (!otherChannel && !otherSlice) return;
  dropPrompt();
  useView.setState({ pixel: null });
  useProject.setState(({ embeddings }) => {
    const others = new Map(embeddings);
    others.delete(micrograph.imageId);
    return { plane: next, embeddings: others };
  });
  if (otherSlice && selection.length > 0) {
    const stays = (id: number) => isSameSlice(records.objects.get(id)?.plane ?? plane, next);
    useProject.setState({ selection: selection.filter(stays) });
  }
  if (otherSlice) useProposals.setState({ picked: [] });
  if (otherChannel) void loadContrast(project.id, micrograph.imageId, next);
  clearTimeout(rest);
  rest = setTimeout(() => {
    if (useProject.getState().plane !== next) return;
    startEmbedding();
    const { line } = useMeasuring.getState();
    if (line) void askProfile(line);
  }, restMs);
}

/** One slice up (1) or down (-1); of a series of one slice, one point in time. */
export function stepSlice(step: -1 | 1): void {
  const { micrograph, plane } = useProject.getState();
  if (micrograph && micrograph.z > 1) showPlane({ z: plane.z + step });
  else showPlane({ t: plane.t + step });
}

/** The next channel, around the end. */
export function stepChannel(): void {
  const { micrograph, plane } = useProject.getState();
  if (micrograph) showPlane({ c: ((plane.c ?? 0) + 1) % micrograph.channels });
}

async function loadContrast(project: string, imageId: number, plane: PlaneAddress): Promise<void> {
  const signal = imageSignal();
  try {
    const micrograph = await api.getMicrograph(project, imageId, plane, signal);
    if (!signal.aborted && useProject.getState().plane.c === plane.c) {
      useProject.setState({ micrograph, displayRange: micrograph.displayRange });
    }
  } catch (thrown) {
    if (!signal.aborted) reportFailure(thrown);
  }
}
