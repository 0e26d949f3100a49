import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Bbox } from '../../../native-models/masks/mask.ts';
import type {
  ChangeView,
  DisplayRange,
  Edit,
  ExportResult,
  ImageView,
  MicrographView,
  ModelLook,
  Notice,
  PixelLength,
  PlaneAddress,
  ProjectEvent,
  ProjectView,
} from '../api/contract.ts';
import { CandidateRegistry } from '../prompting/candidates.ts';
import { EmbeddingQueue, type PlaneOfImage } from '../prompting/embeddingQueue.ts';
import type { EncodeTimes } from '../prompting/encodeTimes.ts';
import { isLamellaError, LamellaError } from '../errors.ts';
import { EventHub } from './events.ts';
import { ImagePixels } from '../images/imagePixels.ts';
import type { InferenceClient } from '../inference/contract.ts';
import { firstPlane } from '../micrographs/contract.ts';
import { findMicrographs } from '../micrographs/index.ts';
import { micrographsInSubfolders } from './subfolders.ts';
import { picturePng } from '../micrographs/thumbnail.ts';
import type { PlaneCache } from '../micrographs/tiles.ts';
import { pixelSizeInUse } from '../measuring/pixelSizeInUse.ts';
import { isWithin, type OpeningPlan, resolveFiles } from './opening.ts';
import type { EditContext, Project } from '../project/contract.ts';
import { Prompting } from '../prompting/prompting.ts';
import { Proposals } from '../proposals/proposals.ts';
import { TaskList } from './tasks.ts';
import { receiveUpload } from './upload.ts';

export interface OpenProjectNeeds {
  inference: InferenceClient;
  encodeTimes: EncodeTimes;
  planes: PlaneCache;
  reportDefect(cause: unknown): void;
}

/** One open project: the store, and around it what runs while it is open (events, embeddings, prompts, tasks). */
export class OpenProject {
  readonly events = new EventHub();
  readonly pixels: ImagePixels;
  readonly embeddings: EmbeddingQueue;
  readonly prompting: Prompting;
  readonly tasks: TaskList<ExportResult>;
  readonly proposals: Proposals;
  readonly #notices: Notice[];
  readonly #edits: EditContext;
  readonly #closing = new AbortController();
  #survey: Promise<void> = Promise.resolve();

  constructor(
    readonly id: string,
    readonly project: Project,
    notices: readonly Notice[],
    private readonly needs: OpenProjectNeeds,
  ) {
    this.#notices = [...notices];
    this.pixels = new ImagePixels(project, {
      imageChanged: (image) => this.events.emit({ type: 'image', image }),
      contentChanged: (imageId) => this.#contentChanged(imageId),
      planes: needs.planes,
      reportDefect: needs.reportDefect,
    });
    this.embeddings = new EmbeddingQueue({
      client: needs.inference,
      source: (imageId, plane) => this.pixels.embeddingSource(imageId, null, plane),
      requireImage: (imageId) => void project.image(imageId),
      next: (imageId, plane) => this.#next(imageId, plane),
      announce: (imageId, embedding, plane) => this.events.emit({ type: 'embedding', imageId, plane, embedding }),
      encodeTimes: needs.encodeTimes,
      reportDefect: needs.reportDefect,
    });
    const candidates = new CandidateRegistry();
    this.#edits = { candidate: (id) => candidates.get(id) };
    this.prompting = new Prompting({
      client: needs.inference,
      embeddings: this.embeddings,
      source: (imageId, plane, part) => this.pixels.embeddingSource(imageId, part, plane),
      sizeOf: (imageId) => project.image(imageId).view,
      candidates,
      encodeTimes: needs.encodeTimes,
    });
    this.tasks = new TaskList(
      (task) => this.events.emit({ type: 'task', task }),
      (taskId) => `/api/projects/${id}/tasks/${taskId}/download`,
      (folder) => rm(folder, { recursive: true, force: true }),
      needs.reportDefect,
    );
    this.proposals = new Proposals({
      project,
      pixels: this.pixels,
      inference: needs.inference,
      announce: (task) => this.events.emit({ type: 'proposal-task', task }),
      changed: (change) => void this.#tell(change),
      reportDefect: needs.reportDefect,
    });
  }

