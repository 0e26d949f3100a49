/** What a pickle of a checkpoint is made of. A list is an array, a dictionary a Map. */
export type PickleValue =
  | null
  | boolean
  | number
  /** Whole numbers from 2^53 on. */
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleTuple
  | PickleObject;

export class PickleTuple {
  readonly items: readonly PickleValue[];

  constructor(items: readonly PickleValue[]) {
    this.items = items;
  }
}

/** An object of Python; what it is, its subclass says. */
export abstract class PickleObject {
  /** As Python names its class: `torch.device`. */
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** An object that no weights depend on. Nothing of it is kept but the name of its class. */
export class Inert extends PickleObject {}

/** A class or function that a pickle may name. Calling it runs our `call`, never anything of the file's. */
export class Global extends PickleObject {
  /** null when the arguments are not those that it takes; without it the name may only be passed on. */
  readonly call: ((args: readonly PickleValue[]) => PickleValue | null) | undefined;

  constructor(name: string, call?: (args: readonly PickleValue[]) => PickleValue | null) {
    super(name);
    this.call = call;
  }
}

/** For messages: which kind of thing a value is. */
export function kindOf(value: PickleValue | undefined): string {
  if (value === undefined || value === null) return 'nothing';
  if (value instanceof PickleObject) return value.name;
  if (value instanceof PickleTuple) return 'a tuple';
  if (value instanceof Map) return 'a dictionary';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Uint8Array) return 'bytes';
  return typeof value === 'string' ? 'a string' : 'a number';
}
