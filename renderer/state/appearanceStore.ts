import { create } from 'zustand';
import { type Appearance, plainAppearance, sameAppearance } from '../canvas/transfer.ts';
import { type ProjectState, useProject } from './projectStore.ts';

/** How micrographs look in this window; nothing of it belongs to the project, and the model sees none of it. */
interface AppearanceState {
  /** What all images share; null: each has its own. */
  shared: Appearance | null;
  /** Of the images that were changed. */
  ofImages: ReadonlyMap<string, Appearance>;
}

const useAppearances = create<AppearanceState>()(() => ({ shared: null, ofImages: new Map() }));

const imageKey = ({ project, records }: ProjectState) => `${project?.id} ${records.imageId}`;

const appearanceOf = ({ shared, ofImages }: AppearanceState, key: string) =>
  shared ?? ofImages.get(key) ?? plainAppearance;

/** Of the image on screen. */
export function useAppearance(): Appearance {
  const key = useProject(imageKey);
  return useAppearances((state) => appearanceOf(state, key));
}

export const useAppearanceShared = () => useAppearances(({ shared }) => shared !== null);

export const isPlain = (appearance: Appearance) => sameAppearance(appearance, plainAppearance);

/** Of the image on screen, or of all. */
export function changeAppearance(change: Partial<Appearance>): void {
  const key = imageKey(useProject.getState());
  useAppearances.setState((state) => {
    const next = { ...appearanceOf(state, key), ...change };
    return state.shared ? { shared: next } : { ofImages: new Map(state.ofImages).set(key, next) };
  });
}

export const resetAppearance = () => changeAppearance(plainAppearance);

export function toggleInverted(): void {
  const key = imageKey(useProject.getState());
  changeAppearance({ inverted: !appearanceOf(useAppearances.getState(), key).inverted });
}

/** The image on screen keeps its look either way; others return to their own when it is no longer shared. */
export function shareAppearance(share: boolean): void {
  const key = imageKey(useProject.getState());
  useAppearances.setState((state) => {
    const current = appearanceOf(state, key);
    return share ? { shared: current } : { shared: null, ofImages: new Map(state.ofImages).set(key, current) };
  });
}
