import { createHash } from 'node:crypto';
import { mkdir, readdir, realpath } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import type { ModelInfo, Notice, SessionView } from '../api/contract.ts';
import { ModelLibrary } from '../models/modelLibrary.ts';
import type { ModelJobs } from '../models/modelJobs.ts';
import { EncodeTimes } from '../prompting/encodeTimes.ts';
import { fromSystemError, isLamellaError, LamellaError } from '../errors.ts';
import type { InferenceClient } from '../inference/contract.ts';
import { DeviceSettings } from '../settings/deviceSettings.ts';
import type { Provider } from '../../../native-models/runtime/device.ts';
import { PlaneCache } from '../micrographs/tiles.ts';
import { type OpeningPlan, planOpening } from './opening.ts';
import { OpenProject } from './openProject.ts';
import { openProject } from '../project/index.ts';
import { RecentProjects } from './recentProjects.ts';
import { copySamples } from './samples.ts';
import { version } from '../serviceInfo.ts';
import { safeFileName } from './upload.ts';

export interface WorkbenchOptions {
  /** The program's own folder, for the sample micrographs. */
  appRoot: string;
  dataFolder: string;
  inference: InferenceClient;
  /** Work on models that takes long: in a process of its own. */
  modelJobs: ModelJobs;
  /** LAMELLA_MODELS, LAMELLA_PROVIDER and LAMELLA_CATALOGUE are read from here. */
  env?: Readonly<Record<string, string | undefined>>;
  reportDefect(cause: unknown): void;
}

/** Everything that one running service holds: the open projects, the inference process, the models, the recent list. */
export class Workbench {
  readonly models: ModelLibrary;
  readonly settings: DeviceSettings;
  readonly #projects = new Map<string, OpenProject>();
  readonly #recent: RecentProjects;
  readonly #encodeTimes = new EncodeTimes();
  /** Decoded planes of all projects: a quarter of the memory, at most 2 GiB. */
  readonly #planes = new PlaneCache(Math.min(totalmem() / 4, 2 * 1024 ** 3));
  readonly #unfollow: (() => void)[];
  #provider: Provider | null = null;
  /** Openings and closings run one after the other, so that no folder is opened twice. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: WorkbenchOptions) {
    this.#recent = new RecentProjects(options.dataFolder, (message) => options.reportDefect(message));
    const unfollowStatus = options.inference.onStatus(({ state, message, activeModel, device }) => {
      this.#deviceIs(device?.provider ?? null);
      const event = { type: 'session', activeModel, device, inference: { state, message } } as const;
      for (const project of this.#projects.values()) project.events.emit(event);
      this.models.events.emit(event);
    });
    const unfollowNotices = options.inference.onNotice((notice) => {
      for (const project of this.#projects.values()) project.events.emit({ type: 'notice', notice });
    });
    this.#unfollow = [unfollowStatus, unfollowNotices];
    this.settings = new DeviceSettings(options);
    this.models = new ModelLibrary({ ...options, useModel: (name) => this.#useModel(name) });
  }

  async session(host: SessionView['host']): Promise<SessionView> {
    const models = await this.#models();
    const { state, message, activeModel, device } = this.options.inference.status();
    return {
      version,
      host,
      models: models.list,
      activeModel,
      device,
      inference: models.trouble === null ? { state, message } : { state: 'failed', message: models.trouble },
      recent: await this.#recent.list(),
      dataFolder: this.options.dataFolder,
      projectId: [...this.#projects.keys()].at(-1) ?? null,
    };
  }

  /** Opens by the rules of opening.ts. A folder that is open already is the same project. */
  async open(paths: readonly string[]): Promise<OpenProject> {
    return this.#openPlan(await planOpening(paths, this.options.dataFolder));
  }

  /** The sample micrographs, copied to the data folder at the first call. */
  async openSample(): Promise<OpenProject> {
    const folder = join(this.options.dataFolder, 'projects', 'Sample micrographs');
    await copySamples(this.options.appRoot, folder);
    return this.open([folder]);
  }

