import { request } from './api.ts';
import { isAbort, type ServiceFailure, toFailure } from './failure.ts';

/** First wait after a lost connection; doubles up to the longest. */
const shortestWaitMs = 250;
const longestWaitMs = 5000;

export interface EventListener<Event> {
  /** The stream is open (again): what happened before is not told by it. */
  onOpen(): void;
  onEvent(event: Event): void;
  onLost(failure: ServiceFailure): void;
}

/** Follows the event stream at `path` until the returned function is called; reconnects by itself. */
export function followEvents<Event>(path: string, listener: EventListener<Event>): () => void {
  const ended = new AbortController();
  void follow(path, listener, ended.signal);
  return () => ended.abort();
}

async function follow<Event>(path: string, listener: EventListener<Event>, signal: AbortSignal): Promise<void> {
  let waitMs = shortestWaitMs;
  while (!signal.aborted) {
    try {
      const response = await request(path, { headers: { accept: 'text/event-stream' }, signal });
      if (!response.body) throw new TypeError('the event stream has no body');
      waitMs = shortestWaitMs;
      listener.onOpen();
      const parser = new EventStreamParser();
      const text = response.body.pipeThrough(new TextDecoderStream());
      for (const reader = text.getReader(); ;) {
        const { done, value } = await reader.read();
        if (done) break;
        // What was read before it was given up is nobody's news any more.
        if (signal.aborted) return;
        for (const data of parser.push(value)) listener.onEvent(JSON.parse(data) as Event);
      }
      throw new TypeError('the event stream ended');
    } catch (thrown) {
      if (signal.aborted || isAbort(thrown)) return;
      listener.onLost(toFailure(thrown));
    }
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    waitMs = Math.min(longestWaitMs, waitMs * 2);
  }
}

/** Cuts a text/event-stream into the data of its events; comments and other fields are left out. */
export class EventStreamParser {
  private rest = '';
  private data: string[] = [];

  /** Takes the next piece of the stream, cut anywhere; gives the events that it completes. */
  push(piece: string): string[] {
    const lines = (this.rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? '';
    const events: string[] = [];
    for (const line of lines) {
      if (line === '') {
        if (this.data.length > 0) events.push(this.data.join('\n'));
        this.data = [];
      } else if (line.startsWith('data:')) {
        this.data.push(line.slice(line[5] === ' ' ? 6 : 5));
      }
    }
    return events;
  }
}
