import { join } from 'node:path';
import { addFromCatalogue } from '../../../native-models/packages/addFromCatalogue.ts';
import { removeLeftovers } from '../../../native-models/packages/addingFolder.ts';
import { catalogueEntry, readCatalogue } from '../../../native-models/packages/catalogue.ts';
import { chooseModel, findModels, type FoundModels } from '../../../native-models/packages/findModels.ts';
import {
  type AddedModel,
  type AddOptions,
  damagedUserModel,
  removeModelCalled,
} from '../../../native-models/packages/installModel.ts';
import { ModelError } from '../../../native-models/packages/modelError.ts';
import { modelFiles, type ModelPackage } from '../../../native-models/packages/modelPackage.ts';
import type { VerificationReport } from '../../../native-models/packages/verifyModel.ts';
import type { ErrorBody } from '../api/contract.ts';
import type {
  AddModelRequest,
  CatalogueView,
  ModelEvent,
  ModelProblem,
  ModelsView,
  ModelTaskResult,
  ModelTaskView,
  ModelView,
  VerificationView,
} from '../api/models.ts';
import { LamellaError } from '../errors.ts';
import type { InferenceClient } from '../inference/contract.ts';
import { fromModelError } from '../inference/modelErrors.ts';
import { downloadsFolder, modelPlaces, userModelsFolder } from '../inference/modelFolders.ts';
import { modelInfo } from '../inference/modelInfo.ts';
import { EventHub } from '../workbench/events.ts';
import { deviceWish } from '../settings/deviceWish.ts';
import { readSettings } from '../settings/settingsFile.ts';
import { absolutePath } from '../workbench/opening.ts';
import { TaskList, type TaskWork } from '../workbench/tasks.ts';
import { readConfigFile } from './configFile.ts';
import { readChosenModel, writeChosenModel } from './chosenModel.ts';
import type { ModelJobs } from './modelJobs.ts';
import { ModelUploads } from './modelUploads.ts';

export interface ModelLibraryNeeds {
  /** See findAppRoot. */
  appRoot: string;
  dataFolder: string;
  inference: Pick<InferenceClient, 'status'>;
  modelJobs: ModelJobs;
  env?: Readonly<Record<string, string | undefined>>;
  /** Has every open project and the inference process use it; null: the one that ships. */
  useModel(name: string | null): void;
  reportDefect(cause: unknown): void;
}

/** The models of this user: which there are, which one is used, and the work of adding and checking them. */
export class ModelLibrary {
  readonly events = new EventHub<ModelEvent>();
  readonly tasks: TaskList<ModelTaskResult>;
  readonly uploads: ModelUploads;
  readonly #needs: ModelLibraryNeeds;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #models: string;
  readonly #downloads: string;
  /** null: the model that ships. */
  #chosen: string | null;
  #settingProblem: ErrorBody | null;
  /** Compiling takes much memory, and every core: one job at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(needs: ModelLibraryNeeds) {
    const { dataFolder } = needs;
    this.#needs = needs;
    this.#env = needs.env ?? process.env;
    this.#models = userModelsFolder(dataFolder);
    this.#downloads = downloadsFolder(dataFolder);
    this.uploads = new ModelUploads(dataFolder);
    const chosen = readChosenModel(dataFolder);
    this.#chosen = chosen.name;
    this.#settingProblem = chosen.problem?.toBody() ?? null;
    this.tasks = new TaskList(
      (task) => this.events.emit({ type: 'task', task }),
      () => '',
      async () => {},
      needs.reportDefect,
    );
  }

  async view(): Promise<ModelsView> {
    const found = await this.#find();
    const problems = found.problems.map((problem): ModelProblem => {
      return { ...fromModelError(problem).toBody(), model: damagedUserModel(problem, this.#models) };
    });
    if (this.#settingProblem) problems.unshift({ ...this.#settingProblem, model: null });
    let chosen: ModelPackage | null = null;
    let chosenProblem: ErrorBody | null = null;
    try {
      chosen = chooseModel(found, this.#chosen);
    } catch (cause) {
      chosenProblem = fromModelError(cause).toBody();
    }
    return {
      models: found.models.map((model) => viewOf(model, model === chosen)),
      problems,
      chosenProblem,
      catalogue: await this.#catalogue(found, problems),
      tasks: this.tasks.running(),
    };
  }

  /** What a window that begins to listen has to know. */
  currentState(): ModelEvent[] {
    const { state, message, activeModel, device } = this.#needs.inference.status();
    return [
      { type: 'session', activeModel, device, inference: { state, message } },
      ...this.tasks.running().map((task) => ({ type: 'task', task }) as const),
    ];
  }

