import { describe, expect, it } from 'vitest';
import type { Mask } from '../masks/mask.ts';
import { encodeRle } from '../masks/rle.ts';
import { borderEdge } from './borderEdge.ts';
import { filterMasks, noFilters } from './filterMasks.ts';
import { greyPlaneOf } from './greyPlane.ts';
import type { MaskRecord } from './record.ts';

const [widthPx, heightPx] = [200, 160];
const disc = { x: 80, y: 80, radius: 40 };
const inDisc = (x: number, y: number) => Math.hypot(x + 0.5 - disc.x, y + 0.5 - disc.y) < disc.radius;

/** A bright disc on dark ground, both noisy. */
function picture(contrast: number) {
  let seed = 1;
  const noise = () => ((seed = (seed * 16_807) % 2_147_483_647) % 41) - 20;
  const data = Uint8Array.from({ length: widthPx * heightPx }, (_, at) => {
    const bright = inDisc(at % widthPx, Math.floor(at / widthPx));
    return 80 + (bright ? contrast : 0) + noise();
  });
  return greyPlaneOf({ widthPx, heightPx, samples: 1, data }, [0, 255], 512);
}

/** The pixels of the plane that pass. */
function maskOf(isIn: (x: number, y: number) => boolean): Mask {
  const data = Uint8Array.from({ length: widthPx * heightPx }, (_, at) =>
    Number(isIn(at % widthPx, Math.floor(at / widthPx))),
  );
  return { x: 0, y: 0, width: widthPx, height: heightPx, data };
}

const object = maskOf(inDisc);
/** Ground beside the disc: a third of its border is the disc's. */
const patch = maskOf((x, y) => x >= 90 && x < 150 && y >= 40 && y < 120 && !inDisc(x, y));

describe('the border of a mask', () => {
  it('is visible where it is an object’s, and has sides without an edge where it is a patch of the ground', () => {
    const visible = borderEdge(picture(90));
    expect(visible(object)).toBeGreaterThan(1);
    expect(visible(patch)).toBeLessThan(0.6 * visible(object)!);
    expect(visible(patch)).toBeLessThan(1);
  });

  it('does not count where it is the plane’s', () => {
    const visible = borderEdge(picture(90));
    expect(visible(maskOf(() => true))).toBeNull();
    // Half a disc at the rim: its straight side is no edge of the picture, and none of its border.
    const { data } = picture(90);
    const cut = greyPlaneOf(
      { widthPx, heightPx: 80, samples: 1, data: Float32Array.from(data.subarray(0, widthPx * 80)) },
      [0, 1],
      512,
    );
    const half: Mask = { ...object, height: 80, data: object.data.subarray(0, widthPx * 80) };
    expect(borderEdge(cut)(half)).toBeGreaterThan(1);
  });

  it('is nothing in a picture without any edge', () => {
    const data = new Uint8Array(widthPx * heightPx).fill(7);
    expect(borderEdge(greyPlaneOf({ widthPx, heightPx, samples: 1, data }, [0, 255], 512))(object)).toBe(0);
  });

  it('decides on masks where that is wanted, and is noted in their records', () => {
    const record = (mask: Mask): MaskRecord => ({
      segmentation: encodeRle(mask, heightPx, widthPx),
      area: mask.data.filter(Boolean).length,
      ...{ bbox: [0, 0, widthPx - 1, heightPx - 1], crop_box: [0, 0, widthPx, heightPx] },
      ...{ predicted_iou: 0.9, stability_score: 0.9, point_coords: [[80, 80]] },
    });
    const records = [record(object), record(patch)];
    const noisy = picture(90);
    expect(filterMasks(records, noisy, noFilters)).toEqual(records);
    const [first, ...others] = filterMasks(records, noisy, { ...noFilters, minBorderEdge: 1 });
    expect(others).toEqual([]);
    expect(first).toEqual({ ...records[0], border_edge: borderEdge(noisy)(object) });
  });
});