  view(): ProjectView {
    const { project } = this;
    return {
      id: this.id,
      name: project.name,
      folder: project.folder,
      writable: project.writable,
      notices: [...project.notices, ...this.#notices],
      classes: project.classes(),
      images: project.images().map((image) => this.pixels.withProblem(image)),
      history: project.history(),
      seq: project.seq(),
    };
  }

  /** What a window that begins to listen has to know besides the project's view. */
  currentState(): ProjectEvent[] {
    const { state, message, activeModel, device } = this.needs.inference.status();
    return [
      { type: 'session', activeModel, device, inference: { state, message } },
      ...this.embeddings
        .views()
        .map(({ imageId, plane, view }) => ({ type: 'embedding', imageId, plane, embedding: view }) as const),
      ...this.tasks.running().map((task) => ({ type: 'task', task }) as const),
      ...this.proposals.tasks.running().map((task) => ({ type: 'proposal-task', task }) as const),
    ];
  }

  /** Its contrast and its embedding are those of `plane`. */
  async micrographView(imageId: number, plane: PlaneAddress = firstPlane): Promise<MicrographView> {
    const description = await this.pixels.describe(imageId, plane.c ?? 0);
    const inUse = pixelSizeInUse(description, this.project.image(imageId).pixelSize);
    return { ...inUse, imageId, embedding: this.embeddings.view(imageId, plane) };
  }

  /** For this image, and where wanted for all whose pixel size is not known; null: back to what the file says. */
  setPixelSize(imageId: number, pixelSize: PixelLength | null, forUnknown: boolean): void {
    const others = forUnknown ? this.project.imagesWithoutPixelSize().filter((id) => id !== imageId) : [];
    const imageIds = [imageId, ...others];
    this.project.setPixelSize(imageIds, pixelSize);
    this.events.emit({ type: 'pixel-size', imageIds });
  }

  /** null: back to automatic contrast. Gives the range in use then. */
  async setDisplayRange(imageId: number, channel: number, range: DisplayRange | null): Promise<DisplayRange> {
    this.project.setDisplayRange(imageId, channel, range);
    const displayRange = await this.pixels.displayRange(imageId, channel);
    this.events.emit({ type: 'display', imageId, channel, displayRange });
    this.embeddings.outdate(imageId);
    return displayRange;
  }

  /** null: the plane as it is. Embeddings are made anew. */
  setModelLook(imageId: number, look: ModelLook | null): void {
    this.project.setModelLook(imageId, look);
    this.events.emit({ type: 'model-look', imageId, look });
    this.embeddings.outdate(imageId);
  }

  /** PNG of what the encoder is given of a plane, or of a part of it. */
  async modelInput(imageId: number, plane: PlaneAddress, part: Bbox | null, signal: AbortSignal): Promise<Buffer> {
    const source = await this.pixels.embeddingSource(imageId, part, plane);
    return picturePng(await this.needs.inference.showInput(source, signal));
  }

  /** Another model is about to take over: embeddings are made anew by it, at once for the image asked for last. */
  modelChanges(): void {
    this.embeddings.outdateAll();
  }

  apply(edit: Edit): ChangeView {
    return this.#tell(this.project.apply(edit, this.#edits));
  }

  undo(): ChangeView {
    return this.#tell(this.project.undo());
  }

  redo(): ChangeView {
    return this.#tell(this.project.redo());
  }

  /** Adds files, and the micrographs of folders, that are not in the project yet. */
  async addPaths(paths: readonly string[]): Promise<void> {
    const { files, folders } = await resolveFiles(paths);
    for (const folder of folders) files.push(...(await this.#micrographsOf(folder, true)));
    this.#addFiles(files);
    this.lookAtImages();
  }

  /** A file that a browser sent: stored in the project's folder, added and looked at. */
  async upload(name: string, body: ReadableStream<Uint8Array>): Promise<ImageView> {
    this.#requireWritable();
    const path = await receiveUpload(this.project.folder, name, body);
    this.#addFiles([path]);
    const image = this.project.images().find((known) => known.path === path);
    if (!image) throw new Error(`${path} was added and is not among the images`);
    try {
      await this.pixels.identify(image.id);
    } catch (cause) {
      // What is wrong with the file stands in its entry; the file itself was received.
      if (!isLamellaError(cause)) throw cause;
    }
    return this.pixels.withProblem(this.project.image(image.id).view);
  }

  /** Brings in what the plan names; returns at once, what the files are is found out in the background. */
  async bringIn(plan: Pick<OpeningPlan, 'scan' | 'files'>): Promise<void> {
    if (this.project.writable) {
      this.#addIfSpace([...(await this.#scan(plan.scan)), ...plan.files]);
    }
    this.lookAtImages();
  }

  /** Subfolders are for a new project only: what an export wrote into one must not come back as images. */
  #scan(folder: string | null): Promise<string[]> {
    const isNew = this.project.images().length === 0;
    return folder === null ? Promise.resolve([]) : this.#micrographsOf(folder, isNew);
  }

  /** Those directly in it; where there are none and `below` is set, those of its subfolders. */
  async #micrographsOf(folder: string, below: boolean): Promise<string[]> {
    const found = await findMicrographs(folder);
    if (found.length > 0 || !below) return found;
    const { files, notice } = await micrographsInSubfolders(folder);
    if (notice) this.notify(notice);
    return files;
  }

  /** Looks at every image that was never read or was in trouble, one after the other; resolves when it is done. */
  lookAtImages(): Promise<void> {
    this.#survey = this.#survey.then(async () => {
      for (const image of this.project.images()) {
        if (this.#closing.signal.aborted) return;
        try {
          await this.pixels.lookAgain(image.id);
        } catch (cause) {
          // A file's trouble stands in its entry already; one image must not keep the others from being looked at.
          if (!isLamellaError(cause)) this.needs.reportDefect(cause);
        }
      }
    });
    return this.#survey;
  }

