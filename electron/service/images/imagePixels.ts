import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Bbox } from '../../../native-models/masks/mask.ts';
import { cropPlane } from '../../../native-models/predictor/cropPlane.ts';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import type { DisplayRange, ImageView, MicrographFacts, MicrographView } from '../api/contract.ts';
import { LamellaError } from '../errors.ts';
import { ImageFiles } from './imageFiles.ts';
import type { EmbeddingSource } from '../inference/contract.ts';
import { type Contrast, firstPlane, type Micrograph, type PlaneAddress } from '../micrographs/contract.ts';
import { contrastOf } from '../micrographs/contrast.ts';
import { levelCount, type PlaneCache, tileOf, tileSize } from '../micrographs/tiles.ts';
import type { Project } from '../project/contract.ts';
import { ThumbnailCache } from './thumbnails.ts';

/** Contrast facts that are kept: 3 kB each. */
const keptContrasts = 256;

export interface ImagePixelsNeeds {
  planes: PlaneCache;
  imageChanged(image: ImageView): void;
  /** The file of an image holds something else than when it was last looked at. */
  contentChanged(imageId: number): void;
  reportDefect(cause: unknown): void;
}

/** What the images of one project hold: planes, tiles, values, contrast, and what an embedding is made from. */
export class ImagePixels {
  readonly #files: ImageFiles;
  readonly #thumbnails: ThumbnailCache;
  /** null where nothing may be written: everything is then made anew in each session. */
  readonly #cacheFolder: string | null;
  readonly #contrasts = new Map<string, Contrast>();

  constructor(
    private readonly project: Project,
    private readonly needs: ImagePixelsNeeds,
  ) {
    this.#files = new ImageFiles(project, needs);
    this.#cacheFolder = project.writable ? project.cacheFolder : null;
    this.#thumbnails = new ThumbnailCache(this.#cacheFolder, needs.reportDefect);
  }

  /** The view with the trouble that this session found, where the project itself can't be written to. */
  withProblem(image: ImageView): ImageView {
    return this.#files.withProblem(image);
  }

  identify(imageId: number): Promise<{ sha256: string; facts: MicrographFacts }> {
    return this.#files.identify(imageId);
  }

  /** Brings the entry of an image up to date with its file, with as little reading as that takes. */
  lookAgain(imageId: number): Promise<void> {
    return this.#files.lookAgain(imageId);
  }

  open(imageId: number): Promise<Micrograph> {
    return this.#files.open(imageId);
  }

  async describe(imageId: number): Promise<Omit<MicrographView, 'imageId' | 'embedding'>> {
    const { facts } = await this.#files.identify(imageId);
    const contrast = await this.#contrast(imageId);
    return {
      ...facts,
      path: this.project.image(imageId).view.path,
      tileSize,
      levels: levelCount(facts.widthPx, facts.heightPx),
      ...contrast,
      displayRange: this.project.image(imageId).displayRange ?? contrast.autoRange,
    };
  }

  /** The range in use: the user's, else the automatic one. */
  async displayRange(imageId: number): Promise<DisplayRange> {
    return this.project.image(imageId).displayRange ?? (await this.#contrast(imageId)).autoRange;
  }

  async tile(imageId: number, plane: PlaneAddress, level: number, tx: number, ty: number): Promise<PixelPlane> {
    const { sha256 } = await this.#files.known(imageId);
    const pyramid = await this.needs.planes.pyramid(planeKey(sha256, plane), () => this.#read(imageId, plane));
    return tileOf(pyramid, level, tx, ty);
  }

  /** Sample values of one pixel. Throws `not-found` outside the plane. */
  async valuesAt(imageId: number, address: PlaneAddress, x: number, y: number): Promise<number[]> {
    const plane = await this.#plane(imageId, address);
    if (x >= plane.widthPx || y >= plane.heightPx) {
      throw new LamellaError('not-found', `Pixel (${x}, ${y}) is outside the plane.`);
    }
    const start = (y * plane.widthPx + x) * plane.samples;
    return [...plane.data.subarray(start, start + plane.samples)];
  }

  async thumbnail(imageId: number): Promise<Uint8Array<ArrayBuffer>> {
    const { sha256 } = await this.#files.known(imageId);
    return this.#thumbnails.get(sha256, async () => ({
      plane: await this.#plane(imageId, firstPlane),
      contrast: await this.#contrast(imageId),
    }));
  }

  /** Of the whole plane, or of a part of it, whose embedding is kept in memory only. */
  async embeddingSource(imageId: number, part: Bbox | null): Promise<EmbeddingSource> {
    const { sha256 } = await this.#files.identify(imageId);
    const valueRange = await this.displayRange(imageId);
    const described = `${planeKey(sha256, firstPlane)} ${valueRange.join(' ')}`;
    const imageKey = hexOf(described);
    if (part === null) {
      return {
        key: imageKey,
        imageKey,
        origin: { x: 0, y: 0 },
        cacheFolder: this.#cacheFolder === null ? null : join(this.#cacheFolder, 'embeddings'),
        valueRange,
        readPixels: () => this.#plane(imageId, firstPlane),
      };
    }
    const [x, y, width, height] = part;
    return {
      key: hexOf(`${described} part ${part.join(' ')}`),
      imageKey,
      origin: { x, y },
      cacheFolder: null,
      valueRange,
      readPixels: async () => cropPlane(await this.#plane(imageId, firstPlane), [x, y, x + width, y + height]),
    };
  }

  close(): void {
    this.#files.close();
  }

  async #contrast(imageId: number): Promise<Contrast> {
    const { sha256, facts } = await this.#files.known(imageId);
    const held = this.#contrasts.get(sha256);
    if (held) return held;
    const contrast = contrastOf(await this.#plane(imageId, firstPlane), facts.dataBar);
    this.#contrasts.set(sha256, contrast);
    for (const oldest of this.#contrasts.keys()) {
      if (this.#contrasts.size <= keptContrasts) break;
      this.#contrasts.delete(oldest);
    }
    return contrast;
  }

  async #plane(imageId: number, plane: PlaneAddress): Promise<PixelPlane> {
    const { sha256 } = await this.#files.known(imageId);
    return this.needs.planes.plane(planeKey(sha256, plane), () => this.#read(imageId, plane));
  }

  async #read(imageId: number, plane: PlaneAddress): Promise<PixelPlane> {
    return this.#files.noteTrouble(imageId, async () => (await this.#files.open(imageId)).readPlane(plane));
  }
}

function hexOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** By content, not by path: a file that changed is another plane. */
function planeKey(sha256: string, { c, z, t }: PlaneAddress): string {
  return `${sha256} c${c ?? '*'} z${z} t${t}`;
}
