import type { PixelSizeRequest } from '../../electron/service/api/contract.ts';
import { reportFailure } from '../app/notify.tsx';
import type { RulerLine } from '../canvas/ruler.ts';
import * as api from '../client/api.ts';
import { noLine, useMeasuring } from '../state/measureStore.ts';
import { useProject } from '../state/projectStore.ts';
import { useView } from '../state/viewStore.ts';
import { type UnitChoice, unitChoices } from '../units.ts';
import { imageSignal } from './images.ts';

const keyOf = (folder: string) => `lamella.unit ${folder}`;

/** A project is shown: with the unit that was chosen for it. */
export function enterMeasuring(folder: string): void {
  const kept = localStorage.getItem(keyOf(folder));
  useMeasuring.setState({ ...noLine, unit: unitChoices.find((choice) => choice === kept) ?? 'auto' });
}

export function chooseUnit(unit: UnitChoice): void {
  const { project } = useProject.getState();
  if (project) localStorage.setItem(keyOf(project.folder), unit);
  useMeasuring.setState({ unit });
}

// ---------------------------------------------------------------- line

/** The line as it is drawn; when it is let go of, the values along it are asked for. */
export function drawLine(line: RulerLine | null, done: boolean): void {
  const { calibrating } = useMeasuring.getState();
  useMeasuring.setState({ line, profile: null });
  if (!line || !done) return;
  void askProfile(line);
  if (calibrating) useView.setState({ dialog: 'pixel-size' });
}

export function dropLine(): void {
  useMeasuring.setState(noLine);
}

/** Values along the line, in the plane on screen. */
export async function askProfile(line: RulerLine): Promise<void> {
  const { project, micrograph, plane } = useProject.getState();
  if (!project || !micrograph) return;
  try {
    const profile = await api.getProfile(project.id, micrograph.imageId, plane, line);
    if (useMeasuring.getState().line === line) useMeasuring.setState({ profile });
  } catch (thrown) {
    if (useMeasuring.getState().line === line) reportFailure(thrown, () => void askProfile(line));
  }
}

// ---------------------------------------------------------------- pixel size

export function openPixelSize(): void {
  useView.setState({ dialog: 'pixel-size' });
}

export function closePixelSize(): void {
  useMeasuring.setState({ calibrating: false });
  useView.setState({ dialog: null });
}

/** The next line that is drawn lies along the burnt-in scale bar; the form comes back with it. */
export function drawAlongScaleBar(): void {
  useMeasuring.setState({ ...noLine, calibrating: true });
  useView.setState({ dialog: null, tool: 'ruler' });
}

/** Saves the pixel size of the image on screen; tells whether it was. */
export async function savePixelSize(wanted: PixelSizeRequest): Promise<boolean> {
  const { project, micrograph, plane } = useProject.getState();
  if (!project || !micrograph) return false;
  try {
    const view = await api.setPixelSize(project.id, micrograph.imageId, plane, wanted);
    if (useProject.getState().micrograph?.imageId === view.imageId) useProject.setState({ micrograph: view });
    return true;
  } catch (thrown) {
    reportFailure(thrown);
    return false;
  }
}

/** Told by the event stream: by this window or by another. */
export function receivePixelSizes(imageIds: readonly number[]): void {
  const { project, micrograph, plane } = useProject.getState();
  if (!project || !micrograph || !imageIds.includes(micrograph.imageId)) return;
  const signal = imageSignal();
  api.getMicrograph(project.id, micrograph.imageId, plane, signal).then((view) => {
    if (!signal.aborted) useProject.setState({ micrograph: view });
  }, reportFailure);
}
