/**
 * What goes over the wire between the service and whoever uses it (renderer, tests, command line).
 * Requests are zod schemas (the service checks them), answers are plain types; the renderer imports types only.
 * All coordinates are image space: pixels of the original plane, x right, y down (DESIGN.md).
 * Binary answers are frames (frames.ts) or raw typed arrays; routes are listed in routes.md beside this file.
 */
import { z } from 'zod';
import type { Bbox } from '../../../native-models/masks/mask.ts';
import type { DeviceInfo } from '../../../native-models/runtime/device.ts';
import type { ErrorBody } from '../errors.ts';
import type { ProposalFacts, ProposalTaskView } from './proposals.ts';

export type { Bbox, DeviceInfo, ErrorBody };

// ---------------------------------------------------------------- session

export interface ModelInfo {
  name: string;
  family: 'sam' | 'sam2';
  version: string;
  precision: string;
  licence: string;
  /** Side of the square that its encoder sees, pixels. */
  inputSize: number;
  /** Where it was found. */
  origin: 'embedded' | 'environment' | 'user';
}

export interface RecentProject {
  folder: string;
  name: string;
  openedAt: string;
}

export interface SessionView {
  version: string;
  host: 'electron' | 'loopback';
  models: ModelInfo[];
  /** null until the inference process has loaded it. */
  activeModel: ModelInfo | null;
  device: DeviceInfo | null;
  /** 'starting' | 'ready' | 'failed', with the reason. */
  inference: { state: 'starting' | 'ready' | 'failed'; message: string | null };
  recent: RecentProject[];
  dataFolder: string;
  /** The project the host was started with or that is open already; the renderer goes straight to it. */
  projectId: string | null;
}

export const openProjectRequest = z.object({
  /** One folder of micrographs, one project folder (or its project.lamella), or micrograph files. */
  paths: z.array(z.string().min(1)).min(1),
});

// ---------------------------------------------------------------- project

export type ImageState = 'not-started' | 'in-work' | 'done';
export const imageState = z.enum(['not-started', 'in-work', 'done']);

export interface ClassView {
  id: number;
  name: string;
  /** '#rrggbb' */
  color: string;
  /** Single key that makes it the current class ('1'…'9' are taken by candidates; letters or F-keys), or null. */
  key: string | null;
}

export interface ImageView {
  id: number;
  /** File name shown in the list, with the path below the project's folder. */
  name: string;
  /** Absolute path. */
  path: string;
  widthPx: number;
  heightPx: number;
  state: ImageState;
  objectCount: number;
  /** Why it can't be shown (missing, damaged, unsupported), or null. */
  problem: ErrorBody | null;
}

/** Something people should know that is not an error of their request (repaired database, folder not writable …). */
export interface Notice {
  level: 'info' | 'warning' | 'error';
  message: string;
  path?: string;
  remedy?: string;
}

export interface HistoryView {
  /** Name of the edit that undo would take back, e.g. 'merge objects'; null: nothing to undo. */
  undo: string | null;
  redo: string | null;
}

export interface ProjectView {
  id: string;
  name: string;
  /** The folder with project.lamella. */
  folder: string;
  /** False when another process has the project: everything can be looked at, edits are refused. */
  writable: boolean;
  notices: Notice[];
  classes: ClassView[];
  images: ImageView[];
  history: HistoryView;
  /** Number of the last change; events with a higher number follow. */
  seq: number;
}

// ---------------------------------------------------------------- micrograph

export type SampleDtype = 'uint8' | 'uint16' | 'float32';

/** Facts of one micrograph, as `lamella info` prints them too (keys of the project's format facts). */
export interface MicrographFacts {
  path: string;
  format: string;
  widthPx: number;
  heightPx: number;
  dtype: SampleDtype;
  /** Sample type in the file where it is none of those ('bool', 'int16', 'float16' …). */
  storedDtype?: string;
  /** EXIF orientation 2..8 that was applied: the picture stands upright, its file's rows do not. */
  exifOrientation?: number;
  /** TIFF's orientation tag 2..8, which is not applied, as Fiji and tifffile don't: rows are as the file has them. */
  ignoredOrientation?: number;
  /** 1 grey, 3 colour; an alpha channel is dropped. */
  samples: 1 | 3;
  channels: number;
  z: number;
  t: number;
  pixelSize: number | null;
  pixelUnit: string | null;
  pixelSizeSource: string | null;
  /** Where pixels are not square: length along y, in `pixelUnit`. */
  pixelSizeY?: number;
  /** Distance of the slices, in `zUnit`. */
  zStep?: number;
  zUnit?: string;
  /** Axes as they lie in the file, slowest first, those of length 1 left out: 'YX', 'CZYX', 'YXS'; I: unnamed pages. */
  axes?: string;
  /** Lengths of `axes`. */
  shape?: number[];
  /** Samples a pixel in the file where that is not `samples`: 4 with alpha, 1 with a palette of colours. */
  storedSamples?: number;
  /** The file holds reduced copies of its planes. */
  pyramid?: boolean;
  /** One a channel, where the file names them. */
  channelInfo?: ChannelInfo[];
  /** Rows of a burnt-in info bar of a SEM; null: looked for and not there. */
  dataBar?: DataBar | null;
  /** What the instrument wrote about itself. */
  instrument?: InstrumentFacts;
}

