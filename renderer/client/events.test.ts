import fc from 'fast-check';
import { expect, it } from 'vitest';
import { EventStreamParser } from './events.ts';

const stream = ': hello\n\ndata: {"a":1}\n\nid: 7\r\ndata: one\r\ndata:two\r\n\r\ndata: déjà\n\n';
const events = ['{"a":1}', 'one\ntwo', 'déjà'];

it('finds the same events wherever the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: stream.length })), (cuts) => {
      const places = [0, ...cuts.sort((a, b) => a - b), stream.length];
      const parser = new EventStreamParser();
      const found = places.slice(1).flatMap((end, index) => parser.push(stream.slice(places[index], end)));
      expect(found).toEqual(events);
    }),
  );
});

it('keeps an unfinished event for the next piece', () => {
  const parser = new EventStreamParser();
  expect(parser.push('data: half')).toEqual([]);
  expect(parser.push(' done\n')).toEqual([]);
  expect(parser.push('\n')).toEqual(['half done']);
});
