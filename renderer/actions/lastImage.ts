const key = 'lamella.lastImage';

/** Which image was on screen last, so that a reload comes back to it. */
export function rememberImage(folder: string, imageId: number): void {
  localStorage.setItem(key, JSON.stringify({ folder, imageId }));
}

export function lastImageOf(folder: string): number | null {
  const stored = localStorage.getItem(key);
  if (stored === null) return null;
  const last = JSON.parse(stored) as { folder?: unknown; imageId?: unknown };
  return last.folder === folder && typeof last.imageId === 'number' ? last.imageId : null;
}
