import type { MicrographView } from '../../electron/service/api/contract.ts';
import { reportFailure } from '../app/notify.tsx';
import type { Ramp } from '../canvas/lookupTables.ts';
import * as api from '../client/api.ts';
import { changeComposite, channelsWithoutRange, type Composite, keepChannelRange } from '../state/compositeStore.ts';
import { useProject } from '../state/projectStore.ts';
import { useView } from '../state/viewStore.ts';
import { imageSignal } from './images.ts';

/** All visible channels together, or the current one alone. */
export function toggleComposite(): void {
  changeComposite(({ on }) => ({ on: !on }));
  useView.setState({ pixel: null });
}

/** Whether a channel is part of the composite. */
export function setChannelVisible(c: number, isVisible: boolean): void {
  changeComposite(({ visible }) => ({ visible: new Map(visible).set(c, isVisible) }));
  useView.setState({ pixel: null });
}

export function setChannelColor(c: number, color: Ramp): void {
  changeComposite(({ colors }) => ({ colors: new Map(colors).set(c, color) }));
}

/** Asks for the display ranges that the composite on screen lacks. What is set meanwhile is newer than the answer. */
export async function loadChannelRanges(micrograph: MicrographView, composite: Composite): Promise<void> {
  const { project, plane } = useProject.getState();
  const missing = channelsWithoutRange(micrograph, composite);
  if (!project || missing.length === 0) return;
  const signal = imageSignal();
  try {
    const answers = await Promise.all(
      missing.map((c) => api.getMicrograph(project.id, micrograph.imageId, { ...plane, c }, signal)),
    );
    if (signal.aborted) return;
    const still = new Set(channelsWithoutRange(micrograph, composite));
    for (const [i, c] of missing.entries()) if (still.has(c)) keepChannelRange(c, answers[i]!.displayRange);
  } catch (thrown) {
    if (!signal.aborted) reportFailure(thrown);
  }
}
