import type { InferenceSession } from 'onnxruntime-node';
import { ModelError } from '../packages/modelError.ts';
import type { ModelPackage } from '../packages/modelPackage.ts';
import { type DeviceInfo, deviceName, type DevicePlan, type PassedOver, type Provider } from './device.ts';
import { type CreateSession, createSession, type Graphs, openGraphs, reasonOf, type Session } from './graphs.ts';
import { defaultThreads } from './threads.ts';
import { type WhyUnavailable, whyUnavailable } from './providers.ts';

/** Both graphs of a model, on the first device of a plan that runs them. */
export interface ModelSessions {
  /** Of the device that runs now; they change when another takes its place. */
  readonly encoder: Session;
  readonly decoder: Session;
  readonly device: DeviceInfo;
  /**
   * Runs a graph. When the device fails and the plan has another, that one takes its place for good, and the run is
   * done again there.
   */
  run(
    role: 'encoder' | 'decoder',
    feeds: InferenceSession.FeedsType,
    wanted: readonly string[],
  ): Promise<InferenceSession.ReturnType>;
  close(): Promise<void>;
}

export interface SessionNeeds {
  create?: CreateSession;
  unavailable?: WhyUnavailable;
  /** Told before each provider is opened: a driver may end the process there. */
  onOpening?(provider: Provider): void;
  /** A device failed in the middle of work and `device` goes on. */
  onFallback?(failed: PassedOver, device: DeviceInfo): void;
}

/** Just this provider; none takes its place. */
export function onlyOn(provider: Provider, threads: number = defaultThreads()): DevicePlan {
  return { order: [provider], forced: true, passedOver: [], threads };
}

/**
 * Opens both graphs of a model by a plan; a provider alone stands for {@link onlyOn} it.
 * @throws ModelError inference-failed when no provider of the plan opens them.
 */
export async function openSessions(
  model: ModelPackage,
  wanted: DevicePlan | Provider,
  needs: SessionNeeds = {},
): Promise<ModelSessions> {
  const plan = typeof wanted === 'string' ? onlyOn(wanted) : wanted;
  const sessions = new PlannedSessions(model, plan, needs);
  await sessions.open();
  return sessions;
}

class PlannedSessions implements ModelSessions {
  readonly #model: ModelPackage;
  readonly #plan: DevicePlan;
  readonly #needs: SessionNeeds;
  readonly #left: Provider[];
  readonly #passedOver: PassedOver[];
  #graphs: Graphs | null = null;

  constructor(model: ModelPackage, plan: DevicePlan, needs: SessionNeeds) {
    this.#model = model;
    this.#plan = plan;
    this.#needs = needs;
    this.#left = [...plan.order];
    this.#passedOver = [...plan.passedOver];
  }

  get encoder(): Session {
    return this.#opened().encoder;
  }

  get decoder(): Session {
    return this.#opened().decoder;
  }

  get device(): DeviceInfo {
    const { provider } = this.#opened();
    return { provider, name: deviceName(provider, this.#plan.threads), passedOver: [...this.#passedOver] };
  }

  /** @throws ModelError inference-failed, with the reason of each provider. */
  async open(): Promise<void> {
    const { create = createSession, unavailable = whyUnavailable, onOpening } = this.#needs;
    for (let provider = this.#left.shift(); provider; provider = this.#left.shift()) {
      const reason = unavailable(provider);
      if (reason !== null) {
        this.#passedOver.push({ provider, reason });
        continue;
      }
      try {
        onOpening?.(provider);
        this.#graphs = await openGraphs(this.#model, provider, this.#plan.threads, create);
        return;
      } catch (cause) {
        this.#passedOver.push({ provider, reason: reasonOf(cause) });
      }
    }
    const reasons = this.#passedOver.map(({ provider, reason }) => `${provider}: ${reason}`).join('; ');
    const { name } = this.#model.description;
    throw new ModelError('inference-failed', `The model ${name} can't be opened (${reasons}).`, {
      path: this.#model.folder,
      remedy: this.#plan.forced
        ? 'Take another device in the settings, or let Lamella choose; leave LAMELLA_PROVIDER out, or set it to a provider that works here, such as cpu.'
        : 'Close other programs if memory is short, or install Lamella again.',
    });
  }

  async run(role: 'encoder' | 'decoder', feeds: InferenceSession.FeedsType, wanted: readonly string[]) {
    for (;;) {
      const graphs = this.#opened();
      try {
        return await graphs[role].run(feeds, wanted);
      } catch (cause) {
        if (this.#left.length === 0) throw cause;
        await this.#fallBack(graphs, cause);
      }
    }
  }

  async close(): Promise<void> {
    const graphs = this.#graphs;
    this.#left.length = 0;
    this.#graphs = null;
    await graphs?.close();
  }

  /** @throws the cause where no other device opens the model. */
  async #fallBack(failing: Graphs, cause: unknown): Promise<void> {
    // Another run has met the same failure before.
    if (this.#graphs !== failing) return;
    const failed: PassedOver = { provider: failing.provider, reason: reasonOf(cause), failedInUse: true };
    this.#passedOver.push(failed);
    // Its memory is what the next one may need; a lost device can't even let go of it.
    await failing.close().catch(() => undefined);
    try {
      await this.open();
    } catch {
      throw cause;
    }
    this.#needs.onFallback?.(failed, this.device);
  }

  #opened(): Graphs {
    if (!this.#graphs) throw new ModelError('inference-failed', 'The model is closed.', { path: this.#model.folder });
    return this.#graphs;
  }
}
