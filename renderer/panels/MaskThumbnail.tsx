import { memo, useEffect, useRef } from 'react';
import { rgbOf } from '../app/colors.ts';
import { maskOf } from '../state/masks.ts';

const sizePx = 26;

/** The mask's shape in its class's colour. */
export const MaskThumbnail = memo(function MaskThumbnail(mask: { id: number; revision: number; color: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const window = maskOf(mask.id, mask.revision);
    const context = canvas.current?.getContext('2d');
    if (!window || !context) return;
    const [, , width, height] = window.bbox;
    const size = Math.round(sizePx * devicePixelRatio);
    const pixels = new ImageData(size, size);
    const [r, g, b] = rgbOf(mask.color);
    const scale = Math.max(width, height) / size;
    const left = (size - width / scale) / 2;
    const top = (size - height / scale) / 2;
    for (let v = 0; v < size; v++) {
      const y = Math.floor((v - top + 0.5) * scale);
      if (y < 0 || y >= height) continue;
      for (let u = 0; u < size; u++) {
        const x = Math.floor((u - left + 0.5) * scale);
        if (x >= 0 && x < width && window.data[y * width + x]) pixels.data.set([r, g, b, 255], (v * size + u) * 4);
      }
    }
    context.canvas.width = size;
    context.canvas.height = size;
    context.putImageData(pixels, 0, 0);
  }, [mask.id, mask.revision, mask.color]);
  return <canvas ref={canvas} className="mask-thumbnail" aria-hidden="true" />;
});
