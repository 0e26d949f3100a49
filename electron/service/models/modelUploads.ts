import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fromSystemError, LamellaError } from '../errors.ts';
import { readConfigFile } from './configFile.ts';
import { receiveFile, safeFileName } from '../workbench/upload.ts';

/** Checkpoints, ONNX graphs with the weights beside them, and configurations. */
const modelFileName = /\.(pt|pth|bin|ckpt|safetensors|onnx|onnx[._]data|data|json)$/i;
/** What nobody asked for after a day was left by a window that went away. */
const keptMs = 24 * 3600_000;

/** What was uploaded: the path to add, and the configuration that came along. */
export interface ModelUpload {
  path: string;
  config: Record<string, unknown> | null;
}

/** Files that a browser sends to be added as a model, in `uploads` of the data folder until they are. */
export class ModelUploads {
  readonly #folder: string;

  constructor(dataFolder: string) {
    this.#folder = join(dataFolder, 'uploads');
  }

  /** `upload`: an id of before, for a further file of the same model; null: a new one. Gives the id. */
  async receive(upload: string | null, name: string, body: ReadableStream<Uint8Array>): Promise<string> {
    const fileName = safeFileName(name);
    if (!modelFileName.test(fileName)) {
      throw new LamellaError('file-unsupported', `${fileName} is not a kind of file that holds a model.`, {
        path: fileName,
        remedy: 'Checkpoints end in .pt, .pth or .safetensors; graphs in .onnx.',
      });
    }
    const id = upload ?? randomUUID();
    const folder = this.#contentOf(id);
    try {
      if (upload === null) {
        await this.#removeOld();
        await mkdir(folder, { recursive: true });
      }
      await receiveFile(folder, fileName, body);
      return id;
    } catch (cause) {
      if (upload === null) await this.remove(id);
      throw fromSystemError(cause, folder, 'Receiving an upload');
    }
  }

  /** @throws LamellaError not-found, bad-request where there is more than one checkpoint */
  async open(id: string): Promise<ModelUpload> {
    const folder = this.#contentOf(id);
    const names = await readdir(folder).catch(() => [] as string[]);
    const path = pathToAdd(folder, names);
    const configs = names.filter((name) => extname(name).toLowerCase() === '.json' && name !== 'model.json');
    const config = configs.length === 1 ? await readConfigFile(join(folder, configs[0]!)) : null;
    return { path, config };
  }

  async remove(id: string): Promise<void> {
    await rm(join(this.#folder, id), { recursive: true, force: true });
  }

  /** The folder's own name becomes the model's where its files have none that tells more. */
  #contentOf(id: string): string {
    return join(this.#folder, id, 'model');
  }

  async #removeOld(): Promise<void> {
    for (const id of await readdir(this.#folder).catch(() => [] as string[])) {
      const { mtimeMs } = await stat(join(this.#folder, id));
      if (Date.now() - mtimeMs > keptMs) await this.remove(id);
    }
  }
}

function pathToAdd(folder: string, names: readonly string[]): string {
  if (names.includes('model.json')) return folder;
  const graphs = names.filter((name) => /\.onnx$/i.test(name));
  const [first, ...more] = names.filter((name) => /\.(pt|pth|bin|ckpt|safetensors)$/i.test(name));
  if (first !== undefined && more.length === 0 && graphs.length === 0) return join(folder, first);
  if (first === undefined && graphs.length > 0) return join(folder, graphs[0]!);
  if (first === undefined) throw new LamellaError('not-found', 'No checkpoint was uploaded.');
  throw new LamellaError('bad-request', 'Several checkpoints were sent as one model.', {
    remedy: 'Add them one after the other.',
  });
}
