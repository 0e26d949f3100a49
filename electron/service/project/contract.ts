import type { Mask } from '../../../native-models/masks/mask.ts';
import type {
  ChangeView,
  ClassView,
  DisplayRange,
  Edit,
  ErrorBody,
  HistoryView,
  ImageView,
  MicrographFacts,
  Notice,
  ObjectView,
  PromptTrace,
} from '../api/contract.ts';

/** What `addObject` needs of a candidate; the caller resolves ids to this. */
export interface AcceptedCandidate {
  imageId: number;
  mask: Mask;
  predictedIou: number;
  stability: number;
  prompts: PromptTrace;
  model: string;
}

export interface EditContext {
  /** Throws LamellaError not-found for an id that is not known (any more). */
  candidate(id: string): AcceptedCandidate;
}

/** What is stored of an image besides what its ImageView shows. */
export interface ImageRecord {
  view: ImageView;
  /** null until the file could be read once. */
  sha256: string | null;
  facts: MicrographFacts | null;
  /** The user's display range, null for automatic contrast. */
  displayRange: DisplayRange | null;
}

/** Object with its mask, as exporters need it. */
export interface ObjectRecord {
  view: ObjectView;
  mask: Mask;
}

/**
 * One open project: the SQLite store, its lock and its history. Every method is synchronous on the database; a method
 * that changes something returns after the commit (synchronous=FULL). Throws LamellaError only.
 */
export interface Project {
  readonly folder: string;
  readonly name: string;
  readonly writable: boolean;
  /** Folder for embeddings, thumbnails, tiles; may vanish at any time. */
  readonly cacheFolder: string;
  readonly notices: Notice[];
  /** Number of the last change. */
  seq(): number;
  history(): HistoryView;
  classes(): ClassView[];
  images(): ImageView[];
  image(id: number): ImageRecord;
  /** Adds files that are not there yet; order by natural file name. Unreadable ones are added with their problem. */
  addImages(
    files: { path: string; sha256: string | null; facts: MicrographFacts | null; problem: ErrorBody | null }[],
  ): ImageView[];
  /** What a look at the file gave: facts and hash, or a problem (not an undoable edit). */
  updateImage(
    id: number,
    found: { sha256: string | null; facts: MicrographFacts | null; problem: ErrorBody | null },
  ): ImageView;
  setDisplayRange(imageId: number, range: DisplayRange | null): void;
  objects(imageId: number): ObjectView[];
  object(id: number): ObjectView;
  /** Masks of these objects, or of all of the image. */
  masks(imageId: number, ids: readonly number[] | null): ObjectRecord[];
  apply(edit: Edit, context: EditContext): ChangeView;
  undo(): ChangeView;
  redo(): ChangeView;
  close(): void;
}
