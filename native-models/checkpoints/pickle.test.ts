import { describe, expect, it } from 'vitest';
import { ModelError } from '../packages/modelError.ts';
import { faultsOf } from './faults.ts';
import { readPickle } from './pickle.ts';
import { Inert, type PickleTuple, type PickleValue } from './pickleValues.ts';
import {
  Opcodes,
  type Written,
  bytesOf,
  callOf,
  dictionaryOf,
  floatStorage,
  globalOf,
  legacyOf,
  pickleOf,
  refusalOf,
  refusalOfZip,
  stateDictOf,
  tensorOf,
  tupleOf,
  u16,
  u32,
  u64,
} from './testing.ts';
import { torchGlobals } from './torchGlobals.ts';

describe('pickles that want something run', () => {
  const calls: [string, Written][] = [
    ['os.system', callOf(globalOf('os', 'system'), 'true')],
    ['posix.system', callOf(globalOf('posix', 'system'), 'true')],
    ['builtins.eval', callOf(globalOf('builtins', 'eval'), '1')],
    ['__builtin__.getattr', callOf(globalOf('__builtin__', 'getattr'), 'a', 'b')],
    ['torch.storage._load_from_bytes', callOf(globalOf('torch.storage', '_load_from_bytes'), 'a')],
    ['os.system', new Opcodes(0x8c, 2, 'os', 0x8c, 6, 'system', 0x93)],
    [
      'nt.system',
      dictionaryOf({ a: [tupleOf(callOf(globalOf('collections', 'OrderedDict')), globalOf('nt', 'system'))] }),
    ],
  ];
  it.each(calls)('as %s are refused by name', async (name, root) => {
    expect((await refusalOfZip(root)).message).toContain(`'${name}' is not allowed in a checkpoint; nothing was run`);
    expect((await refusalOf(legacyOf(root, []))).message).toContain(name);
  });
});

describe('dictionaries', () => {
  it('that hold themselves are refused', async () => {
    // {} remembered as 0, then set as an item of itself.
    const root = new Opcodes('}q\0X', u32(1), 'a', 'h\0s');
    expect((await refusalOfZip(root)).message).toContain('nested');
  });

  it('that double with every level are refused', async () => {
    const level = (n: number) =>
      bytesOf('q', n, '0}(', ...['a', 'b', 'c'].flatMap((key) => ['X', u32(1), key, 'h', n]), 'u');
    const root = new Opcodes('}', ...Array.from({ length: 28 }, (_, n) => level(n)));
    expect((await refusalOfZip(root)).message).toContain('entries');
  });

  it('nested without end are refused', async () => {
    const depth = 20_000;
    const root = new Opcodes('}X\x01\0\0\0a'.repeat(depth), '}', 's'.repeat(depth));
    expect((await refusalOfZip(root)).message).toContain('nested');
  });

  it('with a name without end are refused', async () => {
    const storage = floatStorage('0', [1]);
    const root = dictionaryOf({ ['x'.repeat(5000)]: tensorOf({ storage, shape: [1] }) });
    const { message } = await refusalOfZip(root, [storage]);
    expect(message.length).toBeLessThan(600);
  });
});

