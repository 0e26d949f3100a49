/** Marks in the browser's performance timeline, for `npm run bench` and for whoever profiles. */
let promptStart: number | null = null;
let awaited: string | null = null;
let usable = false;

/** The first image is shown and prompts can be made; counts once. */
export function markUsable(): void {
  if (usable) return;
  usable = true;
  performance.mark('lamella:usable');
}

export function markPrompt(): void {
  promptStart = performance.mark('lamella:prompt').startTime;
  awaited = null;
}

/** The answer to the marked prompt is on its way to the canvas. */
export function awaitPaint(ids: readonly string[]): void {
  awaited = ids.join();
}

export function markPainted(ids: readonly string[]): void {
  if (promptStart === null || awaited !== ids.join()) return;
  const { startTime } = performance.mark('lamella:painted', { detail: { ids } });
  performance.measure('lamella:prompt-to-paint', { start: promptStart, end: startTime, detail: { ids } });
  promptStart = null;
}
