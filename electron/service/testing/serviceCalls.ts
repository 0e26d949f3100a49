import type { Bbox, ProjectEvent } from '../api/contract.ts';
import type { App } from '../app.ts';
import type { ErrorBody } from '../errors.ts';

/** For tests: requests as the page makes them, straight to the fetch handler. */
export interface ServiceCalls {
  /** The answer, whatever its status. */
  send(method: string, path: string, body?: unknown): Promise<Response>;
  /** JSON of an answer that must be a success. */
  json<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Bytes of an answer that must be a success. */
  bytes(method: string, path: string, body?: unknown): Promise<ArrayBuffer>;
  /** Status and error of an answer that must be a failure. */
  failure(method: string, path: string, body?: unknown): Promise<ErrorBody & { status: number }>;
}

const origin = 'http://127.0.0.1';

/** `body`: text and bytes go as they are, everything else as JSON. */
export function serviceCalls(app: App): ServiceCalls {
  const send = (method: string, path: string, body?: unknown) => {
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    const init: RequestInit = body === undefined ? {} : { body: raw ? (body as BodyInit) : JSON.stringify(body) };
    return app.fetch(new Request(`${origin}${path}`, { method, ...init }));
  };
  const success = async (method: string, path: string, body?: unknown) => {
    const response = await send(method, path, body);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  };
  return {
    send,
    json: async <T>(method: string, path: string, body?: unknown) =>
      (await (await success(method, path, body)).json()) as T,
    bytes: async (method, path, body) => (await success(method, path, body)).arrayBuffer(),
    async failure(method, path, body) {
      const response = await send(method, path, body);
      if (response.ok) throw new Error(`${method} ${path} should have failed: ${response.status}`);
      const { error } = (await response.json()) as { error: ErrorBody };
      return { status: response.status, ...error };
    },
  };
}

/** Header and windows of a frame (api/frames.ts), each window one byte a pixel. */
export function readFrame<Header>(
  frame: ArrayBuffer,
  boxesOf: (header: Header) => Bbox[],
): { header: Header; windows: Uint8Array[] } {
  const length = new DataView(frame).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(frame, 4, length))) as Header;
  let at = 4 + length;
  const windows = boxesOf(header).map(([, , width, height]) => {
    const packed = new Uint8Array(frame, at, Math.ceil((width * height) / 8));
    at += packed.length;
    return Uint8Array.from({ length: width * height }, (_, i) => (packed[i >> 3]! >> (7 - (i & 7))) & 1);
  });
  if (at !== frame.byteLength) throw new Error(`The frame has ${frame.byteLength} bytes, its header speaks of ${at}`);
  return { header, windows };
}

/** The events of an event stream, one after the other. Ends the stream when the loop over it is left. */
export async function* eventsOf<Event = ProjectEvent>(response: Response): AsyncGenerator<Event> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body!) {
    text += decoder.decode(chunk, { stream: true });
    const messages = text.split('\n\n');
    text = messages.pop()!;
    for (const message of messages) {
      if (message.startsWith('data: ')) yield JSON.parse(message.slice(6)) as Event;
    }
  }
}

/** The first event that fits; the others before it are passed over. */
export async function nextEvent<T extends ProjectEvent>(
  events: AsyncGenerator<ProjectEvent>,
  fits: (event: ProjectEvent) => event is T,
): Promise<T> {
  for (;;) {
    const { done, value } = await events.next();
    if (done) throw new Error('The event stream ended');
    if (fits(value)) return value;
  }
}
