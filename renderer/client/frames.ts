import type { Bbox, MasksHeader, PredictHeader } from '../../electron/service/api/contract.ts';
import type { MaskWindow } from '../canvas/contract.ts';

/** Candidates of a prompt, best first; `masks[k]` belongs to `header.candidates[k]`. */
export interface PredictFrame {
  header: PredictHeader;
  masks: MaskWindow[];
}

export interface MasksFrame {
  header: MasksHeader;
  masks: MaskWindow[];
}

/** @throws RangeError when the frame is cut short. */
export function decodePredictFrame(frame: ArrayBuffer): PredictFrame {
  const { header, body } = splitFrame<PredictHeader>(frame);
  return {
    header,
    masks: unpackWindows(
      header.candidates.map((candidate) => candidate.bbox),
      body,
    ),
  };
}

/** @throws RangeError when the frame is cut short. */
export function decodeMasksFrame(frame: ArrayBuffer): MasksFrame {
  const { header, body } = splitFrame<MasksHeader>(frame);
  return {
    header,
    masks: unpackWindows(
      header.objects.map((object) => object.bbox),
      body,
    ),
  };
}

/** Layout: electron/service/api/frames.ts. */
function splitFrame<Header>(frame: ArrayBuffer): { header: Header; body: Uint8Array } {
  if (frame.byteLength < 4) throw new RangeError(`Frame of ${frame.byteLength} bytes has no header`);
  const length = new DataView(frame).getUint32(0, true);
  if (4 + length > frame.byteLength) throw new RangeError(`Frame ends inside its header of ${length} bytes`);
  const json = new TextDecoder().decode(new Uint8Array(frame, 4, length));
  return { header: JSON.parse(json) as Header, body: new Uint8Array(frame, 4 + length) };
}

function unpackWindows(boxes: readonly Bbox[], body: Uint8Array): MaskWindow[] {
  let at = 0;
  return boxes.map((bbox) => {
    const pixels = bbox[2] * bbox[3];
    const size = (pixels + 7) >> 3;
    if (at + size > body.length) throw new RangeError(`Frame ends inside a mask window of ${bbox[2]} × ${bbox[3]}`);
    const data = unpackBits(body.subarray(at, at + size), pixels);
    at += size;
    return { bbox, data };
  });
}

/** One byte (0 or 1) a pixel from eight pixels a byte, first pixel in bit 7. */
function unpackBits(packed: Uint8Array, pixels: number): Uint8Array {
  const data = new Uint8Array(pixels);
  for (let byte = 0, at = 0; byte < packed.length; byte++, at += 8) {
    const bits = packed[byte]!;
    if (bits === 0) continue;
    const end = Math.min(8, pixels - at);
    for (let bit = 0; bit < end; bit++) data[at + bit] = (bits >> (7 - bit)) & 1;
  }
  return data;
}
