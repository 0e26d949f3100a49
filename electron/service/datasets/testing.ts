import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import type { Mask } from '../../../native-models/masks/mask.ts';
import { drawnMask } from '../../../native-models/masks/testing.ts';
import type { ExportResult } from '../api/contract.ts';
import { identifyMicrograph } from '../micrographs/identify.ts';
import { openMicrograph } from '../micrographs/index.ts';
import { openProject, type Project } from '../project/index.ts';
import type { ExportJob } from './contract.ts';
import { datasetFormat } from './index.ts';
import { firstPlane } from '../micrographs/contract.ts';

/** Plane of the micrographs that tests make. */
export const widthPx = 40;
export const heightPx = 24;

/** Every kind of shape that exports must keep: a hole, parts, corners that touch, the border, one pixel, the plane. */
export const shapes: Readonly<Record<string, Mask>> = {
  hole: drawnMask(['######', '##..##', '#...##', '######'], 3, 4),
  island: drawnMask(['#####', '#...#', '#.#.#', '#...#', '#####'], 30, 10),
  parts: drawnMask(['##...#', '##....', '....##'], 12, 2),
  diagonal: drawnMask(['#..#', '.##.', '.##.', '#..#'], 20, 12),
  closedByCorner: drawnMask(['###', '#.#', '##.'], 26, 3),
  topLeft: drawnMask(['##', '#.'], 0, 0),
  bottomRight: drawnMask(['.#', '##'], widthPx - 2, heightPx - 2),
  onePixel: drawnMask(['#'], 9, 20),
  lastPixel: drawnMask(['#'], widthPx - 1, heightPx - 1),
  plane: { x: 0, y: 0, width: widthPx, height: heightPx, data: new Uint8Array(widthPx * heightPx).fill(1) },
};

/** For tests: a real project in a temporary folder, with real images. */
export class TestProject {
  private constructor(
    readonly root: string,
    readonly project: Project,
  ) {}

  static async make(): Promise<TestProject> {
    const root = await mkdtemp(join(tmpdir(), 'lamella-datasets-'));
    const folder = join(root, 'Schliffe 试样');
    await mkdir(folder);
    return new TestProject(root, await openProject(folder));
  }

  get folder(): string {
    return this.project.folder;
  }

  get output(): string {
    return join(this.root, 'out');
  }

  /** Makes an image file (below the project's folder, or at a whole path) and adds it. Gives its id. */
  async addImage(name: string, path = join(this.folder, name)): Promise<number> {
    await mkdir(dirname(path), { recursive: true });
    await sharp({ create: { width: widthPx, height: heightPx, channels: 3, background: '#446688' } })
      .withMetadata({ density: 72 })
      .toFile(path);
    const [added] = this.project.addImages([{ path, ...(await identifyMicrograph(path)), problem: null }]);
    return added!.id;
  }

  /** Accepts a mask as an object, and gives its id. */
  addObject(imageId: number, mask: Mask, classId = this.project.classes()[0]!.id, plane = firstPlane): number {
    const prompts = { model: 'test', steps: [] };
    const candidate = { imageId, plane, mask, predictedIou: 0.9, stability: 0.9, prompts, model: 'test' };
    const edit = { type: 'addObject', imageId, candidateId: 'any', classId } as const;
    return this.project.apply(edit, { candidate: () => candidate }).objects[0]!.after!.id;
  }

  addClass(name: string): number {
    const edit = { type: 'addClass', name, color: '#aa0000', key: null } as const;
    return this.project.apply(edit, { candidate: noCandidate }).classes[0]!.after!.id;
  }

  hide(id: number): void {
    this.project.apply({ type: 'updateObjects', ids: [id], set: { hidden: true } }, { candidate: noCandidate });
  }

  export(
    format: string,
    options: Partial<ExportJob['options']> = {},
    more: Partial<ExportJob> = {},
  ): Promise<ExportResult> {
    return datasetFormat(format).export({
      project: this.project,
      openImage: async (imageId) => openMicrograph(this.project.image(imageId).view.path),
      output: this.output,
      options: { segmentation: 'auto', images: false, container: 'tiff', withoutDataBar: false, ...options },
      signal: new AbortController().signal,
      onProgress: () => undefined,
      ...more,
    });
  }

  async remove(): Promise<void> {
    this.project.close();
    await rm(this.root, { recursive: true, force: true });
  }
}

function noCandidate(): never {
  throw new Error('this edit takes no candidate');
}
