import type { PromptBox } from '../../electron/service/api/contract.ts';
import type { CanvasObject, CanvasPrompt, CanvasTool, PointerReading } from './contract.ts';
import { objectAt, objectsInBox } from './pickObjects.ts';
import { boxOf, handleAt, isOnPlane, moveHandle, type PromptHandle, removeHandle } from './promptHandles.ts';
import { fixedEnd, type RulerLine, rulerLine } from './ruler.ts';
import { type Position, type Size, toImage, type View } from './view.ts';

/** What the canvas is and does at the moment; asked anew at each event. */
export interface GestureHost {
  readonly tool: CanvasTool;
  readonly promptsDisabled: boolean;
  readonly view: View;
  readonly plane: Size;
  readonly prompt: CanvasPrompt;
  readonly objects: readonly CanvasObject[];
  readonly ruler: RulerLine | null;
  panBy(dx: number, dy: number): void;
  zoomAt(factor: number, at: Position): void;
  /** The box that is being drawn, in image space. */
  setBand(band: PromptBox | null): void;
  setCursor(cursor: Cursor): void;
  onPromptChange(prompt: CanvasPrompt): void;
  onSelect(ids: number[], mode: 'replace' | 'toggle'): void;
  onPointer(reading: PointerReading | null): void;
  onRuler(line: RulerLine | null, done: boolean): void;
}

export type Cursor = 'crosshair' | 'default' | 'grab' | 'grabbing' | 'move' | 'not-allowed';

type Gesture =
  | { kind: 'pan'; last: Position }
  | { kind: 'mark'; start: Position; label: 0 | 1; banding: boolean }
  | { kind: 'handle'; start: Position; handle: PromptHandle; prompt: CanvasPrompt; moved: boolean }
  | { kind: 'select'; start: Position; toggle: boolean; banding: boolean }
  /** `fixed`: image space; `before`: the line that comes back when this one is given up. */
  | { kind: 'ruler'; start: Position; fixed: Position; before: RulerLine | null; moved: boolean };

/** CSS pixels from which a press is a drag: hands shake. */
const dragFrom = 4;

