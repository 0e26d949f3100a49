import type { Bbox, MicrographView, PromptBox, PromptPoint } from '../../electron/service/api/contract.ts';
import type { PixelPlane } from '../../native-models/predictor/pixels.ts';
import type { RulerLine } from './ruler.ts';
import type { ShownChannel } from './transfer.ts';

/** A mask as it came over the wire, unpacked: one byte a pixel (0 or 1), row-major, inside `bbox` (image space). */
export interface MaskWindow {
  bbox: Bbox;
  data: Uint8Array;
}

export interface CanvasObject {
  id: number;
  /** The canvas redraws an object's bitmap when this differs. */
  maskRevision: number;
  mask: MaskWindow;
  /** '#rrggbb' of its class. */
  color: string;
  hidden: boolean;
  selected: boolean;
  locked: boolean;
  /** Not accepted yet. */
  proposed: boolean;
}

export interface CanvasCandidate {
  id: string;
  mask: MaskWindow;
  /** Candidates have a colour of their own each (theme.ts), apart from the classes'. */
  color: string;
  chosen: boolean;
}

/**
 * 'prompt': clicks and boxes; 'select': pick objects; 'pan': drag moves the view; 'ruler': drag draws a line. Space held
 * pans in any tool.
 */
export type CanvasTool = 'prompt' | 'select' | 'pan' | 'ruler';

export interface CanvasPrompt {
  points: PromptPoint[];
  box: PromptBox | null;
}

export interface PointerReading {
  /** Pixel under the pointer (floor of image space), or null outside the plane. */
  x: number;
  y: number;
}

/** What the micrograph canvas needs and tells; it holds no truth but the view (zoom, offset). */
export interface MicrographCanvasProps {
  micrograph: MicrographView;
  /** Channels of the plane that are added up, at least one. */
  shown: readonly ShownChannel[];
  tool: CanvasTool;
  prompt: CanvasPrompt;
  candidates: CanvasCandidate[];
  objects: CanvasObject[];
  /** Box that brackets stand around, so that a small thing is found among many: the proposal under review. */
  marked: Bbox | null;
  /** The part of the plane that the model looked at closely for these candidates; null: at the whole. */
  closeUp: Bbox | null;
  /** Id of the one candidate that only shows what a click would give; null: these are a prompt's. */
  previewed: string | null;
  /** The line that is measured, with what stands beside it; null: none. */
  ruler: { line: RulerLine; text: string } | null;
  /** 0..1 opacity of objects' fill. */
  maskOpacity: number;
  /** Dark or light surround. */
  dark: boolean;
  /** Prompts cannot be made at the moment (no model, image in trouble). */
  promptsDisabled: boolean;
  /** A tile of one channel. `isProvisional`: the tile only stands in, and is to be asked for again. */
  loadTile(
    c: number | null,
    level: number,
    tx: number,
    ty: number,
    signal: AbortSignal,
  ): Promise<PixelPlane & { isProvisional?: boolean }>;
  onPromptChange(prompt: CanvasPrompt): void;
  onSelect(ids: number[], mode: 'replace' | 'toggle'): void;
  onPointer(reading: PointerReading | null): void;
  /** The line while it is drawn, and once more when it is let go of; null: it is given up. */
  onRuler(line: RulerLine | null, done: boolean): void;
  onViewChange(view: { scale: number }): void;
  /** The overlay of these candidates has been painted (called in the frame in which it was drawn). */
  onCandidatesPainted(ids: string[]): void;
}

/** Commands from menu, keyboard and toolbar. */
export interface MicrographCanvasHandle {
  fit(): void;
  actualSize(): void;
  zoomBy(factor: number): void;
  /** The part of the plane that is on screen, image space; null before the canvas has a size. */
  partInSight(): PromptBox | null;
  /** Brings this box into view. */
  reveal(bbox: Bbox): void;
  /** Moves the view to this box, unless it is wholly in sight. */
  keepInSight(bbox: Bbox): void;
}
