import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Bbox } from '../../../native-models/masks/mask.ts';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import type { DisplayRange, ImageView, MicrographFacts, MicrographView } from '../api/contract.ts';
import { LamellaError } from '../errors.ts';
import { ImageFiles } from './imageFiles.ts';
import type { EmbeddingSource } from '../inference/contract.ts';
import { type Contrast, firstPlane, type Micrograph, type PlaneAddress } from '../micrographs/contract.ts';
import { contrastOf } from '../micrographs/contrast.ts';
import { lookKey, paintLook, shownRange } from './modelLook.ts';
import { OverviewFiles } from '../micrographs/overviewFiles.ts';
import { encodedSidePx, wholeOf, wholePlane } from '../micrographs/planeParts.ts';
import {
  LargePlane,
  levelCount,
  PlaneCache,
  type Tile,
  tileOf,
  tileSize,
  wholePlanePixels,
} from '../micrographs/tiles.ts';
import type { Project } from '../project/contract.ts';
import { ThumbnailCache } from './thumbnails.ts';

/** Contrast facts that are kept: 3 kB each. */
const keptContrasts = 256;
/** Large planes that are kept open: a sample of some megabytes each. */
const keptLargePlanes = 32;
/** Bytes of the chunks, tiles and overviews of a project's large planes: what some screens of 4K show, and their surroundings. */
const partsBudgetBytes = 256 * 2 ** 20;

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
  readonly #parts = new PlaneCache(partsBudgetBytes);
  readonly #overviews: OverviewFiles | null;
  /** null: one whose parts can't be read by themselves. */
  readonly #largePlanes = new Map<string, Promise<LargePlane | null>>();
  readonly #closing = new AbortController();
  #pass: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly project: Project,
    private readonly needs: ImagePixelsNeeds,
  ) {
    this.#files = new ImageFiles(project, needs);
    this.#cacheFolder = project.writable ? project.cacheFolder : null;
    this.#thumbnails = new ThumbnailCache(this.#cacheFolder, needs.reportDefect);
    this.#overviews =
      this.#cacheFolder === null ? null : new OverviewFiles(join(this.#cacheFolder, 'overviews'), needs.reportDefect);
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

  /** The channel's contrast is that of its middle slice, so that a stack does not flicker when it is gone through. */
  async describe(imageId: number, channel: number): Promise<Omit<MicrographView, 'imageId' | 'embedding'>> {
    const { facts } = await this.#files.identify(imageId);
    const contrast = await this.#contrast(imageId, channel);
    return {
      ...facts,
      path: this.project.image(imageId).view.path,
      tileSize,
      levels: levelCount(facts.widthPx, facts.heightPx),
      ...contrast,
      displayRange: this.project.image(imageId).displayRanges[channel] ?? contrast.autoRange,
      modelLook: this.project.image(imageId).modelLook,
    };
  }

  /** The range in use: the user's, else the automatic one. */
  async displayRange(imageId: number, channel: number): Promise<DisplayRange> {
    return this.project.image(imageId).displayRanges[channel] ?? (await this.#contrast(imageId, channel)).autoRange;
  }

  async tile(imageId: number, plane: PlaneAddress, level: number, tx: number, ty: number): Promise<Tile> {
    const large = await this.#large(imageId, plane);
    if (large) return large.tile(level, tx, ty);
    const { sha256 } = await this.#files.known(imageId);
    const pyramid = await this.needs.planes.pyramid(planeKey(sha256, plane), () => this.#read(imageId, plane));
    return { pixels: tileOf(pyramid, level, tx, ty), isProvisional: false };
  }

  /** Sample values of one pixel. Throws `not-found` outside the plane. */
  async valuesAt(imageId: number, address: PlaneAddress, x: number, y: number): Promise<number[]> {
    const large = await this.#large(imageId, address);
    const plane = large ?? (await this.#plane(imageId, address));
    if (x >= plane.widthPx || y >= plane.heightPx) {
      throw new LamellaError('not-found', `Pixel (${x}, ${y}) is outside the plane.`);
    }
    if (plane instanceof LargePlane) return plane.valuesAt(x, y);
    const start = (y * plane.widthPx + x) * plane.samples;
    return [...plane.data.subarray(start, start + plane.samples)];
  }

  async thumbnail(imageId: number): Promise<Uint8Array<ArrayBuffer>> {
    const { sha256 } = await this.#files.known(imageId);
    return this.#thumbnails.get(sha256, async () => ({
      plane: await this.#glance(imageId, firstPlane),
      contrast: await this.#contrast(imageId, 0),
    }));
  }

  /**
   * Of the whole plane, or of a part of it, whose embedding is kept in memory only. A large plane is reduced to what an
   * encoder sees, and the part grows by less than a pixel of that. Where the model is to see what the screen shows, the
   * pixels are painted so, from as many channels as that takes.
   */
  async embeddingSource(
    imageId: number,
    part: Bbox | null,
    asked: PlaneAddress = firstPlane,
  ): Promise<EmbeddingSource> {
    const { sha256, facts } = await this.#files.identify(imageId);
    const look = this.project.image(imageId).modelLook;
    const channels = look?.composite ? look.composite.map(({ c }) => c) : [asked.c];
    const planes = channels.map((c) => existingPlane({ ...asked, c }, facts));
    const ranges = await Promise.all(planes.map(({ c }) => this.displayRange(imageId, c ?? 0)));
    const named = planes.map((plane, i) => `${planeKey(sha256, plane)} ${ranges[i]!.join(' ')}`);
    const described = [...named, ...(look ? [lookKey(look)] : [])].join(' ');
    const parts = await Promise.all(planes.map((plane) => this.#encodedPart(imageId, plane, part)));
    const { x, y } = parts[0]!.origin;
    const imageKey = hexOf(described);
    const isKept = part === null && this.#cacheFolder !== null;
    return {
      key: part === null ? imageKey : hexOf(`${described} part ${part.join(' ')}`),
      imageKey,
      origin: { x, y },
      cacheFolder: isKept ? join(this.#cacheFolder!, 'embeddings') : null,
      valueRange: look ? shownRange : ranges[0]!,
      readPixels: async () => {
        const read = await Promise.all(parts.map((one) => one.read()));
        return look ? paintLook(read, ranges, look) : read[0]!;
      },
    };
  }

  /** Pixels of a plane as an encoder wants them, and where they begin in it. Nothing is read before it is asked for. */
  async #encodedPart(imageId: number, plane: PlaneAddress, part: Bbox | null) {
    const { facts } = await this.#files.known(imageId);
    const large = await this.#large(imageId, plane);
    const parts = large ?? wholePlane(facts, () => this.#plane(imageId, plane));
    const { area, read } = parts.part(part ?? wholeOf(parts), encodedSidePx);
    const [x, y] = area;
    return { origin: { x, y }, read };
  }

  /** Ends the passes over large files. */
  close(): void {
    this.#closing.abort();
    this.#files.close();
    this.#parts.clear();
  }

  /** Of a large plane, contrast is that of {@link LargePlane.preview}: of a sample of its pixels, or of a coarse level. */
  async #contrast(imageId: number, channel: number): Promise<Contrast> {
    const { sha256, facts } = await this.#files.known(imageId);
    const key = `${sha256} ${channel}`;
    const held = this.#contrasts.get(key);
    if (held) return held;
    const middle = { c: facts.channels > 1 ? channel : null, z: Math.floor(facts.z / 2), t: 0 };
    const contrast = contrastOf(await this.#glance(imageId, middle), facts.dataBar);
    this.#contrasts.set(key, contrast);
    for (const oldest of this.#contrasts.keys()) {
      if (this.#contrasts.size <= keptContrasts) break;
      this.#contrasts.delete(oldest);
    }
    return contrast;
  }

  /** The plane, or what shows all of a large one. */
  async #glance(imageId: number, plane: PlaneAddress): Promise<PixelPlane> {
    const large = await this.#large(imageId, plane);
    return large ? large.preview() : this.#plane(imageId, plane);
  }

  /** null: held as a whole, because it is not large or because its file gives no parts. */
  async #large(imageId: number, address: PlaneAddress): Promise<LargePlane | null> {
    const { sha256, facts } = await this.#files.known(imageId);
    if (facts.widthPx * facts.heightPx <= wholePlanePixels) return null;
    const key = planeKey(sha256, address);
    const name = `${imageId} ${key}`;
    const held = this.#largePlanes.get(name);
    const opened = held ?? this.#openLarge(imageId, address, key);
    this.#largePlanes.delete(name);
    this.#largePlanes.set(name, opened);
    if (!held) opened.catch(() => this.#largePlanes.delete(name));
    if (this.#largePlanes.size > keptLargePlanes) this.#largePlanes.delete(this.#largePlanes.keys().next().value!);
    return opened;
  }

  async #openLarge(imageId: number, address: PlaneAddress, key: string): Promise<LargePlane | null> {
    return LargePlane.of(await this.#files.open(imageId), {
      address,
      key,
      fileName: key.replaceAll(' ', '-').replace('*', 'all'),
      parts: this.#parts,
      overviews: this.#overviews,
      signal: this.#closing.signal,
      inTurn: (work) => this.#inTurn(work),
      noteTrouble: (work) => this.#files.noteTrouble(imageId, work),
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#pass.then(work);
    this.#pass = done.catch(() => undefined);
    return done;
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

/**
 * The address by which a plane is known: of a file with channels, the first where none is given.
 * @throws LamellaError not-found for a plane that the file does not have
 */
function existingPlane({ c, z, t }: PlaneAddress, facts: MicrographFacts): PlaneAddress {
  if ((c ?? 0) >= facts.channels || z >= facts.z || t >= facts.t) {
    throw new LamellaError('not-found', `There is no plane c ${c ?? 0}, z ${z}, t ${t} in ${facts.path}.`, {
      path: facts.path,
    });
  }
  return { c: facts.channels > 1 ? (c ?? 0) : c, z, t };
}

/** By content, not by path: a file that changed is another plane. */
function planeKey(sha256: string, { c, z, t }: PlaneAddress): string {
  return `${sha256} c${c ?? '*'} z${z} t${t}`;
}