  /** The workbench uses it from now on, also after a restart. */
  async choose(name: string): Promise<void> {
    const found = await this.#find();
    const model = modelOf(found, name);
    // The model that ships is chosen as such, so that its successor takes its place with a new version of Lamella.
    const chosen = model === found.models.find(({ origin }) => origin === 'embedded') ? null : name;
    await writeChosenModel(this.#needs.dataFolder, chosen);
    this.#settingProblem = null;
    this.#chosen = chosen;
    const { state, activeModel } = this.#needs.inference.status();
    if (state === 'failed' || activeModel?.name !== name) this.#needs.useModel(chosen);
    this.events.emit({ type: 'models' });
  }

  async remove(name: string): Promise<void> {
    const found = await this.#find();
    if (name === this.#chosen || name === this.#needs.inference.status().activeModel?.name) {
      const remedy = 'Use another model first.';
      throw new LamellaError('model-refused', `${name} is in use.`, { remedy });
    }
    try {
      await removeModelCalled(found, name, this.#models);
    } catch (cause) {
      throw fromModelError(cause);
    }
    this.events.emit({ type: 'models' });
  }

  /** From a path or an upload, which is gone when it is done. */
  add({ path, upload, name, precision, configPath }: AddModelRequest): ModelTaskView {
    const given = path === null ? null : absolutePath(path);
    const title = given ?? name ?? 'upload';
    return this.#start(`Add ${title.split(/[\\/]/).at(-1)}`, async (task) => {
      try {
        const source = upload === null ? { path: given!, config: null } : await this.uploads.open(upload);
        const config = configPath === null ? source.config : await readConfigFile(absolutePath(configPath));
        const added = await this.#add(source.path, { ...(name === null ? {} : { name }), precision, config }, task);
        return resultOf(added, null);
      } finally {
        if (upload !== null) await this.uploads.remove(upload);
      }
    });
  }

