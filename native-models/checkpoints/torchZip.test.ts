import { describe, expect, it } from 'vitest';
import {
  type WrittenEntry,
  bytesOf,
  dictionaryOf,
  floatStorage,
  readAll,
  refusalOf,
  tensorOf,
  torchEntries,
  u16,
  zipOf,
} from './testing.ts';

describe('a zip archive', () => {
  const storage = floatStorage('0', [1, 2, 3]);
  const entries = torchEntries(dictionaryOf({ t: tensorOf({ storage, shape: [3] }) }), [storage]);
  const [pickle, data] = entries as [WrittenEntry, WrittenEntry];

  it('may have any prefix, zip64 fields, packed entries and a comment', async () => {
    const expected = { t: { dtype: 'float32', shape: [3], values: [1, 2, 3] } };
    const renamed = (prefix: string) =>
      entries.map((entry) => ({ ...entry, name: entry.name.replace('archive/', prefix) }));
    const plain = zipOf(entries);
    const commented = bytesOf(plain.subarray(0, -2), u16(5), 'hello');
    for (const bytes of [
      ...[zipOf(renamed('')), zipOf(renamed('sam ö/')), zipOf(entries, { zip64: true }), commented],
      zipOf(entries.map((entry) => ({ ...entry, packed: true }))),
    ]) {
      expect(await readAll(bytes)).toEqual(expected);
    }
  });

  it.each([
    ['names an entry twice', [...entries, data], 'twice'],
    ['leads out of a folder', [...entries, { name: '../../etc/passwd', bytes: bytesOf() }], '../../etc/passwd'],
    ['has an absolute path', [...entries, { name: '/etc/passwd', bytes: bytesOf() }], '/etc/passwd'],
    ['has a path of Windows', [...entries, { name: 'archive\\data\\0', bytes: bytesOf() }], 'archive'],
    ['has two pickles', [...entries, { name: 'other/data.pkl', bytes: pickle.bytes }], '2 data.pkl'],
    ['has none', [data], 'no data.pkl'],
    ['lacks a storage', [pickle], "storage '0' is missing"],
    ['has a short storage', [pickle, { ...data, bytes: data.bytes.subarray(4) }], '8 of 12 bytes'],
    [
      'unpacks to more than it says',
      [pickle, { ...data, packed: true, bytes: new Uint8Array(9e6), size: 12 }],
      'unpack',
    ],
    ['unpacks to less than it says', [pickle, { ...data, packed: true, size: 13 }], 'unpacks to 12, not 13'],
    ['would unpack a storage to gigabytes', [pickle, { ...data, packed: true, size: 2 ** 31 }], 'packed'],
    ['would unpack a pickle to gigabytes', [{ ...pickle, packed: true, size: 2 ** 31 }, data], 'more than'],
    ['is packed in another way', [pickle, { ...data, method: 93 }], 'method 93'],
    ['is encrypted', [pickle, { ...data, flags: 1 }], 'encrypted'],
    [
      'has an unknown byte order',
      [...entries, { name: 'archive/byteorder', bytes: bytesOf('middle') }],
      'neither little',
    ],
  ] satisfies [string, WrittenEntry[], string][])('that %s is refused', async (_, wrong, words) => {
    expect((await refusalOf(zipOf(wrong))).message).toContain(words);
  });

  it('cut short is said to be so', async () => {
    const whole = zipOf(entries);
    expect((await refusalOf(whole.subarray(0, -30))).message).toContain('cut short');
    // The end record moved over what is left of the file.
    const moved = bytesOf(whole.subarray(0, 200), whole.subarray(-22));
    expect((await refusalOf(moved)).message).toContain('damaged');
  });
});