describe('a pickle', () => {
  const inert = { globals: torchGlobals, persistent: () => new Inert('a storage') };
  const faults = faultsOf('a checkpoint.pt');
  const read = (...parts: (number | Uint8Array | string)[]) => readPickle(bytesOf(...parts), 0, inert, faults);

  it('of protocol 5 is read as one of protocol 2', () => {
    // PROTO 5, FRAME, {'a': (1, 2.5, b'ab', -70000, None, True), 'b': [{…} itself, 300]}, with what pickle.dumps memoizes
    const tuple = bytesOf(
      '(',
      'K',
      1,
      'G',
      new Uint8Array([0x40, 4, 0, 0, 0, 0, 0, 0]),
      'C',
      2,
      'ab',
      'J',
      u32(-70000 >>> 0),
      'N',
      0x88,
      't',
    );
    const found = read(
      0x80,
      5,
      0x95,
      u64(60),
      '}',
      0x94,
      '(',
      0x8c,
      1,
      'a',
      0x94,
      tuple,
      0x94,
      0x8c,
      1,
      'b',
      0x94,
      ']',
      0x94,
      '(h',
      0,
      'M',
      u16(300),
      'eu.',
    );
    const root = found!.value as Map<PickleValue, PickleValue>;
    expect((root.get('a') as PickleTuple).items).toEqual([1, 2.5, bytesOf('ab'), -70000, null, true]);
    expect(root.get('b')).toEqual([root, 300]);
  });

  it('has whole numbers of any sign, exact beyond 2^53', () => {
    const long = (...digits: number[]) => read(0x80, 2, 0x8a, digits.length, ...digits, '.')!.value;
    expect(long()).toBe(0);
    expect(long(0xff)).toBe(-1);
    expect(long(0, 0x80, 0xff)).toBe(-32768);
    expect(long(0, 0, 0, 0, 0, 0, 0, 0, 1)).toBe(2n ** 64n);
    expect(() => long(...Array.from({ length: 200 }, () => 1))).toThrow(ModelError);
  });

  it('cut short is null, whatever its bytes: the caller may have more', () => {
    const whole = pickleOf(stateDictOf({ a: tupleOf(1, 'x', 0.5), b: callOf(globalOf('torch', 'device'), 'cpu') }));
    expect(readPickle(whole, 0, inert, faults)).toMatchObject({ end: whole.length });
    for (let length = 0; length < whole.length; length++) {
      expect(readPickle(whole.subarray(0, length), 0, inert, faults), `${length} bytes`).toBeNull();
    }
  });

  it.each<[string, (number | Uint8Array | string)[]]>([
    ['takes from an empty stack', [0x80, 2, '0.']],
    ['takes what lies below a mark', [0x80, 2, ']N(a.']],
    ['ends with an empty stack', [0x80, 2, '.']],
    ['leaves values over', [0x80, 2, 'NN.']],
    ['has a mark too few', [0x80, 2, 'Nt.']],
    ['recalls what it never remembered', [0x80, 2, 'h', 7, '.']],
    ['appends to a dictionary', [0x80, 2, '}Na.']],
    ['sets items of a list', [0x80, 2, ']NNs.']],
    ['has a key without a value', [0x80, 2, '}(Nu.']],
    ['sets the state of a number', [0x80, 2, 'K', 1, 'Nb.']],
    ['calls a string', [0x80, 2, 'U', 1, 'a', ')R.']],
    ['calls a class that is only named', [0x80, 2, 'c__builtin__\ndict\n)R.']],
    ['calls without a tuple', [0x80, 2, 'ctorch\ndevice\n]R.']],
    ['rebuilds a tensor of nothing', [0x80, 2, 'ctorch._utils\n_rebuild_tensor_v2\n)R.']],
    ['has a string that is not UTF-8', [0x80, 2, 'U', 1, 0xff, '.']],
    ['is of protocol 0', ['I1\n.']],
    ['is of protocol 6', [0x80, 6, 'N.']],
    ['makes an instance (INST)', [0x80, 2, '(ios\nsystem\n.']],
    ['asks for the extension registry', [0x80, 2, 0x82, 1, '.']],
    ['asks for out-of-band buffers', [0x80, 5, 0x97, '.']],
  ])('that %s is refused', (_, parts) => {
    expect(() => read(...parts)).toThrow(ModelError);
  });

  it('is given up when it goes on and on', () => {
    const unit = (...parts: (number | string)[]) => bytesOf(...parts);
    for (const operations of [
      unit('N'),
      unit(']'),
      unit('}NNs'),
      unit('('),
      unit(0x8c, 4, 'öö'),
      unit('ctorch\nfloat32\n'),
    ]) {
      const bytes = new Uint8Array(operations.length * 2_500_000);
      for (let at = 0; at < bytes.length; at += operations.length) bytes.set(operations, at);
      const started = performance.now();
      expect(() => readPickle(bytes, 0, inert, faults)).toThrow(/more than \d+ (operations|objects)/);
      expect(performance.now() - started).toBeLessThan(2500);
    }
  });
});
