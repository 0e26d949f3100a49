import { readFile } from 'node:fs/promises';
import { fromSystemError, LamellaError } from '../errors.ts';

/**
 * Hyper-parameters that no tensor shape tells, as a JSON object.
 * @throws LamellaError file-missing, file-unreadable, file-damaged
 */
export async function readConfigFile(path: string): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw fromSystemError(cause, path, 'Reading the configuration');
  }
  const value = parseJson(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new LamellaError('file-damaged', `The configuration ${path} is not a JSON object.`, {
    path,
    remedy: 'Write it as {"name": value, …}.',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
