import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { RecentProject } from '../api/contract.ts';
import { fromSystemError } from '../errors.ts';
import { writeAtomically } from '../writeAtomically.ts';

const kept = 20;
const listSchema = z.array(z.object({ folder: z.string(), name: z.string(), openedAt: z.string() }));

/** The recently opened projects, newest first, in `recent.json` of the data folder. */
export class RecentProjects {
  readonly #path: string;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    dataFolder: string,
    private readonly warn: (message: string) => void,
  ) {
    this.#path = join(dataFolder, 'recent.json');
  }

  /** Empty where it can't be read: it is a convenience, the projects are elsewhere. */
  async list(): Promise<RecentProject[]> {
    await this.#writing;
    try {
      return await this.#read();
    } catch (cause) {
      this.#warnOf(cause);
      return [];
    }
  }

  /** Calls are carried out one after the other. A list that can't be saved keeps nobody from the project. */
  remember(folder: string, name: string): Promise<void> {
    const done = this.#writing.then(async () => {
      const others = (await this.#read()).filter((project) => project.folder !== folder);
      const list = [{ folder, name, openedAt: new Date().toISOString() }, ...others].slice(0, kept);
      await writeAtomically(this.#path, JSON.stringify(list, null, 2), 'Saving the list of recent projects');
    });
    this.#writing = done.catch((cause) => this.#warnOf(cause));
    return this.#writing;
  }

  #warnOf(cause: unknown): void {
    this.warn(cause instanceof Error ? cause.message : String(cause));
  }

  /** A list that is damaged is put aside and begun anew. */
  async #read(): Promise<RecentProject[]> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw fromSystemError(cause, this.#path, 'Reading the list of recent projects');
    }
    const parsed = parseList(text);
    if (parsed) return parsed;
    const aside = `${this.#path}.damaged`;
    await rename(this.#path, aside);
    this.warn(`The list of recent projects could not be read; it was put aside as ${aside}.`);
    return [];
  }
}

function parseList(text: string): RecentProject[] | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = listSchema.safeParse(value);
  return parsed.success ? parsed.data : null;
}
