/** A share as people read it; the model's scores may lie a little outside 0..1. */
export function percent(share: number): string {
  return `${Math.round(Math.min(1, Math.max(0, share)) * 100)} %`;
}

/** Zoom: whole percents, below 10 % with one decimal. */
export function zoomPercent(scale: number): string {
  const value = scale * 100;
  return value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en');
}
