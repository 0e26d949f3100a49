import { join } from 'node:path';
import type { Mask } from '../../../native-models/masks/mask.ts';
import type { MicrographFacts } from '../api/contract.ts';
import { openProject } from '../project/index.ts';
import { specimenHeightPx, specimenWidthPx } from './specimens.ts';

/**
 * For tests: a project on disk with these files as its images and objects on them in turn, as if people had accepted
 * them: rectangles, so that no model is needed. The project is closed again.
 */
export async function writeProject(folder: string, names: readonly string[], objectCount: number): Promise<void> {
  const project = await openProject(folder);
  project.addImages(
    names.map((name) => ({
      path: join(folder, name),
      sha256: null,
      problem: null,
      facts: factsOf(join(folder, name)),
    })),
  );
  const images = project.images();
  for (let index = 0; index < objectCount; index++) {
    const imageId = images[index % images.length]!.id;
    const accepted = {
      imageId,
      plane: { c: null, z: 0, t: 0 },
      mask: rectangle((index * 4) % 500, (index * 3) % 400),
      predictedIou: 0.9,
      stability: 0.95,
      prompts: { model: 'test', steps: [] },
      model: 'test',
    };
    project.apply({ type: 'addObject', imageId, candidateId: '', classId: 1 }, { candidate: () => accepted });
  }
  project.close();
}

function rectangle(x: number, y: number): Mask {
  return { x, y, width: 40, height: 30, data: new Uint8Array(40 * 30).fill(1) };
}

/** Of writeGreySpecimen's pictures. */
function factsOf(path: string): MicrographFacts {
  return {
    path,
    format: 'PNG',
    widthPx: specimenWidthPx,
    heightPx: specimenHeightPx,
    dtype: 'uint8',
    samples: 1,
    channels: 1,
    z: 1,
    t: 1,
    pixelSize: null,
    pixelUnit: null,
    pixelSizeSource: null,
  };
}
