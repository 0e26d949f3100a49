import { type Faults, quoted } from './faults.ts';
import { Global, Inert, kindOf, PickleTuple, type PickleValue } from './pickleValues.ts';

/** What a pickle may name and point to. */
export interface PickleScope {
  /** By module and name joined with a dot. Nothing else can be named. */
  readonly globals: ReadonlyMap<string, Global>;
  /**
   * The object behind a persistent id (`torch.save` gives one to every storage).
   * @throws ModelError checkpoint-invalid
   */
  persistent(id: PickleValue): PickleValue;
}

/** Dictionaries, lists, tuples, sets and objects: what a short pickle could fill the memory with. */
const maxContainers = 500_000;
/** Bytes of a module's or class's name. */
const maxName = 1024;
/** Bytes of a whole number: enough for the states of random generators. */
const maxLong = 32;

/** Thrown where the bytes end before the pickle does. */
export const endOfBytes = new Error('the bytes end before the pickle does');
const text = new TextDecoder('utf-8', { fatal: true });

/** The stack, the memo and the bytes of a pickle that is being read; the operations are in {@link ./pickle.ts}. */
export class PickleMachine {
  position: number;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #scope: PickleScope;
  readonly #faults: Faults;
  readonly #stack: PickleValue[] = [];
  /** Heights of the stack where a MARK was set. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue>();
  #containers = 0;

  constructor(bytes: Uint8Array, start: number, scope: PickleScope, faults: Faults) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = start;
    this.#scope = scope;
    this.#faults = faults;
  }

  damaged(what: string) {
    return this.#faults.damaged(`a pickle is not in order before its byte ${this.position} (${what})`);
  }

  // The bytes.

  take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.position) throw endOfBytes;
    this.position += length;
    return this.#bytes.subarray(this.position - length, this.position);
  }

  /** Position of a number of `length` bytes, which is thereby taken. */
  #number(length: number): number {
    this.take(length);
    return this.position - length;
  }

  byte(): number {
    return this.#view.getUint8(this.#number(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#number(2), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#number(4), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#number(4), true);
  }

  uint64(): number {
    return Number(this.#view.getBigUint64(this.#number(8), true));
  }

  /** Big-endian, alone among the numbers of a pickle. */
  float64(): number {
    return this.#view.getFloat64(this.#number(8), false);
  }

  /** Two's complement of any length. */
  long(length: number): number | bigint {
    if (length > maxLong) throw this.damaged(`a number of ${length} bytes`);
    const digits = this.take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(digits[i]!);
    value = BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  string(length: number): string {
    const encoded = this.take(length);
    try {
      return text.decode(encoded);
    } catch {
      throw this.damaged('a string is not UTF-8');
    }
  }

  /** A name up to the end of its line. */
  line(): string {
    const end = this.#bytes.indexOf(0x0a, this.position);
    const length = (end === -1 ? this.#bytes.length : end) - this.position;
    if (length > maxName) throw this.damaged('a name without end');
    if (end === -1) throw endOfBytes;
    const name = this.string(length);
    this.position++;
    return name;
  }

  // The stack.

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  pushContainer(value: PickleValue): void {
    if (++this.#containers > maxContainers)
      throw this.#faults.refused(`a pickle of more than ${maxContainers} objects`);
    this.#stack.push(value);
  }

  /** The value that is left when a pickle stops. */
  lastValue(): PickleValue {
    const value = this.pop();
    if (this.#stack.length > 0) throw this.damaged('values are left over');
    return value;
  }

  pop(): PickleValue {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) throw this.damaged('a value is missing');
    return this.#stack.pop()!;
  }

  top(): PickleValue {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0)) throw this.damaged('a value is missing');
    return this.#stack.at(-1)!;
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  popToMark(): PickleValue[] {
    const height = this.#marks.pop();
    if (height === undefined) throw this.damaged('a mark is missing');
    return this.#stack.splice(height);
  }

  /** POP takes a mark away when it lies on top. */
  drop(): void {
    if (this.#stack.length === this.#marks.at(-1)) this.#marks.pop();
    else this.pop();
  }

  pushTuple(length: number): void {
    const items: PickleValue[] = [];
    for (let i = 0; i < length; i++) items.unshift(this.pop());
    this.pushContainer(new PickleTuple(items));
  }

  // The memo.

  remember(index = this.#memo.size): void {
    this.#memo.set(index, this.top());
  }

  recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw this.damaged(`nothing was remembered as ${index}`);
    this.push(value);
  }

  // Building.

  append(values: readonly PickleValue[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw this.damaged(`${kindOf(list)} is no list to append to`);
    for (const value of values) list.push(value);
  }

  setItems(keysAndValues: readonly PickleValue[]): void {
    const dictionary = this.top();
    // The items of an object that is not kept are not either.
    if (dictionary instanceof Inert) return;
    if (!(dictionary instanceof Map)) throw this.damaged(`${kindOf(dictionary)} is no dictionary to set items of`);
    if (keysAndValues.length % 2 === 1) throw this.damaged('a dictionary has a key without a value');
    for (let i = 0; i < keysAndValues.length; i += 2) dictionary.set(keysAndValues[i]!, keysAndValues[i + 1]!);
  }

  addToSet(): void {
    const set = this.top();
    if (!(set instanceof Inert)) throw this.damaged(`${kindOf(set)} is no set to add to`);
  }

  pushGlobal(module: string, name: string): void {
    const path = `${module}.${name}`;
    const global = this.#scope.globals.get(path);
    if (!global) throw this.#faults.refused(`${quoted(path)} is not allowed in a checkpoint; nothing was run`);
    this.push(global);
  }

  pushStackGlobal(): void {
    const name = this.pop();
    const module = this.pop();
    if (typeof name !== 'string' || typeof module !== 'string') throw this.damaged('a global is not named by strings');
    this.pushGlobal(module, name);
  }

  /** REDUCE and NEWOBJ: what the global makes of the arguments. */
  call(): void {
    const args = this.pop();
    const callee = this.pop();
    if (!(callee instanceof Global) || !callee.call) {
      throw this.#faults.refused(`${kindOf(callee)} can't be called in a checkpoint; nothing was run`);
    }
    const made = args instanceof PickleTuple ? callee.call(args.items) : null;
    if (made === null) throw this.damaged(`${callee.name} does not take ${kindOf(args)} of this kind`);
    this.pushContainer(made);
  }

  /** BUILD: attributes of dictionaries (`_metadata` of a state_dict) and of objects that are not kept. */
  build(): void {
    this.pop();
    const object = this.top();
    if (!(object instanceof Map || object instanceof Inert))
      throw this.damaged(`${kindOf(object)} has no state to set`);
  }

  pushPersistent(): void {
    const id = this.pop();
    this.pushContainer(this.#scope.persistent(id));
  }
}
