import { setTimeout as delay } from 'node:timers/promises';
import type { Bbox } from '../../../native-models/masks/mask.ts';
import { cropPlane } from '../../../native-models/predictor/cropPlane.ts';
import type { PixelPlane } from '../../../native-models/predictor/pixels.ts';
import { isLamellaError, LamellaError } from '../errors.ts';
import type { LevelSize, Micrograph, PlaneAddress } from './contract.ts';
import type { OverviewFiles } from './overviewFiles.ts';
import type { PlaneCache } from './planeCache.ts';
import type { PlanePart, PlaneParts } from './planeParts.ts';
import { chunkedLevel, type ChunkedLevel, PlaneChunks, type ReadRegion } from './planeChunks.ts';
import { levelCount, type Pyramid, tileSize } from './pyramid.ts';
import { samplePlane } from './samplePlane.ts';
import { emptyLike, shrinkInto } from './shrink.ts';

/**
 * Most pixels of a plane that is held whole (8192²): of 16 bits it takes 171 MB with its pyramid and is decoded in about
 * a second, and everything then comes from memory. A plane of 20,000² would take 1.1 GB and several seconds.
 */
export const wholePlanePixels = 2 ** 26;
/** Most pixels of an overview: 64 MB of 16 bits, with its own pyramid 85 MB; for 20,000² it is the level at 1/4. */
const overviewPixels = 2 ** 25;
/** A tile is made from a level of the file that is at most so many times finer; beyond, from the overview. */
const finest = 4;
/** Longest side of the sample that a first picture comes from, and most pixels of a level that stands in for it. */
const sampleSide = 1536;
const previewPixels = 2 ** 22;
/** Milliseconds that a tile waits for an overview that was kept before the sample stands in. */
const patienceMs = 150;
/** Milliseconds between two looks whether someone still waits for a tile. */
const politeMs = 5;

export interface Tile {
  pixels: PixelPlane;
  /** Made of a sample of the plane; the same tile will look better when all of the plane has been read. */
  isProvisional: boolean;
}

export interface LargePlaneNeeds {
  address: PlaneAddress;
  /** Names the plane's content in `parts`. */
  key: string;
  /** Names it among files. */
  fileName: string;
  /** Chunks, tiles and overviews that were used last. */
  parts: PlaneCache;
  /** null where nothing may be written. */
  overviews: OverviewFiles | null;
  /** Ends a pass over the file. */
  signal: AbortSignal;
  /** Passes over files run one after the other. */
  inTurn<T>(work: () => Promise<T>): Promise<T>;
  /** Around each reading of the file. */
  noteTrouble<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * A plane that is never in memory as a whole. Level 0 and the levels just above it come from the parts of the file that
 * they show; coarser ones from the file's own pyramid where its steps are powers of two, else from an overview, for which
 * the file is read once in the background, and which is kept on disk. Until that is there, a sample of the plane stands
 * in. All of it together takes the budget of `parts` and some 100 MB while a pass runs.
 */
export class LargePlane implements PlaneParts {
  readonly #micrograph: Micrograph;
  readonly #needs: LargePlaneNeeds;
  readonly #chunks: PlaneChunks;
  /** Levels of the file that are at 1/2^k, by k. */
  readonly #fileLevels: ReadonlyMap<number, number>;
  /** The overview is the plane at 1/2^k for this k. */
  readonly #overviewLevel: number;
  readonly #read: ReadRegion;
  #preview: Promise<PixelPlane> | null = null;
  /** What a pass found to be wrong with the file: it is not read again and again. */
  #damage: unknown = null;
  /** Tiles being made from the file now. */
  #tilesAsked = 0;
  #isPassing = false;

  private constructor(micrograph: Micrograph, levels: readonly ChunkedLevel[], needs: LargePlaneNeeds) {
    this.#micrograph = micrograph;
    this.#needs = needs;
    this.#read = (level, region) =>
      needs.noteTrouble(() => {
        if (needs.signal.aborted) throw closed();
        return micrograph.readRegion(needs.address, level, region);
      });
    this.#chunks = new PlaneChunks(levels, this.#read, needs.parts, needs.key);
    this.#fileLevels = powersOfTwo(levels.map(({ size }) => size));
    this.#overviewLevel = overviewLevelOf(this.widthPx, this.heightPx);
  }

