import { stat } from 'node:fs/promises';
import { Predictor } from '../predictor/predictor.ts';
import type { DeviceInfo, DevicePlan, Provider } from '../runtime/device.ts';
import { openSessions } from '../runtime/sessions.ts';
import { agrees, compareFigures, readExpected, smokeTolerance } from './expectedFigures.ts';
import { hashFile } from './hashFile.ts';
import { ModelError } from './modelError.ts';
import { modelFiles, type ModelPackage, type PackageFile } from './modelPackage.ts';
import { runSmokePrediction, type SmokeFigures } from './smokePrediction.ts';

/** One thing that was looked at. */
export interface VerificationCheck {
  what: string;
  /** skipped: there was nothing to compare with, or an earlier check failed. */
  state: 'ok' | 'failed' | 'skipped';
  /** What was found, for people. */
  detail: string;
  /** Where numbers were compared. */
  expected?: number;
  found?: number;
  tolerance?: number;
}

export interface VerificationReport {
  name: string;
  folder: string;
  /** Where the prediction ran; null where it did not come to that. */
  device: Pick<DeviceInfo, 'provider' | 'name'> | null;
  ok: boolean;
  checks: VerificationCheck[];
}

/**
 * Looks at a model from its files to its numbers: the sha256 of every file, a prediction on a synthetic picture on
 * the device that `wanted` gives, and its figures beside those of when it was added.
 * What is wrong is a failed check, not an error.
 * @throws AbortError
 */
export async function verifyModel(
  model: ModelPackage,
  wanted: DevicePlan | Provider,
  onProgress: (fraction: number, what: string) => void = () => {},
  signal?: AbortSignal,
): Promise<VerificationReport> {
  const { name } = model.description;
  const report: VerificationReport = { name, folder: model.folder, device: null, ok: false, checks: [] };
  const files = modelFiles(model);
  for (const [index, file] of files.entries()) {
    onProgress((0.5 * index) / files.length, file.path);
    report.checks.push(await checkFile(file, signal));
  }
  if (report.checks.some(({ state }) => state === 'failed')) {
    report.checks.push({ what: 'prediction', state: 'skipped', detail: 'not tried with these files' });
    return report;
  }
  signal?.throwIfAborted();
  onProgress(0.5, 'prediction');
  const figures = await checkPrediction(model, wanted, report);
  signal?.throwIfAborted();
  if (figures) await checkFigures(model, figures, report);
  report.ok = report.checks.every(({ state }) => state !== 'failed');
  onProgress(1, 'done');
  return report;
}

async function checkFile(file: PackageFile, signal?: AbortSignal): Promise<VerificationCheck> {
  const what = `file ${file.role}`;
  try {
    const { size } = await stat(file.path);
    if (size !== file.bytes) return { what, state: 'failed', detail: `${size} bytes, not ${file.bytes}: ${file.path}` };
    const sha256 = await hashFile(file.path, signal);
    return sha256 === file.sha256
      ? { what, state: 'ok', detail: `sha256 ${sha256}` }
      : { what, state: 'failed', detail: `sha256 ${sha256}, not ${file.sha256}: ${file.path}` };
  } catch (cause) {
    if ((cause as Error).name === 'AbortError') throw cause;
    return { what, state: 'failed', detail: cause instanceof Error ? cause.message : String(cause) };
  }
}

/** The figures of the prediction; null, with a failed check, where there are none. */
async function checkPrediction(
  model: ModelPackage,
  wanted: DevicePlan | Provider,
  report: VerificationReport,
): Promise<SmokeFigures | null> {
  const what = 'prediction';
  try {
    // The files have been hashed a moment ago, so the sessions are opened without openPredictor's look at them.
    const predictor = new Predictor(model, await openSessions(model, wanted));
    try {
      const { provider: taken, name } = predictor.device;
      report.device = { provider: taken, name };
      const figures = await runSmokePrediction(predictor);
      const candidates = figures.prompts.reduce((sum, { candidates }) => sum + candidates.length, 0);
      report.checks.push({
        what,
        state: 'ok',
        detail: `${candidates} candidates for ${figures.prompts.length} prompts on ${name}`,
      });
      return figures;
    } finally {
      await predictor.close();
    }
  } catch (cause) {
    if (!(cause instanceof ModelError)) throw cause;
    report.checks.push({ what, state: 'failed', detail: cause.message });
    return null;
  }
}

async function checkFigures(model: ModelPackage, found: SmokeFigures, report: VerificationReport): Promise<void> {
  let expected: SmokeFigures | null;
  try {
    expected = await readExpected(model.folder);
  } catch (cause) {
    if (!(cause instanceof ModelError)) throw cause;
    report.checks.push({ what: 'figures', state: 'failed', detail: cause.message });
    return;
  }
  if (expected === null) {
    report.checks.push({ what: 'figures', state: 'skipped', detail: 'the package has no expected figures' });
    return;
  }
  const tolerance = smokeTolerance(model.description.precision, report.device?.provider === 'cpu');
  for (const comparison of compareFigures(expected, found, tolerance)) {
    const { what, ...numbers } = comparison;
    const detail = `${digits(numbers.found)}, expected ${digits(numbers.expected)} ± ${digits(numbers.tolerance)}`;
    report.checks.push({ what, state: agrees(comparison) ? 'ok' : 'failed', detail, ...numbers });
  }
}

const digits = (value: number) => String(Number(value.toPrecision(5)));
