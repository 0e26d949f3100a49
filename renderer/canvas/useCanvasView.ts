import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from 'react';
import { centred, fitView, type Size, toImage, type View } from './view.ts';

interface Framed {
  size: Size;
  view: View;
}

/**
 * Size of the canvas and view of the plane. At first the plane fits; it goes on fitting when the window changes until
 * the view is changed, then its middle stays in the middle.
 */
export function useCanvasView(frame: RefObject<HTMLElement | null>, plane: Size) {
  const [framed, setFramed] = useState<Framed | null>(null);
  const fits = useRef(true);
  const { width, height } = plane;

  useLayoutEffect(() => {
    const element = frame.current!;
    const measure = () => {
      const size = { width: element.clientWidth, height: element.clientHeight };
      if (size.width === 0 || size.height === 0) return;
      setFramed((before) => {
        if (before && before.size.width === size.width && before.size.height === size.height) return before;
        if (!before || fits.current) return { size, view: fitView(size, { width, height }) };
        const middle = toImage(before.view, { x: before.size.width / 2, y: before.size.height / 2 });
        return { size, view: centred(size, { width, height }, before.view.scale, middle) };
      });
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [frame, width, height]);

  const change = useCallback((next: (view: View, size: Size) => View, fit = false) => {
    fits.current = fit;
    setFramed((before) => before && { size: before.size, view: next(before.view, before.size) });
  }, []);
  return { framed, change };
}
