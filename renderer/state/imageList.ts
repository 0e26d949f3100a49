import { create } from 'zustand';
import type { ImageState, ImageView } from '../../electron/service/api/contract.ts';
import { remembered } from './remembered.ts';

export const imageSorts = ['name', 'group', 'state', 'objects'] as const;
export type ImageSort = (typeof imageSorts)[number];
export const imageFilters = ['any', 'not-started', 'in-work', 'done', 'problem'] as const;
export type ImageFilter = (typeof imageFilters)[number];

/** Which images the list shows, and in which order. */
export interface ImageListing {
  /** Words that the name has to hold, each of them somewhere, in capitals or not. */
  text: string;
  filter: ImageFilter;
  /** Images of this group only; null: of all groups. */
  group: string | null;
  sort: ImageSort;
}

export const wholeList: ImageListing = { text: '', filter: 'any', group: null, sort: 'name' };

export const useImageList = create<ImageListing>()(() => wholeList);

const stateOrder: Record<ImageState, number> = { 'in-work': 0, 'not-started': 1, done: 2 };

const passes = ({ state, problem }: ImageView, filter: ImageFilter) =>
  filter === 'any' || (filter === 'problem' ? problem !== null : state === filter);

/** The image's folder below the project's folder; '' for one directly in it, or from elsewhere. */
export function groupOf({ name }: ImageView): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('/')));
}

export interface ImageGroup {
  group: string;
  /** How many images it has, whatever else is asked for. */
  count: number;
}

const naturalOrder = new Intl.Collator('en', { numeric: true });

/** In natural order (2 before 10), those directly in the project's folder first. */
export const imageGroups = remembered((images: readonly ImageView[]): readonly ImageGroup[] => {
  const counts = new Map<string, number>();
  for (const group of images.map(groupOf)) counts.set(group, (counts.get(group) ?? 0) + 1);
  return [...counts].map(([group, count]) => ({ group, count })).sort((a, b) => naturalOrder.compare(a.group, b.group));
});

/** Of equal rank the order of the project stays, which is that of the names. */
export const listedImages = remembered(
  (images: readonly ImageView[], { text, filter, group, sort }: ImageListing): readonly ImageView[] => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0 && filter === 'any' && group === null && sort === 'name') return images;
    const shown = images.filter((image) => {
      if (!passes(image, filter) || (group !== null && groupOf(image) !== group)) return false;
      const name = image.name.toLowerCase();
      return words.every((word) => name.includes(word));
    });
    if (sort === 'group') {
      const places = new Map(imageGroups(images).map((one, place) => [one.group, place]));
      shown.sort((a, b) => places.get(groupOf(a))! - places.get(groupOf(b))!);
    }
    if (sort === 'state') shown.sort((a, b) => stateOrder[a.state] - stateOrder[b.state]);
    if (sort === 'objects') shown.sort((a, b) => b.objectCount - a.objectCount);
    return shown;
  },
);

/** How many images each filter lets through, whatever the text and the group. */
export const imagesByFilter = remembered(
  (images: readonly ImageView[]) =>
    Object.fromEntries(
      imageFilters.map((filter) => [filter, images.filter((image) => passes(image, filter)).length]),
    ) as Record<ImageFilter, number>,
);

/**
 * The image `step` places from this one in the list; from one that the list does not show, the next that it shows in the
 * order of the project. null: none there.
 */
export function imageBeside(
  images: readonly ImageView[],
  listing: ImageListing,
  imageId: number | null,
  step: -1 | 1,
): ImageView | null {
  const listed = listedImages(images, listing);
  const at = listed.findIndex(({ id }) => id === imageId);
  if (at >= 0) return listed[at + step] ?? null;
  const place = images.findIndex(({ id }) => id === imageId);
  const places = new Map(images.map(({ id }, index) => [id, index]));
  const beyond = listed.filter(({ id }) => (places.get(id)! - place) * step > 0);
  const distance = ({ id }: ImageView) => Math.abs(places.get(id)! - place);
  return beyond.reduce<ImageView | null>((best, one) => (best && distance(best) <= distance(one) ? best : one), null);
}