  /** null where parts of it can't be read without the whole. */
  static of(micrograph: Micrograph, needs: LargePlaneNeeds): LargePlane | null {
    const { samples, dtype } = micrograph.facts;
    const bytesPerPixel = samples * bytesOf[dtype];
    const levels = micrograph.levels.map((size, i) => chunkedLevel(size, micrograph.blocks?.[i], bytesPerPixel));
    const [first] = levels;
    if (!first) return null;
    // What can't be read in parts, of a file's pyramid, is done without.
    const usable = levels.findIndex((level) => level === null);
    const found = levels.slice(0, usable === -1 ? levels.length : usable);
    return new LargePlane(micrograph, found as ChunkedLevel[], needs);
  }

  get widthPx(): number {
    return this.#micrograph.facts.widthPx;
  }

  get heightPx(): number {
    return this.#micrograph.facts.heightPx;
  }

  /** @throws LamellaError not-found outside the plane; what reading the file throws */
  async tile(level: number, tx: number, ty: number): Promise<Tile> {
    const size = this.#sizeAt(level);
    const [x, y] = [tx * tileSize, ty * tileSize];
    const isInside = level < levelCount(this.widthPx, this.heightPx) && x < size.widthPx && y < size.heightPx;
    if (!isInside) throw new LamellaError('not-found', `There is no tile (${tx}, ${ty}) at level ${level}.`);
    const region: Bbox = [x, y, Math.min(tileSize, size.widthPx - x), Math.min(tileSize, size.heightPx - y)];
    const source = this.#fileSource(level);
    if (source === null) return this.#coarseTile(level, region);
    this.#tilesAsked++;
    try {
      const name = `${this.#needs.key} tile ${level} ${tx},${ty}`;
      const fromFile = () => this.#fromFile(source, level, region);
      const pixels = await (level === 0 ? fromFile() : this.#needs.parts.plane(name, fromFile));
      return { pixels, isProvisional: false };
    } finally {
      this.#tilesAsked--;
    }
  }

  /** Sample values of a pixel inside the plane. */
  async valuesAt(x: number, y: number): Promise<number[]> {
    return [...(await this.#chunks.region(0, [x, y, 1, 1])).data];
  }

  /**
   * The plane, much reduced and at once: a level of the file where it has a small one, else a sample of its pixels as
   * they are. It depends on nothing but the file, so that what is derived from it (contrast) is always the same.
   */
  preview(): Promise<PixelPlane> {
    this.#preview ??= this.#makePreview().catch((cause: unknown) => {
      this.#preview = null;
      throw cause;
    });
    return this.#preview;
  }

  /**
   * A part of the plane for eyes that see `sidePx` pixels of its longest side: reduced by a power of two to no less than
   * that. The part grows to whole pixels of the reduced plane. Waits for the overview where it takes that.
   */
  part(bbox: Bbox, sidePx: number): PlanePart {
    const [x, y, width, height] = bbox;
    let level = 0;
    while (Math.max(width, height) / 2 ** (level + 1) >= sidePx) level++;
    const step = 2 ** level;
    const [left, top] = [Math.floor(x / step) * step, Math.floor(y / step) * step];
    const right = Math.min(this.widthPx, Math.ceil((x + width) / step) * step);
    const bottom = Math.min(this.heightPx, Math.ceil((y + height) / step) * step);
    const size = { widthPx: right - left, heightPx: bottom - top };
    const region: Bbox = [left / step, top / step, Math.ceil(size.widthPx / step), Math.ceil(size.heightPx / step)];
    const read = async (): Promise<PixelPlane> => {
      const source = this.#fileSource(level);
      const pixels = source === null ? await this.#fromOverview(level, region) : this.#fromFile(source, level, region);
      return { ...(await pixels), sizeImage: size };
    };
    return { area: [left, top, size.widthPx, size.heightPx], step, read };
  }

  #sizeAt(level: number): LevelSize {
    return { widthPx: Math.ceil(this.widthPx / 2 ** level), heightPx: Math.ceil(this.heightPx / 2 ** level) };
  }

