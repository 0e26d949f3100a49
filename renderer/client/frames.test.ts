import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame } from '../../electron/service/api/frames.ts';
import type { Mask } from '../../native-models/masks/mask.ts';
import { decodeMasksFrame, decodePredictFrame } from './frames.ts';

const mask: fc.Arbitrary<Mask> = fc
  .record({ x: fc.nat(5000), y: fc.nat(5000), width: fc.integer({ min: 0, max: 37 }), height: fc.nat(19) })
  .chain((box) =>
    fc
      .array(fc.integer({ min: 0, max: 1 }), {
        minLength: box.width * box.height,
        maxLength: box.width * box.height,
      })
      .map((data) => ({ ...box, data: Uint8Array.from(data) })),
  );

describe('decodeMasksFrame', () => {
  it('gives back every mask that the service encoded', () => {
    fc.assert(
      fc.property(fc.array(mask, { maxLength: 6 }), (masks) => {
        const objects = masks.map((m, index) => ({
          id: index + 1,
          maskRevision: index,
          bbox: [m.x, m.y, m.width, m.height],
        }));
        const decoded = decodeMasksFrame(encodeFrame({ objects }, masks).buffer);
        expect(decoded.header).toEqual({ objects });
        expect(decoded.masks.map(({ data }) => [...data])).toEqual(masks.map((m) => [...m.data]));
      }),
    );
  });

  it('refuses a frame that is cut short', () => {
    const one = { x: 0, y: 0, width: 9, height: 2, data: new Uint8Array(18).fill(1) };
    const frame = encodeFrame({ objects: [{ id: 1, maskRevision: 1, bbox: [0, 0, 9, 2] }] }, [one]);
    for (const length of [0, 3, 20, frame.length - 1]) {
      expect(() => decodeMasksFrame(frame.buffer.slice(0, length))).toThrow(RangeError);
    }
  });
});

describe('decodePredictFrame', () => {
  it('keeps header text beyond ASCII and pairs candidates with their masks', () => {
    const candidate = { id: 'c1', predictedIou: 0.9, stability: 0.8, area: 3, bbox: [4, 5, 3, 1] };
    const header = {
      candidates: [candidate],
      model: 'Gefüge 试样',
      device: 'CPU',
      ms: { wait: 0, decode: 1, total: 2 },
    };
    const frame = encodeFrame(header, [{ x: 4, y: 5, width: 3, height: 1, data: Uint8Array.of(1, 1, 1) }]);
    const decoded = decodePredictFrame(frame.buffer);
    expect(decoded.header).toEqual(header);
    expect(decoded.masks).toEqual([{ bbox: [4, 5, 3, 1], data: Uint8Array.of(1, 1, 1) }]);
  });
});
