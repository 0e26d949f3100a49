import protobuf from 'protobufjs/light.js';

/**
 * Fields in one file, of which the largest models have a few hundred thousand. Each becomes an object in memory, some
 * hundred times as large as the two bytes that an empty one takes in the file.
 */
const mostFields = 2 ** 21;
/** Numbers in lists, of 8 bytes each in memory. Weights are rarely kept as such lists: their raw bytes cost nothing. */
const mostNumbers = 2 ** 26;

/** Lists that are one field of many numbers: fewest bytes in the file and room in memory, in numbers, of each. */
const lists = {
  floats: { bytes: 4, room: 1 },
  doubles: { bytes: 8, room: 1 },
  int32s: { bytes: 1, room: 1 },
  int64s: { bytes: 1, room: 5 },
  uint64s: { bytes: 1, room: 5 },
} as const;

/** A protobuf reader that throws a RangeError when there is more than memory should be spent on. */
export function boundedReader(bytes: Uint8Array): protobuf.Reader {
  const reader = protobuf.Reader.create(bytes);
  const methods = reader as unknown as Record<string, (...given: unknown[]) => unknown>;
  const precede = (name: string, check: () => void) => {
    const method = methods[name]!.bind(reader);
    methods[name] = (...given) => {
      check();
      return method(...given);
    };
  };
  let fields = 0;
  precede('tag', () => {
    if (++fields > mostFields) throw new RangeError(`more than ${mostFields} fields`);
  });
  let numbers = 0;
  for (const [name, { bytes, room }] of Object.entries(lists)) {
    precede(name, () => {
      const at = reader.pos;
      numbers += (reader.uint32() / bytes) * room;
      reader.pos = at;
      if (numbers > mostNumbers) throw new RangeError(`more than ${mostNumbers} numbers in lists`);
    });
  }
  return reader;
}
