import { stat } from 'node:fs/promises';
import type { ErrorBody, ImageView, MicrographFacts } from '../api/contract.ts';
import { type ErrorCode, fromSystemError, isLamellaError, LamellaError } from '../errors.ts';
import type { Micrograph } from '../micrographs/contract.ts';
import { identifyMicrograph } from '../micrographs/identify.ts';
import { openMicrograph } from '../micrographs/index.ts';
import type { Project } from '../project/contract.ts';

export interface Identity {
  sha256: string;
  facts: MicrographFacts;
}

export interface ImageFilesNeeds {
  imageChanged(image: ImageView): void;
  contentChanged(imageId: number): void;
}

/** Errors that tell something about the file itself; the list of images shows them at its entry. */
const fileTroubles = new Set<ErrorCode>(['file-missing', 'file-unreadable', 'file-damaged', 'file-unsupported']);

interface Look {
  /** Size and time of change of the file that was looked at. */
  stamp: string;
  identity: Promise<Identity>;
}

/** The files behind a project's images: what each is, whether it is still there, and what is wrong with it. */
export class ImageFiles {
  readonly #looks = new Map<number, Look>();
  /** Troubles found in this session that could not be saved (null: found to be well): project read-only, disk full. */
  readonly #problems = new Map<number, ErrorBody | null>();
  #closed = false;

  constructor(
    private readonly project: Project,
    private readonly needs: ImageFilesNeeds,
  ) {}

  withProblem(image: ImageView): ImageView {
    const problem = this.#problems.get(image.id);
    return problem === undefined ? image : { ...image, problem };
  }

  /** Hash and facts; the file is read again when it changed on disk. Throws the file's trouble, and notes it. */
  identify(imageId: number): Promise<Identity> {
    return this.noteTrouble(imageId, async () => {
      const stamp = await this.#stamp(imageId);
      const earlier = this.#looks.get(imageId);
      if (earlier?.stamp === stamp) return earlier.identity;
      const look: Look = { stamp, identity: this.#identifyAfresh(imageId) };
      this.#looks.set(imageId, look);
      try {
        return await look.identity;
      } catch (cause) {
        if (this.#looks.get(imageId) === look) this.#looks.delete(imageId);
        throw cause;
      }
    });
  }

  /** As {@link identify}, without asking the disk again for a file that this session has looked at. */
  async known(imageId: number): Promise<Identity> {
    return this.#looks.get(imageId)?.identity ?? this.identify(imageId);
  }

  /** A file that was read before is only asked for; one that was not, or that was in trouble, is read. */
  async lookAgain(imageId: number): Promise<void> {
    const { sha256, facts, view } = this.project.image(imageId);
    if (sha256 !== null && facts !== null && view.problem === null) {
      await this.noteTrouble(imageId, () => this.#stamp(imageId));
    } else {
      await this.identify(imageId);
    }
  }

  open(imageId: number): Promise<Micrograph> {
    return this.noteTrouble(imageId, () => openMicrograph(this.#path(imageId)));
  }

  /** Does something with the file; a trouble of the file is put at the image's entry and thrown on. */
  async noteTrouble<T>(imageId: number, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (isLamellaError(cause) && fileTroubles.has(cause.code)) this.#setProblem(imageId, cause.toBody());
      throw cause;
    }
  }

  close(): void {
    this.#closed = true;
  }

  async #identifyAfresh(imageId: number): Promise<Identity> {
    const identity = await identifyMicrograph(this.#path(imageId));
    if (this.#closed) throw new LamellaError('cancelled', 'The project was closed.');
    const record = this.project.image(imageId);
    const changed = record.sha256 !== null && record.sha256 !== identity.sha256;
    if (record.sha256 !== identity.sha256 || record.facts === null || this.withProblem(record.view).problem !== null) {
      this.#store(imageId, { ...identity, problem: null });
    }
    if (changed) this.needs.contentChanged(imageId);
    return identity;
  }

  #setProblem(imageId: number, problem: ErrorBody): void {
    if (this.#closed) return;
    const { sha256, facts, view } = this.project.image(imageId);
    const known = this.withProblem(view).problem;
    if (known?.code === problem.code && known.message === problem.message) return;
    this.#looks.delete(imageId);
    this.#store(imageId, { sha256, facts, problem });
  }

  #store(imageId: number, found: Parameters<Project['updateImage']>[1]): void {
    const saved = this.project.writable && this.#save(imageId, found);
    if (saved) this.#problems.delete(imageId);
    else this.#problems.set(imageId, found.problem);
    this.needs.imageChanged(this.withProblem(this.project.image(imageId).view));
  }

  /** False on a full disk: the image is shown all the same, and looked at again when it is next asked for. */
  #save(imageId: number, found: Parameters<Project['updateImage']>[1]): boolean {
    try {
      this.project.updateImage(imageId, found);
      return true;
    } catch (cause) {
      if (!isLamellaError(cause) || cause.code !== 'disk-full') throw cause;
      this.#looks.delete(imageId);
      return false;
    }
  }

  async #stamp(imageId: number): Promise<string> {
    const path = this.#path(imageId);
    try {
      const { size, mtimeMs } = await stat(path);
      return `${size} ${mtimeMs}`;
    } catch (cause) {
      throw fromSystemError(cause, path, 'Reading a micrograph');
    }
  }

  #path(imageId: number): string {
    return this.project.image(imageId).view.path;
  }
}