/** Turns pointer, wheel and Space into what they mean on the micrograph; detach with the returned function. */
export function attachGestures(element: HTMLElement, host: GestureHost): () => void {
  let gesture: Gesture | null = null;
  let space = false;

  const local = (event: MouseEvent): Position => {
    const { left, top } = element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const image = (at: Position) => toImage(host.view, at);
  const band = (from: Position, to: Position) => boxOf(image(from), image(to), host.plane);

  const restingCursor = (at: Position | null): Cursor => {
    if (gesture?.kind === 'pan') return 'grabbing';
    if (space || host.tool === 'pan') return 'grab';
    if (host.tool === 'select') return 'default';
    if (host.tool === 'ruler') return at && fixedEnd(host.ruler, host.view, at) ? 'move' : 'crosshair';
    if (host.promptsDisabled) return 'not-allowed';
    return at && handleAt(host.prompt, host.view, at) ? 'move' : 'crosshair';
  };

  const begin = (event: PointerEvent, at: Position): Gesture | null => {
    if (event.button === 1 || (event.button === 0 && (space || host.tool === 'pan'))) return { kind: 'pan', last: at };
    if (host.tool === 'select') {
      if (event.button !== 0) return null;
      const toggle = event.shiftKey || event.ctrlKey || event.metaKey;
      return { kind: 'select', start: at, toggle, banding: false };
    }
    if (host.tool === 'ruler') {
      if (event.button !== 0) return null;
      const fixed = fixedEnd(host.ruler, host.view, at) ?? image(at);
      return { kind: 'ruler', start: at, fixed, before: host.ruler, moved: false };
    }
    if (host.tool !== 'prompt' || host.promptsDisabled || event.button > 2) return null;
    const handle = handleAt(host.prompt, host.view, at);
    if (handle && event.button === 2) {
      host.onPromptChange(removeHandle(host.prompt, handle));
      return null;
    }
    if (handle) return { kind: 'handle', start: at, handle, prompt: host.prompt, moved: false };
    const negative = event.button === 2 || event.altKey || event.ctrlKey || event.metaKey;
    return { kind: 'mark', start: at, label: negative ? 0 : 1, banding: false };
  };

  const down = (event: PointerEvent) => {
    if (gesture) return;
    const at = local(event);
    gesture = begin(event, at);
    if (gesture) {
      event.preventDefault();
      element.setPointerCapture(event.pointerId);
    }
    // A field with the focus would keep the keys to itself.
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    host.setCursor(restingCursor(at));
  };

  const move = (event: PointerEvent) => {
    const at = local(event);
    const pixel = image(at);
    host.onPointer(isOnPlane(pixel, host.plane) ? { x: Math.floor(pixel.x), y: Math.floor(pixel.y) } : null);
    switch (gesture?.kind) {
      case undefined:
        return host.setCursor(restingCursor(at));
      case 'pan':
        host.panBy(at.x - gesture.last.x, at.y - gesture.last.y);
        gesture.last = at;
        return;
      case 'handle': {
        gesture.moved ||= isDrag(gesture.start, at);
        if (!gesture.moved) return;
        const { scale } = host.view;
        const [dx, dy] = [(at.x - gesture.start.x) / scale, (at.y - gesture.start.y) / scale];
        return host.onPromptChange(moveHandle(gesture.prompt, gesture.handle, dx, dy, host.plane));
      }
      case 'mark':
        // Only what is inside can be boxed; a negative drag is a click that slipped.
        gesture.banding ||= gesture.label === 1 && isDrag(gesture.start, at);
        if (gesture.banding) host.setBand(band(gesture.start, at));
        return;
      case 'select':
        gesture.banding ||= isDrag(gesture.start, at);
        if (gesture.banding) host.setBand(band(gesture.start, at));
        return;
      case 'ruler':
        gesture.moved ||= isDrag(gesture.start, at);
        if (gesture.moved) host.onRuler(rulerLine(gesture.fixed, pixel, host.plane, event.shiftKey), false);
    }
  };

  const up = (event: PointerEvent) => {
    const ended = gesture;
    gesture = null;
    host.setBand(null);
    const at = local(event);
    if (ended?.kind === 'mark') endMark(ended, at);
    if (ended?.kind === 'select') endSelect(ended, at);
    if (ended?.kind === 'ruler' && ended.moved)
      host.onRuler(rulerLine(ended.fixed, image(at), host.plane, event.shiftKey), true);
    host.setCursor(restingCursor(at));
  };

  const endMark = ({ start, label, banding }: Extract<Gesture, { kind: 'mark' }>, at: Position) => {
    const { prompt } = host;
    if (banding) {
      const box = band(start, at);
      if (box) host.onPromptChange({ ...prompt, box });
      return;
    }
    const point = image(start);
    if (isOnPlane(point, host.plane))
      host.onPromptChange({ ...prompt, points: [...prompt.points, { ...point, label }] });
  };

  const endSelect = ({ start, toggle, banding }: Extract<Gesture, { kind: 'select' }>, at: Position) => {
    const mode = toggle ? 'toggle' : 'replace';
    if (banding) {
      const box = band(start, at);
      return host.onSelect(box ? objectsInBox(host.objects, box) : [], mode);
    }
    const { x, y } = image(start);
    const id = objectAt(host.objects, x, y);
    if (id !== null || !toggle) host.onSelect(id === null ? [] : [id], mode);
  };

  /** What is under way is given up: a moved handle or line goes back, a band is dropped. */
  const abandon = () => {
    if (gesture?.kind === 'handle' && gesture.moved) host.onPromptChange(gesture.prompt);
    if (gesture?.kind === 'ruler' && gesture.moved) host.onRuler(gesture.before, true);
    gesture = null;
    host.setBand(null);
    host.setCursor(restingCursor(null));
  };

  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    // A pinch on a touch pad comes as a wheel with Ctrl and small deltas.
    const speed = event.ctrlKey ? 0.01 : 0.0015;
    host.zoomAt(Math.exp(-event.deltaY * lines * speed), local(event));
  };

  const keyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && gesture) {
      event.stopPropagation();
      abandon();
    }
    if (
      event.key !== ' ' ||
      (event.target instanceof HTMLElement && event.target.closest('input, textarea, button, select'))
    ) {
      return;
    }
    event.preventDefault();
    space = true;
    host.setCursor(restingCursor(null));
  };
  const keyUp = (event: KeyboardEvent) => {
    if (event.key !== ' ') return;
    space = false;
    host.setCursor(restingCursor(null));
  };
  const leave = () => host.onPointer(null);
  const noMenu = (event: Event) => event.preventDefault();
  const blur = () => {
    space = false;
  };

  const ended = new AbortController();
  const { signal } = ended;
  element.addEventListener('pointerdown', down, { signal });
  element.addEventListener('pointermove', move, { signal });
  element.addEventListener('pointerup', up, { signal });
  element.addEventListener('pointercancel', abandon, { signal });
  element.addEventListener('pointerleave', leave, { signal });
  element.addEventListener('contextmenu', noMenu, { signal });
  element.addEventListener('wheel', wheel, { signal, passive: false });
  // Before the page's own keys: Escape ends a drag that is under way and nothing else.
  window.addEventListener('keydown', keyDown, { signal, capture: true });
  window.addEventListener('keyup', keyUp, { signal });
  window.addEventListener('blur', blur, { signal });
  return () => ended.abort();
}

function isDrag(from: Position, to: Position): boolean {
  return Math.hypot(to.x - from.x, to.y - from.y) >= dragFrom;
}
