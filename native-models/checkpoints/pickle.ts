import type { Faults } from './faults.ts';
import { endOfBytes, PickleMachine, type PickleScope } from './pickleMachine.ts';
import { Inert, PickleTuple, type PickleValue } from './pickleValues.ts';

/**
 * Operations of one pickle. A checkpoint of SAM's largest network with its optimiser takes a tenth of them; all
 * of them take less than a second.
 */
const maxOperations = 2_000_000;

/**
 * Reads one pickle (protocols 2 to 5) from `start` on: a stack machine over values of its own that knows the
 * operations that `torch.save` needs and no others. Nothing is imported and nothing of the file's is run; a name that
 * the scope lacks ends the reading. What the pickle refers to several times is the same value several times (also
 * itself: lists and dictionaries may form circles), so that its size in memory is bounded by its length.
 * @returns the value and the position behind it; null where the bytes end before the pickle does.
 * @throws ModelError checkpoint-invalid
 */
export function readPickle(
  bytes: Uint8Array,
  start: number,
  scope: PickleScope,
  faults: Faults,
): { value: PickleValue; end: number } | null {
  const machine = new PickleMachine(bytes, start, scope, faults);
  try {
    return { value: run(machine, faults), end: machine.position };
  } catch (error) {
    if (error === endOfBytes) return null;
    throw error;
  }
}

function run(machine: PickleMachine, faults: Faults): PickleValue {
  for (let count = 0; count < maxOperations; count++) {
    const at = machine.position;
    const code = machine.byte();
    if (code === stop) return machine.lastValue();
    const operation = operations[code];
    if (!operation) {
      const hexadecimal = code.toString(16).padStart(2, '0');
      throw faults.refused(
        `the pickle operation 0x${hexadecimal} at byte ${at} is none that a checkpoint needs; nothing was run`,
      );
    }
    operation(machine);
  }
  throw faults.refused(`a pickle of more than ${maxOperations} operations`);
}

type Operation = (machine: PickleMachine) => void;

const stop = 0x2e;

const highestProtocol = 5;

/**
 * By opcode. Left out on purpose: the text forms of protocol 0, INST and OBJ, the extension registry, out-of-band
 * buffers, DUP and LONG4, none of which `torch.save` writes.
 */
const operations: readonly (Operation | undefined)[] = table({
  // PROTO, FRAME
  0x80: (machine) => {
    const protocol = machine.byte();
    if (protocol < 2 || protocol > highestProtocol) throw machine.damaged(`protocol ${protocol}`);
  },
  0x95: (machine) => void machine.take(8),

  // NONE, NEWTRUE, NEWFALSE
  0x4e: (machine) => machine.push(null),
  0x88: (machine) => machine.push(true),
  0x89: (machine) => machine.push(false),

  // BININT, BININT1, BININT2, LONG1, BINFLOAT
  0x4a: (machine) => machine.push(machine.int32()),
  0x4b: (machine) => machine.push(machine.byte()),
  0x4d: (machine) => machine.push(machine.uint16()),
  0x8a: (machine) => machine.push(machine.long(machine.byte())),
  0x47: (machine) => machine.push(machine.float64()),

  // BINUNICODE, SHORT_BINUNICODE, BINUNICODE8; BINSTRING and SHORT_BINSTRING of Python 2
  0x58: (machine) => machine.push(machine.string(machine.uint32())),
  0x8c: (machine) => machine.push(machine.string(machine.byte())),
  0x8d: (machine) => machine.push(machine.string(machine.uint64())),
  0x54: (machine) => machine.push(machine.string(machine.uint32())),
  0x55: (machine) => machine.push(machine.string(machine.byte())),

  // BINBYTES, SHORT_BINBYTES, BINBYTES8, BYTEARRAY8
  0x42: (machine) => machine.pushContainer(machine.take(machine.uint32())),
  0x43: (machine) => machine.pushContainer(machine.take(machine.byte())),
  0x8e: (machine) => machine.pushContainer(machine.take(machine.uint64())),
  0x96: (machine) => machine.pushContainer(machine.take(machine.uint64())),

  // EMPTY_TUPLE, TUPLE1, TUPLE2, TUPLE3, TUPLE
  0x29: (machine) => machine.pushTuple(0),
  0x85: (machine) => machine.pushTuple(1),
  0x86: (machine) => machine.pushTuple(2),
  0x87: (machine) => machine.pushTuple(3),
  0x74: (machine) => machine.pushContainer(new PickleTuple(machine.popToMark())),

  // EMPTY_LIST, APPEND, APPENDS
  0x5d: (machine) => machine.pushContainer([]),
  0x61: (machine) => machine.append([machine.pop()]),
  0x65: (machine) => machine.append(machine.popToMark()),

  // EMPTY_DICT, SETITEM, SETITEMS
  0x7d: (machine) => machine.pushContainer(new Map()),
  0x73: (machine) => {
    const value = machine.pop();
    machine.setItems([machine.pop(), value]);
  },
  0x75: (machine) => machine.setItems(machine.popToMark()),

  // EMPTY_SET, ADDITEMS, FROZENSET
  0x8f: (machine) => machine.pushContainer(new Inert('set')),
  0x90: (machine) => {
    machine.popToMark();
    machine.addToSet();
  },
  0x91: (machine) => {
    machine.popToMark();
    machine.pushContainer(new Inert('frozenset'));
  },

  // MARK, POP, POP_MARK
  0x28: (machine) => machine.mark(),
  0x30: (machine) => machine.drop(),
  0x31: (machine) => void machine.popToMark(),

  // BINPUT, LONG_BINPUT, MEMOIZE, BINGET, LONG_BINGET
  0x71: (machine) => machine.remember(machine.byte()),
  0x72: (machine) => machine.remember(machine.uint32()),
  0x94: (machine) => machine.remember(),
  0x68: (machine) => machine.recall(machine.byte()),
  0x6a: (machine) => machine.recall(machine.uint32()),

  // GLOBAL, STACK_GLOBAL, REDUCE, NEWOBJ, BUILD, BINPERSID
  0x63: (machine) => {
    const module = machine.line();
    machine.pushGlobal(module, machine.line());
  },
  0x93: (machine) => machine.pushStackGlobal(),
  0x52: (machine) => machine.call(),
  0x81: (machine) => machine.call(),
  0x62: (machine) => machine.build(),
  0x51: (machine) => machine.pushPersistent(),
});

function table(byCode: Readonly<Record<number, Operation>>): (Operation | undefined)[] {
  return Array.from({ length: 256 }, (_, code) => byCode[code]);
}
