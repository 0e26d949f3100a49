import { create } from 'zustand';
import type { EmbeddingStatus, PlaneAddress } from '../../electron/service/api/contract.ts';

/** How many planes of a channel wait for their embeddings or have them. */
export interface PreparedCount {
  waiting: number;
  ready: number;
}

const none: PreparedCount = { waiting: 0, ready: 0 };

/** Of every plane that was told of: a stack has thousands, which is why the store below holds counts alone. */
const statuses = new Map<string, EmbeddingStatus>();

/** By {@link channelKey}. */
export const usePreparedPlanes = create<{ counts: ReadonlyMap<string, PreparedCount> }>()(() => ({
  counts: new Map(),
}));

export function notePlane(imageId: number, plane: PlaneAddress, status: EmbeddingStatus): void {
  const channel = channelKey(imageId, plane.c);
  const key = `${channel} ${plane.z} ${plane.t}`;
  const before = counted(statuses.get(key) ?? 'none');
  const after = counted(status);
  statuses.set(key, status);
  if (before.waiting === after.waiting && before.ready === after.ready) return;
  usePreparedPlanes.setState(({ counts }) => {
    const { waiting, ready } = counts.get(channel) ?? none;
    return {
      counts: new Map(counts).set(channel, {
        waiting: waiting + after.waiting - before.waiting,
        ready: ready + after.ready - before.ready,
      }),
    };
  });
}

/** Another project, or one whose planes are told of anew. */
export function forgetPlanes(): void {
  statuses.clear();
  usePreparedPlanes.setState({ counts: new Map() });
}

export function preparedOf(counts: ReadonlyMap<string, PreparedCount>, imageId: number, c: number | null) {
  return counts.get(channelKey(imageId, c)) ?? none;
}

/** Of all images and channels. */
export function planesWaiting(counts: ReadonlyMap<string, PreparedCount>): number {
  return [...counts.values()].reduce((sum, { waiting }) => sum + waiting, 0);
}

/** No channel is the first one. */
function channelKey(imageId: number, c: number | null): string {
  return `${imageId} ${c ?? 0}`;
}

function counted(status: EmbeddingStatus): PreparedCount {
  return { waiting: status === 'queued' || status === 'encoding' ? 1 : 0, ready: status === 'ready' ? 1 : 0 };
}
