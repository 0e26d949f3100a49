import { useLayoutEffect, useRef, useState } from 'react';

interface WindowedListProps<T> {
  items: readonly T[];
  /** Height of every row, in CSS pixels. */
  rowHeight: number;
  keyOf(item: T): number;
  render(item: T, index: number): React.ReactNode;
  /** Item to keep in view; scrolled to when it changes. */
  revealed: number | null;
  /** Another value: other items, or another order, which is looked at from the top again. */
  listing?: unknown;
  label: string;
  multiselectable?: boolean;
  'data-testid'?: string;
}

/** Rows beyond the visible ones, so that quick scrolling shows no gaps. */
const spareRows = 6;

/** A list that holds only the rows in sight: its cost does not grow with the number of items. */
export function WindowedList<T>({
  items,
  rowHeight,
  keyOf,
  render,
  revealed,
  listing,
  label,
  ...more
}: WindowedListProps<T>) {
  const frame = useRef<HTMLDivElement>(null);
  const [{ top, height }, setSight] = useState({ top: 0, height: 600 });

  useLayoutEffect(() => {
    const element = frame.current!;
    const look = () => setSight({ top: element.scrollTop, height: element.clientHeight });
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener('scroll', look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', look);
    };
  }, []);

  const revealedAt = revealed === null ? -1 : items.findIndex((item) => keyOf(item) === revealed);
  const looked = useRef(listing);
  useLayoutEffect(() => {
    const element = frame.current!;
    if (looked.current !== listing) {
      looked.current = listing;
      element.scrollTop = 0;
    }
    const rowTop = revealedAt * rowHeight;
    if (revealedAt >= 0 && rowTop < element.scrollTop) element.scrollTop = rowTop;
    else if (revealedAt >= 0 && rowTop + rowHeight > element.scrollTop + element.clientHeight) {
      element.scrollTop = rowTop + rowHeight - element.clientHeight;
    }
    setSight({ top: element.scrollTop, height: element.clientHeight });
  }, [revealedAt, rowHeight, listing]);

  const first = Math.max(0, Math.floor(top / rowHeight) - spareRows);
  const end = Math.min(items.length, Math.ceil((top + height) / rowHeight) + spareRows);
  return (
    <div
      ref={frame}
      className="windowed-list"
      role="listbox"
      aria-label={label}
      aria-multiselectable={more.multiselectable}
      tabIndex={-1}
      data-testid={more['data-testid']}
    >
      <div style={{ height: items.length * rowHeight, position: 'relative' }}>
        {items.slice(first, end).map((item, index) => (
          <div
            key={keyOf(item)}
            className="windowed-row"
            style={{ top: (first + index) * rowHeight, height: rowHeight }}
          >
            {render(item, first + index)}
          </div>
        ))}
      </div>
    </div>
  );
}
