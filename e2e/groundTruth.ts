import sharp from 'sharp';

/** One object of a label image: a point well inside it and its tight box (x1, y1 exclusive), in image space. */
export interface LabelledObject {
  label: number;
  areaPx: number;
  inside: { x: number; y: number };
  box: { x0: number; y0: number; x1: number; y1: number };
}

/** Reads a 16-bit label image (0 = background). */
export async function readLabels(path: string): Promise<{ width: number; height: number; data: Uint16Array }> {
  const { data, info } = await sharp(path)
    .toColourspace('grey16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  return {
    width: info.width,
    height: info.height,
    data: new Uint16Array(data.buffer, data.byteOffset, data.length / 2),
  };
}

/** Objects of a label image, largest first. The point is the middle of the longest run in the object's middle row. */
export async function labelledObjects(path: string): Promise<LabelledObject[]> {
  const { width, data } = await readLabels(path);
  const found = new Map<number, { area: number; x0: number; y0: number; x1: number; y1: number }>();
  data.forEach((label, index) => {
    if (label === 0) return;
    const x = index % width;
    const y = Math.floor(index / width);
    const entry = found.get(label) ?? { area: 0, x0: x, y0: y, x1: x + 1, y1: y + 1 };
    entry.area++;
    entry.x0 = Math.min(entry.x0, x);
    entry.x1 = Math.max(entry.x1, x + 1);
    entry.y1 = y + 1;
    found.set(label, entry);
  });
  return [...found]
    .sort((a, b) => b[1].area - a[1].area)
    .map(([label, { area, ...box }]) => ({
      label,
      areaPx: area,
      box,
      inside: middleOfLongestRun(data, width, label, Math.floor((box.y0 + box.y1) / 2), box),
    }));
}

function middleOfLongestRun(
  data: Uint16Array,
  width: number,
  label: number,
  y: number,
  box: { x0: number; x1: number },
): { x: number; y: number } {
  let best = { start: box.x0, length: 0 };
  let start = box.x0;
  for (let x = box.x0; x <= box.x1; x++) {
    if (x < box.x1 && data[y * width + x] === label) continue;
    if (x - start > best.length) best = { start, length: x - start };
    start = x + 1;
  }
  return { x: best.start + best.length / 2, y: y + 0.5 };
}