  /** Whether this path is the project's folder, one of its images, or what an export wrote. */
  knowsPath(path: string): boolean {
    const folders = [this.project.folder, ...this.tasks.results().map(({ output }) => output)];
    return (
      folders.some((folder) => isWithin(folder, path)) || this.project.images().some((image) => image.path === path)
    );
  }

  notify(notice: Notice): void {
    this.#notices.push(notice);
    this.events.emit({ type: 'notice', notice });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.prompting.close();
    this.pixels.close();
    await Promise.all([this.embeddings.close(), this.tasks.close(), this.proposals.tasks.close(), this.#survey]);
    this.project.close();
    this.events.close();
  }

  #tell(change: ChangeView): ChangeView {
    this.events.emit({ type: 'change', change });
    return change;
  }

  #addFiles(paths: readonly string[]): void {
    if (paths.length === 0) return;
    this.#requireWritable();
    const files = paths.map((path) => ({ path, sha256: null, facts: null, problem: null }));
    for (const image of this.project.addImages(files)) this.events.emit({ type: 'image', image });
  }

  /** A full disk keeps nobody from looking at what is in the project already. */
  #addIfSpace(paths: readonly string[]): void {
    try {
      this.#addFiles(paths);
    } catch (cause) {
      if (!isLamellaError(cause) || cause.code !== 'disk-full' || this.project.images().length === 0) throw cause;
      const { path, remedy } = cause.toBody();
      const message = `New files could not be added: ${cause.message}`;
      this.notify({ level: 'warning', message, ...(path && { path }), ...(remedy && { remedy }) });
    }
  }

  #requireWritable(): void {
    if (this.project.writable) return;
    throw new LamellaError('project-locked', `${this.project.name} is open for looking only.`, {
      path: this.project.folder,
      remedy: 'Close it in the other window, or copy it to a folder of your own.',
    });
  }

  /** The next slice of a stack, else the next image in the list that can be shown. */
  #next(imageId: number, { c, z, t }: PlaneAddress): PlaneOfImage | null {
    const slices = this.project.image(imageId).facts?.z ?? 1;
    if (z + 1 < slices) return { imageId, plane: { c, z: z + 1, t } };
    const next = this.#nextImage(imageId);
    return next === null ? null : { imageId: next, plane: firstPlane };
  }

  #nextImage(imageId: number): number | null {
    const images = this.project.images();
    const at = images.findIndex((image) => image.id === imageId);
    return images.slice(at + 1).find((image) => this.pixels.withProblem(image).problem === null)?.id ?? null;
  }

  #contentChanged(imageId: number): void {
    const { view } = this.project.image(imageId);
    this.embeddings.outdate(imageId);
    if (view.objectCount === 0) return;
    this.notify({
      level: 'warning',
      message: `${basename(view.path)} was changed by another program since its objects were made.`,
      path: view.path,
      remedy: 'Check that the objects still fit, or put the earlier file back.',
    });
  }
}
