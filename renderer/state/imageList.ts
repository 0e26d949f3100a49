import { create } from 'zustand';
import type { ImageState, ImageView } from '../../electron/service/api/contract.ts';
import { remembered } from './remembered.ts';

export const imageSorts = ['name', 'state', 'objects'] as const;
export type ImageSort = (typeof imageSorts)[number];
export const imageFilters = ['any', 'not-started', 'in-work', 'done', 'problem'] as const;
export type ImageFilter = (typeof imageFilters)[number];

/** Which images the list shows, and in which order. */
export interface ImageListing {
  /** Words that the name has to hold, each of them somewhere, in capitals or not. */
  text: string;
  filter: ImageFilter;
  sort: ImageSort;
}

export const wholeList: ImageListing = { text: '', filter: 'any', sort: 'name' };

export const useImageList = create<ImageListing>()(() => wholeList);

const stateOrder: Record<ImageState, number> = { 'in-work': 0, 'not-started': 1, done: 2 };

const passes = ({ state, problem }: ImageView, filter: ImageFilter) =>
  filter === 'any' || (filter === 'problem' ? problem !== null : state === filter);

/** Of equal rank the order of the project stays, which is that of the names. */
export const listedImages = remembered(
  (images: readonly ImageView[], { text, filter, sort }: ImageListing): readonly ImageView[] => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0 && filter === 'any' && sort === 'name') return images;
    const shown = images.filter((image) => {
      if (!passes(image, filter)) return false;
      const name = image.name.toLowerCase();
      return words.every((word) => name.includes(word));
    });
    if (sort === 'state') shown.sort((a, b) => stateOrder[a.state] - stateOrder[b.state]);
    if (sort === 'objects') shown.sort((a, b) => b.objectCount - a.objectCount);
    return shown;
  },
);

/** How many images each filter lets through, whatever the text. */
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