  /** The level of the file from which this one is made, as a power of two; null: from the overview. */
  #fileSource(level: number): number | null {
    const source = this.#coarsestUpTo(level);
    return level < this.#overviewLevel || 2 ** (level - source) <= finest ? source : null;
  }

  #coarsestUpTo(level: number): number {
    let source = 0;
    for (const power of this.#fileLevels.keys()) if (power <= level) source = Math.max(source, power);
    return source;
  }

  async #fromFile(source: number, level: number, [x, y, width, height]: Bbox): Promise<PixelPlane> {
    const step = 2 ** (level - source);
    const index = this.#fileLevels.get(source)!;
    const size = this.#micrograph.levels[index]!;
    const [left, columns] = clipped(x * step, width * step, size.widthPx);
    const [top, rows] = clipped(y * step, height * step, size.heightPx);
    const found = await this.#chunks.shrunk(index, [left, top, columns, rows], step);
    return found.widthPx === width && found.heightPx === height ? found : stretchedTo(found, width, height);
  }

  async #fromOverview(level: number, region: Bbox): Promise<PixelPlane> {
    return croppedTo((await this.#overview()).levels[level - this.#overviewLevel]!, region);
  }

  async #coarseTile(level: number, region: Bbox): Promise<Tile> {
    const exact = this.#fromOverview(level, region);
    const pixels = await Promise.race([exact, this.#overviewTakesLong()]);
    if (pixels) return { pixels, isProvisional: false };
    return { pixels: ofSample(await this.preview(), this.#previewLevel(), level, region), isProvisional: true };
  }

  /** Gives null when there is no use in waiting any longer. */
  async #overviewTakesLong(): Promise<null> {
    for (let waited = 0; waited < patienceMs; waited += politeMs) {
      await delay(politeMs);
      if (this.#isPassing) break;
    }
    return null;
  }

  #overview(): Promise<Pyramid> {
    if (this.#damage !== null) return Promise.reject(this.#damage);
    return this.#needs.parts.pyramid(`${this.#needs.key} overview`, async () => {
      const { overviews, fileName } = this.#needs;
      const { samples, dtype } = this.#micrograph.facts;
      const shape = { ...this.#sizeAt(this.#overviewLevel), samples, bytesPerSample: bytesOf[dtype] };
      const kept = await overviews?.read(fileName, shape);
      if (kept) return kept;
      this.#isPassing = true;
      try {
        // First the quick picture that someone waits for.
        await this.preview();
        const made = await this.#needs.inTurn(() => this.#pass());
        // The folder of a closed project may be on its way somewhere else.
        if (!this.#needs.signal.aborted) await overviews?.keep(fileName, made);
        return made;
      } finally {
        this.#isPassing = false;
      }
    });
  }

  async #pass(): Promise<PixelPlane> {
    const source = this.#coarsestUpTo(this.#overviewLevel);
    const index = this.#fileLevels.get(source)!;
    try {
      const made = await this.#chunks.pass(index, 2 ** (this.#overviewLevel - source), () => this.#giveWay());
      const { widthPx, heightPx } = this.#sizeAt(this.#overviewLevel);
      return made.widthPx === widthPx && made.heightPx === heightPx ? made : stretchedTo(made, widthPx, heightPx);
    } catch (cause) {
      if (isLamellaError(cause) && cause.code === 'file-damaged') this.#damage = cause;
      throw cause;
    }
  }

  /** Between two steps of a pass: whoever waits for a tile that is not coarse goes first. */
  async #giveWay(): Promise<void> {
    const { signal } = this.#needs;
    do {
      if (signal.aborted) throw closed();
      await delay(this.#tilesAsked > 0 ? politeMs : 0);
    } while (this.#tilesAsked > 0);
  }

  #previewLevel(): number {
    for (const [power, index] of this.#fileLevels) {
      const { widthPx, heightPx } = this.#micrograph.levels[index]!;
      const isSmall = widthPx * heightPx <= previewPixels && Math.max(widthPx, heightPx) >= tileSize;
      if (power > 0 && isSmall) return power;
    }
    let level = 0;
    while (Math.max(this.widthPx, this.heightPx) / 2 ** level > sampleSide) level++;
    return level;
  }

  async #makePreview(): Promise<PixelPlane> {
    const level = this.#previewLevel();
    const index = this.#fileLevels.get(level);
    if (index !== undefined) {
      const { widthPx, heightPx } = this.#micrograph.levels[index]!;
      return this.#read(index, [0, 0, widthPx, heightPx]);
    }
    const source = this.#coarsestUpTo(level);
    const from = this.#fileLevels.get(source)!;
    const block = this.#micrograph.blocks![from]!;
    return samplePlane(from, this.#micrograph.levels[from]!, block, 2 ** (level - source), this.#read);
  }
}

const bytesOf = { uint8: 1, uint16: 2, float32: 4 } as const;

/** Levels of a file whose size is the plane's over a power of two, rounded either way. */
function powersOfTwo(levels: readonly LevelSize[]): Map<number, number> {
  const [full] = levels;
  const found = new Map<number, number>();
  for (const [index, { widthPx, heightPx }] of levels.entries()) {
    const power = Math.round(Math.log2(full!.widthPx / widthPx));
    const isNear = (length: number, whole: number) => Math.abs(length - whole / 2 ** power) < 1;
    if (isNear(widthPx, full!.widthPx) && isNear(heightPx, full!.heightPx) && !found.has(power)) {
      found.set(power, index);
    }
  }
  return found;
}

function overviewLevelOf(widthPx: number, heightPx: number): number {
  let level = 0;
  while (Math.ceil(widthPx / 2 ** level) * Math.ceil(heightPx / 2 ** level) > overviewPixels) level++;
  return level;
}

/** What there is of an interval: levels that were rounded down end a pixel early. */
function clipped(start: number, length: number, end: number): [start: number, length: number] {
  const from = Math.min(start, end - 1);
  return [from, Math.min(start + length, end) - from];
}

/** The plane with its last column or row repeated, or cut, to this size. */
function stretchedTo(plane: PixelPlane, widthPx: number, heightPx: number): PixelPlane {
  return resampled(
    plane,
    widthPx,
    heightPx,
    (x) => x,
    (y) => y,
  );
}

function croppedTo(plane: PixelPlane, [x, y, width, height]: Bbox): PixelPlane {
  const crop = cropPlane(plane, [x, y, x + width, y + height]);
  // Tiles and parts are their owner's; the overview is everybody's.
  return crop === plane ? { ...plane, data: plane.data.slice() } : crop;
}

/** A region of a level out of a sample of another one. */
function ofSample(sample: PixelPlane, sampleLevel: number, level: number, region: Bbox): PixelPlane {
  const [x, y, width, height] = region;
  if (level <= sampleLevel) {
    const step = 2 ** (sampleLevel - level);
    const from = (start: number) => (i: number) => Math.floor((start + i) / step);
    return resampled(sample, width, height, from(x), from(y));
  }
  const step = 2 ** (level - sampleLevel);
  const [left, columns] = clipped(x * step, width * step, sample.widthPx);
  const [top, rows] = clipped(y * step, height * step, sample.heightPx);
  const found = emptyLike(sample, Math.ceil(columns / step), Math.ceil(rows / step));
  shrinkInto(found, 0, 0, croppedTo(sample, [left, top, columns, rows]), step);
  return found.widthPx === width && found.heightPx === height ? found : stretchedTo(found, width, height);
}

/** Sample by sample from where `columnOf` and `rowOf` say, or from the edge. */
function resampled(
  plane: PixelPlane,
  widthPx: number,
  heightPx: number,
  columnOf: (x: number) => number,
  rowOf: (y: number) => number,
): PixelPlane {
  const found = emptyLike(plane, widthPx, heightPx);
  const { samples } = plane;
  for (let y = 0, out = 0; y < heightPx; y++) {
    const row = Math.min(plane.heightPx - 1, rowOf(y)) * plane.widthPx;
    for (let x = 0; x < widthPx; x++) {
      const from = (row + Math.min(plane.widthPx - 1, columnOf(x))) * samples;
      for (let s = 0; s < samples; s++) found.data[out++] = plane.data[from + s]!;
    }
  }
  return found;
}

function closed(): LamellaError {
  return new LamellaError('cancelled', 'The project was closed.');
}
