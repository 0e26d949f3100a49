import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { fromSystemError, isLamellaError, LamellaError } from '../errors.ts';
import { devicePreference, type DevicePreference } from '../api/settings.ts';
import { writeAtomically } from '../writeAtomically.ts';

/** `settings.json` of the data folder: what this user chose. Keys of later versions are kept. */
const settingsFile = 'settings.json';

const keys = {
  /** Name of the model that prompts use; null: the one that ships. */
  model: z.string().min(1).nullable(),
  ...devicePreference.shape,
};

export interface UserSettings extends DevicePreference {
  model: string | null;
}

const defaults: UserSettings = { model: null, provider: 'auto', threads: null };

export interface ReadSettings {
  settings: UserSettings;
  /** What could not be understood, and is at its default; people are told. */
  problem: LamellaError | null;
}

/** Read at the start, before the inference process is: synchronously. */
export function readSettings(dataFolder: string): ReadSettings {
  const path = join(dataFolder, settingsFile);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return { settings: defaults, problem: null };
    return { settings: defaults, problem: fromSystemError(cause, path, 'Reading the settings') };
  }
  try {
    return understand(parse(text, path), path);
  } catch (cause) {
    if (!isLamellaError(cause)) throw cause;
    return { settings: defaults, problem: cause };
  }
}

/** One value that is wrong takes no other with it. */
function understand(found: Record<string, unknown>, path: string): ReadSettings {
  const settings: Record<string, unknown> = { ...defaults };
  const wrong: string[] = [];
  for (const [key, schema] of Object.entries(keys)) {
    if (found[key] === undefined) continue;
    const parsed = schema.safeParse(found[key]);
    if (parsed.success) settings[key] = parsed.data;
    else wrong.push(key);
  }
  const problem =
    wrong.length === 0
      ? null
      : new LamellaError('file-damaged', `In the settings ${path}, ${wrong.join(' and ')} can't be understood.`, {
          path,
          remedy: 'What Lamella would choose by itself is used; choose anew, and the file is written again.',
        });
  return { settings: settings as unknown as UserSettings, problem };
}

/** Of this process: two changes at once would lose one. */
let writing: Promise<unknown> = Promise.resolve();

/** @throws LamellaError disk-full, file-unreadable: the settings of before stay. `doing` for its message. */
export function changeSettings(dataFolder: string, change: Partial<UserSettings>, doing: string): Promise<void> {
  const path = join(dataFolder, settingsFile);
  const done = writing.then(async () => {
    let others: object = {};
    try {
      others = parse(await readFile(path, 'utf8'), path);
    } catch (cause) {
      // A damaged file is replaced by the next choice; one that can't be read, can't be written either.
      if (!isLamellaError(cause) && (cause as NodeJS.ErrnoException).code !== 'ENOENT') {
        throw fromSystemError(cause, path, doing);
      }
    }
    await writeAtomically(path, `${JSON.stringify({ ...others, ...change }, null, 2)}\n`, doing);
  });
  writing = done.catch(() => undefined);
  return done;
}

function parse(text: string, path: string): Record<string, unknown> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
  } catch (cause) {
    throw new LamellaError('file-damaged', `The settings ${path} can't be understood: the model that ships is used.`, {
      path,
      remedy: 'Choose a model anew; this writes the file again.',
      cause,
    });
  }
}
