import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { ProjectView } from '../api/contract.ts';
import { makeFolder, type RunningService, startService } from './startService.ts';

/** For tests: a folder for each test, and services that end with it. No model runs in them. */
export let folder: string;
export let dataFolder: string;

const services: RunningService[] = [];
const endings: (() => void)[] = [];

/** Called once by a test file: makes {@link folder} before each test; after it, no service may have met a defect. */
export function useFolderOfOwn(): void {
  let remove: () => Promise<void>;
  beforeEach(async () => {
    ({ folder, remove } = await makeFolder());
    dataFolder = join(folder, '..', 'data');
  });
  afterEach(async () => {
    const ended = services.splice(0);
    for (const service of ended) await service.close();
    for (const end of endings.splice(0)) end();
    await remove();
    const defects = ended.flatMap((service) => service.defects);
    if (defects.length > 0) throw new Error(`The service took this for a defect of its own: ${defects.join('; ')}`);
  });
}

/** Done after the test, when its services have ended and before its folder goes. */
export function afterServices(end: () => void): void {
  endings.push(end);
}

export function start(data: string = dataFolder): RunningService {
  const service = startService(data);
  services.push(service);
  return service;
}

export async function open(service: RunningService, path = folder) {
  const project = await service.json<ProjectView>('POST', '/api/projects/open', { paths: [path] });
  return { project, base: `/api/projects/${project.id}` };
}

export const addClass = (name: string) => ({ edit: { type: 'addClass', name, color: '#123456', key: null } });
