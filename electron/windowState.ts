import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { z } from 'zod';

const boundsSchema = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int().min(400),
  height: z.number().int().min(300),
});
const stateSchema = z.object({ bounds: boundsSchema, maximized: z.boolean() });

export type WindowState = z.infer<typeof stateSchema>;
type Area = z.infer<typeof boundsSchema>;

/** Where the window was when it was closed; null at the first start and for a note that can't be understood. */
export function readWindowState(path: string): WindowState | null {
  try {
    return stateSchema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data ?? null;
  } catch (cause) {
    // Only where the window stands depends on it: the next close writes it anew.
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT' || cause instanceof SyntaxError) return null;
    throw cause;
  }
}

export function writeWindowState(path: string, state: WindowState): void {
  writeFileSync(`${path}.new`, JSON.stringify(state));
  renameSync(`${path}.new`, path);
}

/** True where enough of the window's title bar lies on a display that is still there. */
export function isReachable(bounds: Area, workAreas: readonly Pick<Area, 'x' | 'y' | 'width' | 'height'>[]): boolean {
  const visiblePx = 100;
  return workAreas.some(
    (area) =>
      bounds.x + bounds.width >= area.x + visiblePx &&
      bounds.x <= area.x + area.width - visiblePx &&
      bounds.y >= area.y - 10 &&
      bounds.y <= area.y + area.height - visiblePx,
  );
}
