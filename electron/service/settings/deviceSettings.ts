import { availableParallelism } from 'node:os';
import { chooseModel, findModels } from '../../../native-models/packages/findModels.ts';
import type { ModelPackage } from '../../../native-models/packages/modelPackage.ts';
import { type Provider, providerName } from '../../../native-models/runtime/device.ts';
import { providerOrder, providersToTry, whyUnavailable } from '../../../native-models/runtime/providers.ts';
import { speedup, type TrialTimes } from '../../../native-models/trials/tryProvider.ts';
import type { DevicePreference, DeviceView, SettingsView } from '../api/settings.ts';
import { isLamellaError, type LamellaError } from '../errors.ts';
import { chooseDevice, type DeviceWish } from '../inference/chooseDevice.ts';
import type { InferenceClient, InferenceStatus } from '../inference/contract.ts';
import { machineFacts, onnxruntimeVersion } from '../inference/machineFacts.ts';
import type { ProcessState } from '../inference/messages.ts';
import { fromModelError } from '../inference/modelErrors.ts';
import { modelPlaces } from '../inference/modelFolders.ts';
import { recallTrials, recordOf, rememberTrials, type TrialRecord } from '../inference/trialMemory.ts';
import type { ModelJobs } from '../models/modelJobs.ts';
import { deviceWish } from './deviceWish.ts';
import { changeSettings, readSettings } from './settingsFile.ts';
import { tryDevices } from './tryDevices.ts';

export interface DeviceSettingsNeeds {
  /** See findAppRoot. */
  appRoot: string;
  dataFolder: string;
  inference: Pick<InferenceClient, 'status' | 'onStatus' | 'useDevice' | 'tell' | 'processState' | 'failedDevices'>;
  modelJobs: Pick<ModelJobs, 'run'>;
  /** LAMELLA_MODELS and LAMELLA_PROVIDER are read from here. */
  env?: Readonly<Record<string, string | undefined>>;
  reportDefect(cause: unknown): void;
}

interface Trial {
  model: string;
  provider: Provider | null;
  abort: AbortController;
}

/**
 * What models run on: the user's wish, and the trials. A model that is new to this computer runs on the CPU at once; the
 * other devices are tried beside it, and the best one that proves itself takes over.
 */
export class DeviceSettings {
  readonly #needs: DeviceSettingsNeeds;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #unfollow: () => void;
  #preference: DevicePreference;
  #problem: LamellaError | null;
  #trialProblem: LamellaError | null = null;
  #trial: Trial | null = null;
  /** Models whose trials could not be made at all; not begun again by themselves. */
  readonly #hopeless = new Set<string>();
  /** The device that was asked to take over, until a process is ready. */
  #expected: { model: string; provider: Provider; times: number | null | undefined } | null = null;
  /** Also where they can't be written. */
  #recent: TrialRecord[] = [];
  #work: Promise<void> = Promise.resolve();

  constructor(needs: DeviceSettingsNeeds) {
    this.#needs = needs;
    this.#env = needs.env ?? process.env;
    const { settings, problem } = readSettings(needs.dataFolder);
    this.#preference = { provider: settings.provider, threads: settings.threads };
    this.#problem = problem;
    this.#unfollow = needs.inference.onStatus((status) => this.#follow(status));
    this.#follow(needs.inference.status());
  }

