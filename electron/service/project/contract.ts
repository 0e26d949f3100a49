import type { Bbox, Mask } from '../../../native-models/masks/mask.ts';
import type { Rle } from '../../../native-models/masks/rle.ts';
import type {
  ChangeView,
  ClassView,
  DisplayRange,
  Edit,
  ErrorBody,
  HistoryView,
  ImageView,
  MicrographFacts,
  ModelLook,
  Notice,
  ObjectView,
  PixelLength,
  PlaneAddress,
  PromptTrace,
} from '../api/contract.ts';
import type { ProposalFacts } from '../api/proposals.ts';

/** What `addObject` needs of a candidate; the caller resolves ids to this. */
export interface AcceptedCandidate {
  imageId: number;
  plane: PlaneAddress;
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
  /** The user's display range of each channel that has one; automatic contrast for the others. */
  displayRanges: Readonly<Record<number, DisplayRange>>;
  /** What the model is shown; null: the plane as it is, stretched over the display range. */
  modelLook: ModelLook | null;
  /** Set by hand; null: what the facts say holds. */
  pixelSize: PixelLength | null;
}

/** Object with its mask, as exporters need it. */
export interface ObjectRecord {
  view: ObjectView;
  mask: Mask;
}

/** What an automatic run of an image was made from: where all of it is the same, the run would give the same again. */
export interface AutomaticRun {
  /** Of the file. */
  sha256: string;
  /** The user's, null for automatic contrast. */
  displayRange: DisplayRange | null;
  /** With all that tells one model from another of the same name, and what it was shown instead of the plane. */
  model: string;
  /** With the side of the tiles, where there were some. */
  preset: string;
}

export interface NewProposal {
  /** In a plane of the image's size, with at least one pixel. */
  segmentation: Rle;
  /** Tight. */
  bbox: Bbox;
  areaPx: number;
  classId: number;
  predictedIou: number;
  stability: number;
  facts: ProposalFacts;
}

/** What one run proposes on one image. */
export interface ProposalBatch {
  imageId: number;
  plane: PlaneAddress;
  /** Name of the model. */
  model: string;
  proposals: readonly NewProposal[];
  /** Proposals of earlier runs that go. */
  replaced: readonly number[];
  /** Remembered as the image's last run; null where the next run begins anew anyway. */
  run: AutomaticRun | null;
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
  /** null: back to automatic contrast. Files of one channel have channel 0. */
  setDisplayRange(imageId: number, channel: number, range: DisplayRange | null): void;
  /** null: the plane as it is. */
  setModelLook(imageId: number, look: ModelLook | null): void;
  /** In one transaction for all of these images; null: back to what their files say. */
  setPixelSize(imageIds: readonly number[], pixelSize: PixelLength | null): void;
  /** Images that were looked at and whose pixel size neither the file nor anybody else told. */
  imagesWithoutPixelSize(): number[];
  objects(imageId: number): ObjectView[];
  object(id: number): ObjectView;
  /** Masks of these objects, or of all of the image. */
  masks(imageId: number, ids: readonly number[] | null): ObjectRecord[];
  /** How many objects of a state the images have that have any, by the image. */
  countObjects(state: ObjectView['state']): Map<number, number>;
  /** All of the image, as they are stored: a damaged mask is found by who decodes it. */
  segmentations(imageId: number): { view: ObjectView; segmentation: Rle }[];
  apply(edit: Edit, context: EditContext): ChangeView;
  /**
   * One edit for all that a run proposes on an image; null when it changed no object. Those of `replaced` that are no
   * proposals any more stay.
   */
  addProposals(batch: ProposalBatch): ChangeView | null;
  /** The image's last automatic run, unless it was taken back; null when there was none. */
  automaticRun(imageId: number): AutomaticRun | null;
  undo(): ChangeView;
  redo(): ChangeView;
  close(): void;
}
