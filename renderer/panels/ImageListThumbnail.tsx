import { Media } from '@blueprintjs/icons';
import { useEffect, useRef, useState } from 'react';
import { Turns } from '../state/imageListTurns.ts';
import { strings } from '../strings.ts';

/** A row that is scrolled past sooner asks for nothing. */
const restMs = 80;

/** The service makes one at a time, and a browser has six connections, which the micrograph on screen needs more. */
const turns = new Turns(2);

/** The thumbnail of a row of the list; mounted only while the row is in sight or nearly so. */
export function ImageListThumbnail({ source }: { source: string }) {
  const frame = useRef<HTMLSpanElement>(null);
  const [progress, setProgress] = useState<'waiting' | 'loaded' | 'failed'>('waiting');

  useEffect(() => {
    let leave = () => {};
    const load = async () => setProgress((await canLoad(source)) ? 'loaded' : 'failed');
    const rest = setTimeout(() => {
      leave = turns.take(load, () => fromMiddle(frame.current));
    }, restMs);
    return () => {
      clearTimeout(rest);
      leave();
    };
  }, [source]);

  return (
    <span className="thumbnail" ref={frame}>
      {progress === 'loaded' && <img src={source} alt="" draggable={false} />}
      {progress === 'failed' && (
        <Media size={20} className="no-thumbnail" title={strings.imageList.noThumbnail} data-testid="no-thumbnail" />
      )}
    </span>
  );
}

/** Loads it to the end even if the row goes: the service makes it in any case, and only then is free for the next. */
function canLoad(source: string): Promise<boolean> {
  return new Promise((tell) => {
    const image = new Image();
    image.fetchPriority = 'low';
    image.onload = () => tell(true);
    image.onerror = () => tell(false);
    image.src = source;
  });
}

/** Distance from the middle of the list, in CSS pixels: what is looked at comes before what may be scrolled to. */
function fromMiddle(frame: HTMLElement | null): number {
  const list = frame?.closest('.windowed-list')?.getBoundingClientRect();
  const row = frame?.getBoundingClientRect();
  return list && row ? Math.abs(row.top + row.height / 2 - (list.top + list.height / 2)) : Infinity;
}