export interface ChannelInfo {
  name: string | null;
  /** '#rrggbb' */
  color: string | null;
}

/** Rows y … y + height - 1 hold text about the picture, over its whole width. */
export interface DataBar {
  y: number;
  height: number;
}

export interface InstrumentFacts {
  maker: string;
  model?: string;
  detector?: string;
  /** Accelerating voltage, volts. */
  voltageV?: number;
  /** Working distance, metres. */
  workingDistanceM?: number;
  magnification?: number;
}

/** Values shown as black and as white. */
export type DisplayRange = [low: number, high: number];

export interface MicrographView extends MicrographFacts {
  imageId: number;
  /** Tiles are `tileSize` square (less at the right and bottom); level k is the plane at 1/2^k, size ceil(w/2^k). */
  tileSize: number;
  levels: number;
  /** Range by automatic contrast: 0.35 % saturated samples for 16-bit and float; 0..255 for 8-bit. */
  autoRange: DisplayRange;
  /** Full range of the dtype (float: of the data). */
  fullRange: DisplayRange;
  /** The range in use: the user's, else autoRange. */
  displayRange: DisplayRange;
  /** 256 bins over `histogramRange`. */
  histogram: number[];
  histogramRange: DisplayRange;
  embedding: EmbeddingView;
  /** What the model is shown of this image; null: the plane as it is, stretched over the display range. */
  modelLook: ModelLook | null;
  /** What the file says, there where a pixel size was set by hand in its place (`pixelSizeSource` is 'by hand'). */
  filePixelSize?: Pick<MicrographFacts, 'pixelSize' | 'pixelUnit' | 'pixelSizeSource' | 'pixelSizeY'>;
}

