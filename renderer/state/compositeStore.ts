import { useMemo } from 'react';
import { create } from 'zustand';
import type { DisplayRange, MicrographView, PlaneAddress } from '../../electron/service/api/contract.ts';
import type { Ramp } from '../canvas/lookupTables.ts';
import type { Appearance, ShownChannel } from '../canvas/transfer.ts';
import { currentAppearance, useAppearance } from './appearanceStore.ts';
import { imageKey, useProject } from './projectStore.ts';

/** How the channels of an image are put together in this window; nothing of it belongs to the project. */
export interface Composite {
  on: boolean;
  /** Of the channels that were shown or hidden by hand. */
  visible: ReadonlyMap<number, boolean>;
  /** Of the channels that were given another one than they come with. */
  colors: ReadonlyMap<number, Ramp>;
}

export type ChannelRanges = ReadonlyMap<number, DisplayRange>;

interface CompositeState {
  /** Of the images that were changed. */
  ofImages: ReadonlyMap<string, Composite>;
  /** Display ranges of the image on screen, of the channels of which they are known. */
  ranges: ChannelRanges;
}

export const noComposite: Composite = { on: false, visible: new Map(), colors: new Map() };

const useComposites = create<CompositeState>()(() => ({ ofImages: new Map(), ranges: new Map() }));

// What the service says of the channel on screen, and what the user makes of it, passes through the project's state.
useProject.subscribe((state, before) => {
  if (imageKey(state) !== imageKey(before)) useComposites.setState({ ranges: new Map() });
  const { displayRange, plane } = state;
  if (displayRange && displayRange !== before.displayRange) keepChannelRange(plane.c ?? 0, displayRange);
});

export function keepChannelRange(c: number, range: DisplayRange): void {
  useComposites.setState(({ ranges }) => ({ ranges: new Map(ranges).set(c, range) }));
}

/** A file's colours are a picture of one channel already. */
export function canBeComposite(micrograph: MicrographView | null): boolean {
  return micrograph !== null && micrograph.channels > 1 && micrograph.samples === 1;
}

/** Of the image on screen. */
function currentComposite(): Composite {
  return useComposites.getState().ofImages.get(imageKey(useProject.getState())) ?? noComposite;
}

/** Of the image on screen. */
export function useComposite(): Composite {
  const key = useProject(imageKey);
  return useComposites(({ ofImages }) => ofImages.get(key) ?? noComposite);
}

export function changeComposite(change: (composite: Composite) => Partial<Composite>): void {
  const key = imageKey(useProject.getState());
  const current = currentComposite();
  useComposites.setState(({ ofImages }) => ({
    ofImages: new Map(ofImages).set(key, { ...current, ...change(current) }),
  }));
}

/** Calls back after every change of what is put together; a channel's range is none. */
export function onCompositeChange(changed: () => void): void {
  useComposites.subscribe(({ ofImages }, before) => {
    if (ofImages !== before.ofImages) changed();
  });
}

/** What is added up on screen; null: one channel is shown alone. */
export function currentColors(): { c: number; color: Ramp }[] | null {
  const { micrograph } = useProject.getState();
  const composite = currentComposite();
  if (!micrograph || !composite.on || !canBeComposite(micrograph)) return null;
  return visibleChannels(micrograph, composite).map((c) => ({ c, color: channelColor(micrograph, composite, c) }));
}

/** Adds up these and no others; null: none. */
export function setColors(micrograph: MicrographView, added: readonly { c: number; color: Ramp }[] | null): void {
  changeComposite((composite) => {
    if (!added) return { on: false };
    const colors = new Map(composite.colors);
    for (const { c, color } of added) colors.set(c, color);
    const all = Array.from({ length: micrograph.channels }, (_, c) => c);
    return { on: true, colors, visible: new Map(all.map((c) => [c, added.some((one) => one.c === c)])) };
  });
}

/** Fiji's order, then around again. */
const series: readonly Ramp[] = ['#ff0000', '#00ff00', '#0000ff', '#ffffff', '#00ffff', '#ff00ff', '#ffff00'];

/** The one that the user gave, else the file's unless it gives all channels the same, else one of the series. */
export function channelColor({ channelInfo = [] }: MicrographView, { colors }: Composite, c: number): Ramp {
  const ofFile = new Set(channelInfo.map(({ color }) => color));
  const own = ofFile.size > 1 ? channelInfo[c]?.color : null;
  return colors.get(c) ?? (own as Ramp | null | undefined) ?? series[c % series.length]!;
}

/** At first no more than have a colour of their own in the series: a spectrum of hundreds is not loaded at once. */
export function visibleChannels({ channels }: MicrographView, { visible }: Composite): number[] {
  return Array.from({ length: channels }, (_, c) => c).filter((c) => visible.get(c) ?? c < series.length);
}

/** Those that a composite adds up; none where it is off. */
function addedChannels(micrograph: MicrographView, composite: Composite): number[] {
  return composite.on && canBeComposite(micrograph) ? visibleChannels(micrograph, composite) : [];
}

/** What decides on the channels on screen. */
export interface Screen {
  micrograph: MicrographView;
  plane: PlaneAddress;
  /** Of the plane's channel. */
  displayRange: DisplayRange;
  appearance: Appearance;
  composite: Composite;
  ranges: ChannelRanges;
}

/**
 * What the screen shows of a slice: the channels that are added up, in their order, each with its display range, gamma,
 * inversion and colours (`lookupTable(transfer.table)` gives the 256 of them). Outside a composite it is the plane's one
 * channel under its lookup table. Channels of a composite appear once their display range is known.
 */
export function shownChannels(screen: Screen): ShownChannel[] {
  const { micrograph, plane, displayRange, appearance, composite, ranges } = screen;
  const added = addedChannels(micrograph, composite).flatMap((c): ShownChannel[] => {
    const range = ranges.get(c);
    return range ? [{ c, transfer: { ...appearance, range, table: channelColor(micrograph, composite, c) } }] : [];
  });
  return added.length > 0 ? added : [{ c: plane.c, transfer: { ...appearance, range: displayRange } }];
}

/** Of the image on screen; only where there is one. */
export function useShownChannels(): readonly ShownChannel[] {
  const micrograph = useProject((state) => state.micrograph!);
  const plane = useProject((state) => state.plane);
  const displayRange = useProject((state) => state.displayRange) ?? micrograph.displayRange;
  const appearance = useAppearance();
  const composite = useComposite();
  const ranges = useComposites((state) => state.ranges);
  return useMemo(
    () => shownChannels({ micrograph, plane, displayRange, appearance, composite, ranges }),
    [micrograph, plane, displayRange, appearance, composite, ranges],
  );
}

/** {@link shownChannels} of the image on screen; none where there is none. */
export function currentShownChannels(): readonly ShownChannel[] {
  const { micrograph, plane, displayRange } = useProject.getState();
  if (!micrograph || !displayRange) return [];
  const [composite, { ranges }] = [currentComposite(), useComposites.getState()];
  return shownChannels({ micrograph, plane, displayRange, appearance: currentAppearance(), composite, ranges });
}

/** Channels of the image on screen that are to be added, and are not, since their display ranges are not known yet. */
export function channelsWithoutRange(micrograph: MicrographView, composite: Composite): number[] {
  const { ranges } = useComposites.getState();
  return addedChannels(micrograph, composite).filter((c) => !ranges.has(c));
}
