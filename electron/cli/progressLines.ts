import { reportLine } from './standardStreams.ts';

/** Progress on standard error: a line when the work changes, and for every `stepPercent` in between. */
export function progressLines(stepPercent = 10): (fraction: number | null, what: string) => void {
  let told = { what: '', step: -1 };
  return (fraction, what) => {
    const percent = fraction === null ? null : Math.floor(100 * fraction);
    const step = percent === null ? 0 : Math.floor(percent / stepPercent);
    if (what === told.what && step === told.step) return;
    told = { what, step };
    reportLine(`${percent === null ? '' : `${percent} %`.padStart(5)} ${what}`);
  };
}