const index = z.number().int().min(0);
const color = z.string().regex(/^#[0-9a-f]{6}$/i);

/** Address of a plane; every part counts from 0. `c` null: all samples of a colour file, else the first channel. */
export const planeAddress = z.object({ c: index.nullable(), z: index, t: index });
export type PlaneAddress = z.infer<typeof planeAddress>;

export const displayRequest = z.object({
  /** null: back to automatic contrast. */
  range: z
    .tuple([z.number(), z.number()])
    .refine(([low, high]) => high > low, 'high must exceed low')
    .nullable(),
});

/**
 * What the screen shows of an image, for the model to be shown the same: display range, gamma, inversion, colours, in
 * this order. Display ranges are those that the service keeps of each channel.
 */
export const modelLook = z.object({
  /** Exponent: below 1 brightens. */
  gamma: z.number().min(0.01).max(100),
  inverted: z.boolean(),
  /** Lookup table of a grey plane: its name for the page, and 256 × RGB in base64; null: grey, or a colour file. */
  table: z
    .object({ name: z.string().min(1).max(40), entries: z.string().regex(/^[A-Za-z0-9+/]{1024}$/, 'not 256 × RGB') })
    .nullable(),
  /** Channels that are added up, each from black to its colour; null: the plane that is asked for by itself. */
  composite: z
    .array(z.object({ c: index, color }))
    .min(1)
    .max(64)
    .nullable(),
});
export type ModelLook = z.infer<typeof modelLook>;

export const modelLookRequest = z.object({ look: modelLook.nullable() });

// ---------------------------------------------------------------- measuring

/** A pixel's side as people give it. */
export const pixelLength = z.object({
  size: z.number().positive().max(1e9),
  unit: z.enum(['pm', 'nm', 'µm', 'mm', 'm']),
});
export type PixelLength = z.infer<typeof pixelLength>;

export const pixelSizeRequest = z.object({
  /** null: back to what the file says. */
  pixelSize: pixelLength.nullable(),
  /** Also for all images of the project whose pixel size is not known; they keep it apart from this one. */
  forUnknown: z.boolean().default(false),
});
export type PixelSizeRequest = z.input<typeof pixelSizeRequest>;

/** Values along a line, at equal steps from its first end to its last. */
export interface LineProfile {
  /** Of the line, as far as it lies on the plane. */
  lengthPx: number;
  /** One list a sample of the pixels (1 grey, 3 colour); null for a value that is no number. */
  values: (number | null)[][];
}

// ---------------------------------------------------------------- inference

export type EmbeddingStatus = 'none' | 'queued' | 'encoding' | 'ready' | 'cancelled' | 'failed';

export interface EmbeddingView {
  status: EmbeddingStatus;
  /** Share done, 0..1, by the time that earlier images took; null when nothing is known yet. */
  progress: number | null;
  error: ErrorBody | null;
  /** Milliseconds that the encoder took; null when it came from the cache or is not ready. */
  encodeMs: number | null;
}

/** Images to prepare in the background, in this order; progress comes as events of each plane. */
export const prepareRequest = z.object({
  imageIds: z.array(z.number().int()).min(1),
  /** 'first': the first plane of each; 'all': those at every z and t, in the channel `c`. */
  slices: z.enum(['first', 'all']).default('first'),
  /** As in a plane's address. */
  c: index.nullable().default(null),
});
export type PrepareRequest = z.input<typeof prepareRequest>;

export const promptPoint = z.object({
  x: z.number(),
  y: z.number(),
  /** 1 positive, 0 negative. */
  label: z.union([z.literal(0), z.literal(1)]),
});
export type PromptPoint = z.infer<typeof promptPoint>;

export const promptBox = z
  .object({ x0: z.number(), y0: z.number(), x1: z.number(), y1: z.number() })
  .refine((box) => box.x1 > box.x0 && box.y1 > box.y0, 'a box needs x1 > x0 and y1 > y0');
export type PromptBox = z.infer<typeof promptBox>;

export const predictRequest = z
  .object({
    /** Left out: the first. */
    plane: planeAddress.optional(),
    points: z.array(promptPoint).max(256),
    box: promptBox.nullable(),
    /** Candidate whose low-res logits go in as mask prompt; null for a fresh prompt. */
    refine: z.string().nullable(),
    /** The part of the plane that the window shows: where it is small, a click means something small. */
    view: promptBox.optional(),
    /**
     * Whether a close-up may be encoded for something small. Left out: where encoding took less than half a second so
     * far, so that a prompt stays a matter of a blink.
     */
    closeUps: z.boolean().optional(),
  })
  .refine((prompt) => prompt.points.length > 0 || prompt.box !== null, 'a prompt needs a point or a box');
export type PredictRequest = z.infer<typeof predictRequest>;

/** Header of the frame that answers a prompt; window k is the mask of candidate k inside its bbox. Best first. */
export interface PredictHeader {
  candidates: CandidateView[];
  /** The part of the plane whose embedding answered; null: the whole. */
  closeUp: Bbox | null;
  model: string;
  device: string;
  ms: { wait: number; decode: number; total: number };
}

export interface CandidateView {
  id: string;
  predictedIou: number;
  stability: number;
  area: number;
  bbox: Bbox;
}

/**
 * How a mask came about: every prompt in order, which candidate was refined or taken, and of which part of the plane the
 * embedding was (null or absent: of the whole).
 */
export interface PromptTrace {
  model: string;
  steps: { points: PromptPoint[]; box: PromptBox | null; candidate: number; closeUp?: Bbox | null }[];
}

// ---------------------------------------------------------------- objects and edits

export interface ObjectView {
  id: number;
  imageId: number;
  /** It lies at z and t, whatever channel shows it; c is the one that it was found in. */
  plane: PlaneAddress;
  classId: number;
  state: 'proposed' | 'accepted' | 'rejected';
  bbox: Bbox;
  areaPx: number;
  hidden: boolean;
  locked: boolean;
  predictedIou: number | null;
  stability: number | null;
  /** Grows with every change of the mask: fetch the mask again when it differs. */
  maskRevision: number;
  /** What made it; null for objects made by merging or subtracting, and for proposals. */
  prompts: PromptTrace | null;
  /** How it was proposed, also after it was accepted or rejected; null for others. */
  proposal: ProposalFacts | null;
  model: string | null;
  createdAt: string;
}

/** Header of the frame that carries masks of objects; window k is objects[k]'s mask inside its bbox. */
export interface MasksHeader {
  objects: { id: number; maskRevision: number; bbox: Bbox }[];
}

const ids = z.array(z.number().int()).min(1);
const classKey = z.string().min(1).max(3).nullable();

/** One edit = one transaction = one step of undo. */
export const edit = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('addObject'),
    imageId: z.number().int(),
    candidateId: z.string(),
    classId: z.number().int(),
  }),
  /** Union; the first id survives with its class, the others go. All on one image. */
  z.object({ type: z.literal('mergeObjects'), ids: ids.min(2) }),
  /** Takes the pixels of `by` out of `ids[…]`; `by` stay. What would become empty is refused. */
  z.object({ type: z.literal('subtractObjects'), ids, by: ids }),
  z.object({ type: z.literal('deleteObjects'), ids }),
  z.object({
    type: z.literal('updateObjects'),
    ids,
    set: z
      .object({ classId: z.number().int(), hidden: z.boolean(), locked: z.boolean() })
      .partial()
      .refine((set) => Object.keys(set).length > 0, 'nothing to set'),
  }),
  z.object({ type: z.literal('addClass'), name: z.string().trim().min(1).max(80), color, key: classKey }),
  z.object({
    type: z.literal('updateClass'),
    id: z.number().int(),
    set: z.object({ name: z.string().trim().min(1).max(80), color, key: classKey }).partial(),
  }),
  /** Refused while objects have it, unless `moveTo` names their new class; the last class stays. */
  z.object({ type: z.literal('removeClass'), id: z.number().int(), moveTo: z.number().int().nullable() }),
  z.object({ type: z.literal('setImageState'), imageId: z.number().int(), state: imageState }),
  /** Proposals become objects, of another class where one is given. Refused for what is not proposed. */
  z.object({ type: z.literal('acceptProposals'), ids, classId: z.number().int().nullable() }),
  /** They are kept out of sight, and teach what is not wanted. */
  z.object({ type: z.literal('rejectProposals'), ids }),
]);
export type Edit = z.infer<typeof edit>;
export const editRequest = z.object({ edit });

