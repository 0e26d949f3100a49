import type { z } from 'zod';
import type { MicrographFacts, prepareRequest } from '../api/contract.ts';
import { firstPlane } from '../micrographs/contract.ts';
import type { PlaneOfImage } from './embeddingQueue.ts';

/**
 * The planes of which embeddings are asked for: image by image, of each time by time, of each slice by slice.
 * @throws LamellaError of a file whose slices can't be counted because it can't be read
 */
export async function planesToPrepare(
  { imageIds, slices, c }: z.output<typeof prepareRequest>,
  factsOf: (imageId: number) => Promise<Pick<MicrographFacts, 'z' | 't'>>,
): Promise<PlaneOfImage[]> {
  if (slices === 'first') return imageIds.map((imageId) => ({ imageId, plane: firstPlane }));
  const planes: PlaneOfImage[] = [];
  for (const imageId of imageIds) {
    const { z: depth, t: times } = await factsOf(imageId);
    for (let t = 0; t < times; t++) {
      for (let slice = 0; slice < depth; slice++) planes.push({ imageId, plane: { c, z: slice, t } });
    }
  }
  return planes;
}