  async view(): Promise<SettingsView> {
    const { activeModel, device, state, message } = this.#needs.inference.status();
    const record = activeModel && (await this.#recordOf(activeModel.name));
    const process = this.#needs.inference.processState();
    return {
      ...this.#preference,
      environmentProvider: this.#env.LAMELLA_PROVIDER || null,
      maxThreads: availableParallelism(),
      devices: this.#devices(record),
      model: activeModel,
      device,
      failure: state === 'failed' ? message : null,
      triedAt: record?.triedAt ?? null,
      trying: this.#trial !== null,
      process: process && {
        residentBytes: process.residentBytes,
        encodeMs: process.encodeMs,
        promptMs: process.promptMs,
      },
      onnxruntime: onnxruntimeVersion(),
      problem: this.#problem?.toBody() ?? null,
      trialProblem: this.#trialProblem?.toBody() ?? null,
    };
  }

  /** Models run there from now on, also after a restart. */
  async change(preference: DevicePreference): Promise<void> {
    await changeSettings(this.#needs.dataFolder, preference, 'Saving the settings');
    this.#preference = preference;
    this.#problem = null;
    this.#stopTrial();
    this.#needs.inference.useDevice({ wish: this.#wish(), again: true, recent: this.#recent });
  }

  /** Tries every device anew, those too that failed in use. */
  async retry(): Promise<void> {
    const { activeModel, state } = this.#needs.inference.status();
    if (state === 'failed') this.#needs.inference.useDevice({ wish: this.#wish(), again: true, recent: this.#recent });
    if (activeModel) this.#begin(await this.#model(activeModel.name), true);
  }

  async close(): Promise<void> {
    this.#unfollow();
    this.#stopTrial();
    await this.#work;
  }

  #wish(): DeviceWish {
    return deviceWish(this.#preference, this.#env);
  }

  #follow(status: InferenceStatus): void {
    const { state, activeModel } = status;
    if (state !== 'ready' || !activeModel) return;
    this.#tellTakeover(status);
    if (this.#trial && this.#trial.model !== activeModel.name) this.#stopTrial();
    if (this.#wish().provider !== null || this.#trial?.model === activeModel.name) return;
    this.#tryIfNew(activeModel.name).catch((cause) => this.#report(cause));
  }

  async #tryIfNew(name: string): Promise<void> {
    const model = await this.#model(name);
    if (this.#hopeless.has(name) || (await this.#recall(model))) return;
    this.#begin(model, false);
  }

  /** Trials of one model at a time; the newest wish counts. */
  #begin(model: ModelPackage, again: boolean): void {
    const { name } = model.description;
    if (!again && this.#trial?.model === name) return;
    this.#stopTrial();
    const { toTry } = providersToTry();
    if (toTry.length === 0) return;
    const trial: Trial = { model: name, provider: null, abort: new AbortController() };
    this.#trial = trial;
    this.#trialProblem = null;
    this.#work = this.#work.then(async () => {
      try {
        await this.#try(model, trial, toTry, again);
      } catch (cause) {
        if (trial.abort.signal.aborted) return;
        this.#hopeless.add(name);
        this.#report(cause);
      } finally {
        if (this.#trial === trial) this.#trial = null;
      }
    });
  }

  #stopTrial(): void {
    this.#trial?.abort.abort();
    this.#trial = null;
  }

  async #try(model: ModelPackage, trial: Trial, providers: readonly Provider[], again: boolean): Promise<void> {
    const { signal } = trial.abort;
    signal.throwIfAborted();
    const { modelJobs, dataFolder } = this.#needs;
    const { threads } = this.#preference;
    const trials = await tryDevices(model, {
      ...{ modelJobs, providers, threads, signal },
      onTrying: (provider) => {
        trial.provider = provider;
      },
    });
    signal.throwIfAborted();
    trial.provider = null;
    const record = recordOf(model.description, machineFacts(process.env, threads), trials);
    this.#recent = [record, ...this.#recent.filter((each) => each.model !== record.model)];
    await rememberTrials(dataFolder, record).catch((cause) => this.#report(cause));
    await this.#takeBest(model, record, again);
  }

  /** Has the best device take over where another runs. */
  async #takeBest(model: ModelPackage, record: TrialRecord, again: boolean): Promise<void> {
    const { inference, dataFolder } = this.#needs;
    const { name } = model.description;
    const wish = this.#wish();
    const { activeModel, device } = inference.status();
    if (wish.provider !== null || activeModel?.name !== name) return;
    const failed = again ? [] : inference.failedDevices();
    const plan = await chooseDevice(model, wish, { dataFolder, failed, recent: this.#recent });
    const [best] = plan.order;
    if (best === device?.provider && inference.failedDevices().length === failed.length) return;
    const trial = record.trials.find(({ provider }) => provider === best);
    this.#expected =
      best === device?.provider ? null : { model: name, provider: best!, times: trial && speedup(trial) };
    inference.useDevice({ wish, again, recent: this.#recent });
  }

  /** Tells that a device has taken over, where it has. */
  #tellTakeover({ activeModel, device }: InferenceStatus): void {
    const expected = this.#expected;
    this.#expected = null;
    if (!expected || !device || activeModel?.name !== expected.model || device.provider !== expected.provider) return;
    const faster = expected.times ? `, ${expected.times.toFixed(1)} times as fast as on the CPU` : '';
    this.#needs.inference.tell({
      level: 'info',
      message: `${expected.model} now runs on ${device.name}${faster}.`,
    });
  }

  #devices(record: TrialRecord | null): DeviceView[] {
    const { device } = this.#needs.inference.status();
    const { provider: chosen } = this.#preference;
    const state = this.#needs.inference.processState();
    const shown = new Set<Provider>(providerOrder());
    // TensorRT is shown to those who have it.
    if (whyUnavailable('tensorrt') === null) shown.add('tensorrt');
    if (chosen !== 'auto') shown.add(chosen);
    if (device) shown.add(device.provider);
    const cpu = record?.trials.find((trial) => trial.cpu !== null)?.cpu ?? null;
    const lastTimes = timesOf(state);
    return [...shown].map((provider) => {
      const trial = record?.trials.find((each) => each.provider === provider);
      const unavailable = whyUnavailable(provider);
      const lost = this.#needs.inference.failedDevices().find((each) => each.provider === provider);
      const inUse = device?.provider === provider;
      const reason = inUse ? null : (unavailable ?? lost?.reason ?? trial?.reason ?? null);
      const standing = inUse
        ? 'in-use'
        : this.#trial?.provider === provider
          ? 'trying'
          : reason !== null
            ? 'passed-over'
            : trial || provider === 'cpu'
              ? 'proved'
              : 'untried';
      return {
        ...{ provider, name: providerName(provider), state: standing, reason, available: unavailable === null },
        times: (provider === 'cpu' ? cpu : trial?.times) ?? (inUse ? lastTimes : null),
        difference: trial?.difference ?? null,
      };
    });
  }

