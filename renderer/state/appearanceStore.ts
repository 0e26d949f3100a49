import { create } from 'zustand';
import { type Appearance, plainAppearance, sameAppearance } from '../canvas/transfer.ts';
import { imageKey, type ProjectState, useProject } from './projectStore.ts';

/**
 * How micrographs look in this window. Nothing of it belongs to the project, but for images whose model sees what the
 * screen shows: the project keeps the look of those, and they share none.
 */
interface AppearanceState {
  /** What all images share; null: each has its own. */
  shared: Appearance | null;
  /** Of the images that were changed. */
  ofImages: ReadonlyMap<string, Appearance>;
}

const useAppearances = create<AppearanceState>()(() => ({ shared: null, ofImages: new Map() }));

const sharesNone = ({ micrograph }: ProjectState) => (micrograph?.modelLook ?? null) !== null;

const appearanceOf = ({ shared, ofImages }: AppearanceState, key: string, own: boolean) =>
  (own ? null : shared) ?? ofImages.get(key) ?? plainAppearance;

/** Of the image on screen. */
export function useAppearance(): Appearance {
  const key = useProject(imageKey);
  const own = useProject(sharesNone);
  return useAppearances((state) => appearanceOf(state, key, own));
}

export function currentAppearance(): Appearance {
  const project = useProject.getState();
  return appearanceOf(useAppearances.getState(), imageKey(project), sharesNone(project));
}

export const useAppearanceShared = () => useAppearances(({ shared }) => shared !== null);

export const isPlain = (appearance: Appearance) => sameAppearance(appearance, plainAppearance);

/** Of the image on screen, or of all. */
export function changeAppearance(change: Partial<Appearance>): void {
  const next = { ...currentAppearance(), ...change };
  if (useAppearances.getState().shared && !sharesNone(useProject.getState())) useAppearances.setState({ shared: next });
  else setOwnAppearance(next);
}

/** Of the image on screen by itself, whatever others share. */
export function setOwnAppearance(appearance: Appearance): void {
  const key = imageKey(useProject.getState());
  useAppearances.setState(({ ofImages }) => ({ ofImages: new Map(ofImages).set(key, appearance) }));
}

export const resetAppearance = () => changeAppearance(plainAppearance);

export const toggleInverted = () => changeAppearance({ inverted: !currentAppearance().inverted });

/** The image on screen keeps its look either way; others return to their own when it is no longer shared. */
export function shareAppearance(share: boolean): void {
  const current = currentAppearance();
  if (share) useAppearances.setState({ shared: current });
  else {
    setOwnAppearance(current);
    useAppearances.setState({ shared: null });
  }
}

/** Calls back after every change of a look. */
export const onAppearanceChange = (changed: () => void) => useAppearances.subscribe(changed);