  /** A new, empty project in the data folder for files that come from a browser. */
  async openInbox(name: string): Promise<OpenProject> {
    const projects = join(this.options.dataFolder, 'projects');
    const folder = await makeUniqueFolder(projects, safeFileName(name));
    return this.#openPlan({ folder, name, scan: null, files: [], readOnly: false, notices: [] });
  }

  project(id: string): OpenProject {
    const project = this.#projects.get(id);
    if (!project) {
      throw new LamellaError('not-found', 'This project is not open (any more).', { remedy: 'Open it again.' });
    }
    return project;
  }

  projects(): OpenProject[] {
    return [...this.#projects.values()];
  }

  /** Whether a path belongs to an open project or to what was exported from one. */
  knowsPath(path: string): boolean {
    return this.projects().some((project) => project.knowsPath(path));
  }

  closeProject(id: string): Promise<void> {
    return this.#inTurn(async () => {
      const project = this.project(id);
      this.#projects.delete(id);
      await project.close();
    });
  }

  /** Closes all projects, and ends work on models; the inference process is its owner's to end. */
  async close(): Promise<void> {
    for (const unfollow of this.#unfollow) unfollow();
    await this.settings.close();
    await this.models.close();
    await this.#inTurn(async () => {
      const projects = this.projects();
      this.#projects.clear();
      await Promise.all(projects.map((project) => project.close()));
    });
  }

  #openPlan(plan: OpeningPlan): Promise<OpenProject> {
    return this.#inTurn(async () => {
      await makeFolder(plan.folder);
      const folder = await realpath(plan.folder);
      const id = createHash('sha256').update(folder).digest('hex').slice(0, 12);
      const opened = this.#projects.get(id) ?? (await this.#openFresh(id, folder, plan));
      // The project opened last is the one that a new window shows.
      this.#projects.delete(id);
      this.#projects.set(id, opened);
      await opened.bringIn(plan);
      await this.#recent.remember(folder, opened.project.name);
      return opened;
    });
  }

  async #openFresh(id: string, folder: string, plan: OpeningPlan): Promise<OpenProject> {
    const { project, notices } = await openOrLookAt(folder, plan);
    return new OpenProject(id, project, [...plan.notices, ...notices], {
      inference: this.options.inference,
      encodeTimes: this.#encodeTimes,
      planes: this.#planes,
      reportDefect: this.options.reportDefect,
    });
  }

  /** Times of one device say nothing of another. */
  #deviceIs(provider: Provider | null): void {
    if (provider === null || provider === this.#provider) return;
    if (this.#provider !== null) this.#encodeTimes.forget();
    this.#provider = provider;
  }

  /** At once and for all open projects. Objects keep the name of the model that made them. */
  #useModel(name: string | null): void {
    for (const project of this.#projects.values()) project.modelChanges();
    this.#encodeTimes.forget();
    this.options.inference.useModel(name);
  }

  async #models(): Promise<{ list: ModelInfo[]; trouble: string | null }> {
    try {
      return { list: await this.options.inference.models(), trouble: null };
    } catch (cause) {
      if (!isLamellaError(cause)) throw cause;
      return { list: [], trouble: [cause.message, cause.remedy].filter(Boolean).join(' ') };
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

/** Where another program has the project, it is opened for looking, and the notice says who has it. */
async function openOrLookAt(folder: string, plan: OpeningPlan) {
  try {
    const project = await openProject(folder, { name: plan.name, readOnly: plan.readOnly });
    return { project, notices: [] as Notice[] };
  } catch (cause) {
    if (!isLamellaError(cause) || cause.code !== 'project-locked') throw cause;
    const project = await openProject(folder, { name: plan.name, readOnly: true });
    const notice: Notice = { level: 'warning', message: cause.message, path: folder };
    if (cause.remedy !== undefined) notice.remedy = cause.remedy;
    return { project, notices: [notice] };
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw fromSystemError(cause, folder, 'Making the project’s folder');
  }
}

async function makeUniqueFolder(parent: string, name: string): Promise<string> {
  await makeFolder(parent);
  const taken = new Set((await readdir(parent)).map((entry) => entry.toLowerCase()));
  let free = name;
  for (let number = 2; taken.has(free.toLowerCase()); number++) free = `${name} ${number}`;
  await makeFolder(join(parent, free));
  return join(parent, free);
}