  /** @throws LamellaError not-found, model-invalid */
  async #model(name: string): Promise<ModelPackage> {
    const { appRoot, dataFolder } = this.#needs;
    try {
      return chooseModel(await findModels(modelPlaces(appRoot, dataFolder, this.#env)), name);
    } catch (cause) {
      throw fromModelError(cause);
    }
  }

  /** null also for a model whose files have gone. */
  async #recordOf(name: string): Promise<TrialRecord | null> {
    try {
      return await this.#recall(await this.#model(name));
    } catch (cause) {
      if (isLamellaError(cause)) return null;
      throw cause;
    }
  }

  #recall(model: ModelPackage): Promise<TrialRecord | null> {
    const facts = machineFacts(process.env, this.#preference.threads);
    return recallTrials(this.#needs.dataFolder, model.description, facts, this.#recent);
  }

  /** Trials that can't be made, or noted, keep nobody from work: the settings tell. */
  #report(cause: unknown): void {
    if (isLamellaError(cause)) this.#trialProblem = cause;
    else this.#needs.reportDefect(cause);
  }
}

function timesOf(state: ProcessState | null): TrialTimes | null {
  const { encodeMs = null, promptMs = null } = state ?? {};
  return encodeMs === null || promptMs === null ? null : { encodeMs, promptMs };
}