  async download(name: string, precision: AddOptions['precision']): Promise<ModelTaskView> {
    const entry = await this.#entry(name);
    const folders = { models: this.#models, downloads: this.#downloads };
    return this.#start(`Download ${entry.title}`, async (task) => {
      // Fetching is most of the wait, as a rule.
      const onProgress = (done: number, total: number | null) =>
        task.progress(total === null ? null : (fetchingShare * done) / total, amountOf(done, total));
      const added = await addFromCatalogue(
        entry,
        folders,
        (file, _, options) => this.#add(file, options, laterPart(task)),
        { signal: task.signal, onProgress },
        { precision, signal: task.signal },
      );
      const { verification, sha256 } = added.download;
      return resultOf(added, verification === 'first' ? sha256 : null);
    });
  }

  async verify(name: string): Promise<ModelTaskView> {
    const model = modelOf(await this.#find(), name);
    const { dataFolder } = this.#needs;
    const device = deviceWish(readSettings(dataFolder).settings, this.#env);
    const request = { model, device, dataFolder };
    return this.#start(`Verify ${name}`, async ({ signal, progress }) => {
      const run = () => this.#needs.modelJobs.run('verify', request, { signal, onProgress: progress });
      return { type: 'verified', report: reportView(await this.#inTurn(run, signal)) };
    });
  }

  async close(): Promise<void> {
    await this.tasks.close();
    this.events.close();
  }

  #start(title: string, work: (task: TaskWork) => Promise<ModelTaskResult>): ModelTaskView {
    return this.tasks.start(title, async (task) => {
      try {
        return { result: await work(task), downloadFolder: null };
      } catch (cause) {
        if (task.signal.aborted) throw new LamellaError('cancelled', 'Given up.', { cause });
        throw cause instanceof ModelError ? fromModelError(cause) : cause;
      } finally {
        this.events.emit({ type: 'models' });
      }
    });
  }

  async #add(file: string, options: AddOptions, { signal, progress }: TaskWork): Promise<AddedModel> {
    const taken = (await this.#find()).models.map(({ description }) => description.name);
    const { onProgress: _, signal: __, compile: ___, ...plain } = options;
    const request = { file, modelsFolder: this.#models, options: { ...plain, taken } };
    try {
      const run = () => this.#needs.modelJobs.run('add', request, { signal, onProgress: progress });
      return await this.#inTurn(run, signal);
    } finally {
      // Of a process that had to be ended; where it ended by itself, there is nothing.
      await removeLeftovers(this.#models);
    }
  }

  async #inTurn<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const before = this.#turn;
    const done = before.then(() => {
      signal.throwIfAborted();
      return work();
    });
    this.#turn = done.catch(() => undefined);
    return done;
  }

  #find(): Promise<FoundModels> {
    return findModels(modelPlaces(this.#needs.appRoot, this.#needs.dataFolder, this.#env));
  }

  async #entry(name: string) {
    try {
      return catalogueEntry(await readCatalogue(this.#env), name);
    } catch (cause) {
      throw fromModelError(cause);
    }
  }

  /** A catalogue of the lab's own that can't be read is one of the problems. */
  async #catalogue({ models }: FoundModels, problems: ModelProblem[]): Promise<CatalogueView[]> {
    const names = new Set(models.map(({ description }) => description.name));
    try {
      return (await readCatalogue(this.#env)).map(
        ({ name, title, goodFor, address, bytes, licence, reference, sha256, file }) => ({
          ...{ name, title, goodFor, address, bytes, licence, reference },
          verified: sha256 !== null,
          path: join(this.#downloads, file),
          added: names.has(name),
        }),
      );
    } catch (cause) {
      problems.push({ ...fromModelError(cause).toBody(), model: null });
      return [];
    }
  }
}

/** Of the progress of a download with all that follows. */
const fetchingShare = 0.7;

/** The task as the adding after a download sees it. */
function laterPart(task: TaskWork): TaskWork {
  return {
    signal: task.signal,
    progress: (share, detail) =>
      task.progress(share === null ? null : fetchingShare + share * (1 - fetchingShare), detail),
  };
}

function amountOf(done: number, total: number | null): string {
  const mebibytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  return total === null ? `${mebibytes(done)} MiB` : `${mebibytes(done)} of ${mebibytes(total)} MiB`;
}

function viewOf(model: ModelPackage, chosen: boolean): ModelView {
  const { architecture, inputSize } = model.description;
  const bytes = modelFiles(model).reduce((sum, file) => sum + file.bytes, 0);
  const facts = { architecture, inputSize, bytes, folder: model.folder };
  return { ...modelInfo(model), ...facts, chosen, removable: model.origin === 'user' };
}

function resultOf({ model, architecture, leftOut }: AddedModel, unverifiedSha256: string | null): ModelTaskResult {
  const { name } = model.description;
  return { type: 'added', name, architecture, leftOut: [...leftOut], unverifiedSha256 };
}

function reportView({ name, ok, device, checks }: VerificationReport): VerificationView {
  return {
    name,
    ok,
    device: device?.name ?? null,
    checks: checks.map(({ what, state, detail }) => ({ what, state, detail })),
  };
}

/** @throws LamellaError not-found, model-invalid */
function modelOf(found: FoundModels, name: string): ModelPackage {
  try {
    return chooseModel(found, name);
  } catch (cause) {
    throw fromModelError(cause);
  }
}