export interface Changed<T> {
  before: T | null;
  after: T | null;
}

/** What one edit, undo or redo changed: answer to its request and event to every other window are this one value. */
export interface ChangeView {
  seq: number;
  /** 'merge objects', 'undo merge objects' … */
  label: string;
  objects: Changed<ObjectView>[];
  classes: Changed<ClassView>[];
  images: Changed<ImageView>[];
  history: HistoryView;
}

// ---------------------------------------------------------------- export and tasks

export const exportRequest = z.object({
  format: z.enum(['coco', 'labels']),
  /** Folder to write into; made when absent. null: answer with a zip to download. */
  output: z.string().min(1).nullable(),
  options: z
    .object({
      /** COCO: 'auto' = polygons where they give the mask exactly, RLE elsewhere (holes). */
      segmentation: z.enum(['auto', 'polygon', 'rle']),
      /** COCO: copy the images too. */
      images: z.boolean(),
      /** Label images: file kind. */
      container: z.enum(['tiff', 'png']),
      /** Crops the info bar off: pictures, masks and sizes end above it. */
      withoutDataBar: z.boolean(),
    })
    .partial(),
});
export type ExportRequest = z.infer<typeof exportRequest>;

export interface ExportResult {
  format: string;
  output: string;
  files: string[];
  images: number;
  objects: number;
  notices: Notice[];
}

/** A long-running piece of work of the service, with progress; cancelled by DELETE on it. */
export interface TaskView<Result = ExportResult> {
  id: string;
  title: string;
  /** 0..1, or null when unknown. */
  progress: number | null;
  state: 'running' | 'done' | 'failed' | 'cancelled';
  detail: string;
  error: ErrorBody | null;
  /** Set when it is done. */
  result: Result | null;
  /** Set when a zip can be fetched, relative to the origin. */
  download: string | null;
}

// ---------------------------------------------------------------- events

/** Events of one project, in order; `data:` lines of the event stream carry this as JSON. */
export type ProjectEvent =
  | { type: 'change'; change: ChangeView }
  | { type: 'embedding'; imageId: number; plane: PlaneAddress; embedding: EmbeddingView }
  | { type: 'image'; image: ImageView }
  /** `channel`: as in the plane's address, 0 for a file of one. */
  | { type: 'display'; imageId: number; channel: number; displayRange: DisplayRange }
  | { type: 'model-look'; imageId: number; look: ModelLook | null }
  /** Their pixel size was set or restored: fetch the micrograph again where it is shown. */
  | { type: 'pixel-size'; imageIds: number[] }
  | { type: 'session'; activeModel: ModelInfo | null; device: DeviceInfo | null; inference: SessionView['inference'] }
  | { type: 'notice'; notice: Notice }
  | { type: 'task'; task: TaskView }
  | { type: 'proposal-task'; task: ProposalTaskView };
