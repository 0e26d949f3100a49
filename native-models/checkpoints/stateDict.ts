import { ModelError } from '../packages/modelError.ts';
import type { Checkpoint, CheckpointTensor } from './contract.ts';

type Part = 'image encoder' | 'prompt encoder' | 'mask decoder';

/** What makes up a model of the SAM family, by what the published programs call it. */
const parts: ReadonlyMap<string, Part> = new Map([
  ['image_encoder', 'image encoder'],
  ['vision_encoder', 'image encoder'],
  ['prompt_encoder', 'prompt encoder'],
  ['sam_prompt_encoder', 'prompt encoder'],
  ['mask_decoder', 'mask decoder'],
  ['sam_mask_decoder', 'mask decoder'],
]);

/** What training programs call the model's weights; of several copies, the first that is found is taken. */
const groups = [
  ...['model', 'state_dict', 'model_state', 'model_state_dict', 'net', 'network', 'module', 'weights', 'sam'],
  ...['teacher', 'ema', 'model_ema', 'ema_model', 'student'],
];

/** What a training keeps beside them. */
const trainingState = /^(optim|(lr_?)?sched|(grad_?)?scaler|amp(_|\.)|((torch|cuda|numpy)_)?rng(_|\.))/i;

/** Put into names by torch.compile, activation checkpointing and FSDP, wherever they wrap something. */
const wrappers = /(?<=^|\.)(_orig_mod|_checkpoint_wrapped_module|_fsdp_wrapped_module)\./g;

/** Names that stand before a part: no program nests its model deeper. */
const maxPrefix = 8;

/** Share of the names from which on a prefix is taken off those that have it. */
const nearlyAll = 0.9;

interface NamedTensor {
  /** As in the file, but for {@link wrappers}. */
  name: string;
  tensor: CheckpointTensor;
}

/**
 * The weights of the model by their plain names (`image_encoder.…`, `mask_decoder.…`), in whatever group of the file
 * and under whatever prefix they are: `model`, `state_dict`, `model_state`, `teacher`, `module.`, `sam.` and so on.
 * Other tensors keep their names; the state of a training and further copies of the model are left out.
 * @throws ModelError checkpoint-unsupported when there are no weights.
 */
export function findStateDict(checkpoint: Checkpoint): ReadonlyMap<string, CheckpointTensor> {
  const all = [...checkpoint.tensors.values()]
    .filter(({ name }) => !trainingState.test(name))
    .map((tensor): NamedTensor => ({ name: tensor.name.replaceAll(wrappers, ''), tensor }));
  if (all.length === 0) {
    throw new ModelError('checkpoint-unsupported', `The checkpoint ${checkpoint.path} holds no weights.`, {
      path: checkpoint.path,
      remedy: 'Choose the file that holds the weights of the model (its state_dict).',
    });
  }
  const [model, ...others] = findModels(all);
  if (!model) return withoutOuterNames(all);
  const copies = new Set(others.filter(({ kinds }) => kinds.size === model.kinds.size).map(({ prefix }) => prefix));
  const ofModel = all.filter(
    ({ name }) => name.startsWith(model.prefix) && copyOf(name, copies, model.prefix) === null,
  );
  const found = new Map(ofModel.map(({ name, tensor }) => [name.slice(model.prefix.length), tensor]));
  for (const { name, tensor } of all) {
    const further = !name.startsWith(model.prefix) && copyOf(name, copies, model.prefix) === null;
    if (further && !found.has(name)) found.set(name, tensor);
  }
  return found;
}

interface FoundModel {
  /** Of all its names, with the dot. */
  prefix: string;
  kinds: Set<Part>;
}

/** The models in a file: the most complete first, among equals the most preferred. */
function findModels(all: readonly NamedTensor[]): FoundModel[] {
  const models = new Map<string, FoundModel>();
  for (const { name } of all) {
    const segments = name.split('.', maxPrefix);
    const at = segments.findIndex((segment) => parts.has(segment));
    if (at === -1) continue;
    const prefix = prefixOf(segments, at);
    const model = models.get(prefix) ?? { prefix, kinds: new Set() };
    model.kinds.add(parts.get(segments[at]!)!);
    models.set(prefix, model);
  }
  return [...models.values()].toSorted((a, b) => b.kinds.size - a.kinds.size || rank(a.prefix) - rank(b.prefix));
}

/** A model without prefix first, then the known groups, then the rest. */
function rank(prefix: string): number {
  if (prefix === '') return -1;
  const known = groups.indexOf(prefix.slice(0, prefix.indexOf('.')));
  return known === -1 ? groups.length : known;
}

function prefixOf(segments: readonly string[], length: number): string {
  return segments
    .slice(0, length)
    .map((segment) => `${segment}.`)
    .join('');
}

/** The further copy of the model that a name belongs to; the model may itself lie within what looks like one. */
function copyOf(name: string, copies: ReadonlySet<string>, model: string): string | null {
  if (copies.size === 0) return null;
  const segments = name.split('.', maxPrefix);
  for (let length = segments.length; length >= 0; length--) {
    const prefix = prefixOf(segments, length);
    if (prefix === model) return null;
    if (copies.has(prefix)) return prefix;
  }
  return null;
}

/** Without the prefixes that (nearly) all names of an unknown model have; the others stay as they are. */
function withoutOuterNames(all: readonly NamedTensor[]): ReadonlyMap<string, CheckpointTensor> {
  const byName = new Map(all.map(({ name, tensor }) => [name, tensor]));
  for (const group of groups) {
    const outer = `${group}.`;
    const having = all.filter(({ name }) => name.startsWith(outer)).length;
    if (having === 0 || having < nearlyAll * all.length) continue;
    return withoutOuterNames(
      all.map(({ name, tensor }) => {
        const inner = name.slice(outer.length);
        return { name: name.startsWith(outer) && !byName.has(inner) ? inner : name, tensor };
      }),
    );
  }
  return byName;
}
