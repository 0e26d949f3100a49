import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProjectView } from '../api/contract.ts';
import { buildInferenceProcess } from '../inference/testing.ts';
import { type Specimen, writeJpegSpecimen, writeSpecimens } from './specimens.ts';
import { makeFolder, type RunningService, startService } from './startService.ts';

/** For tests: a service with a model, and an open project of five specimens, in whose folder lies notes.txt, too. */
export interface SpecimenProject {
  service: RunningService;
  dataFolder: string;
  folder: string;
  /** Four PNG and TIFF files and, last, a JPEG. */
  specimens: readonly Specimen[];
  project: ProjectView;
  /** Path of the project's routes. */
  base: string;
  imageOf(specimen: Specimen): number;
  /** Ends the service and removes the folders. @throws the first of the service's own defects */
  close(): Promise<void>;
}

export async function openSpecimenProject(): Promise<SpecimenProject> {
  const entry = await buildInferenceProcess();
  const { folder, remove } = await makeFolder();
  const dataFolder = join(folder, '..', 'data');
  const specimens = [...(await writeSpecimens(folder)), await writeJpegSpecimen(folder, 'Übersicht.jpg')];
  await writeFile(join(folder, 'notes.txt'), 'no micrograph');
  const service = startService(dataFolder, { entry });
  const project = await service.json<ProjectView>('POST', '/api/projects/open', { paths: [folder] });
  return {
    ...{ service, dataFolder, folder, specimens, project },
    base: `/api/projects/${project.id}`,
    imageOf: ({ name }) => project.images.find((image) => image.name === name)!.id,
    async close() {
      await service.close();
      await remove();
      for (const defect of service.defects) throw defect;
    },
  };
}
