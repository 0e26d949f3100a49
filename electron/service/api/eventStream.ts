import type { EventHub } from '../workbench/events.ts';

const heartbeatMs = 15_000;
/** A window that reads nothing any more (asleep, broken pipe) is let go instead of filling the memory. */
const maxWaitingEvents = 10_000;

/** Server-sent events: first `greeting` (the state at this moment), then each event as it comes. */
export function eventStream<Event>(hub: EventHub<Event>, greeting: readonly Event[]): Response {
  const encoder = new TextEncoder();
  let end = () => {};
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        let ended = false;
        const send = (text: string) => {
          if (ended) return;
          if (controller.desiredSize !== null && controller.desiredSize < -maxWaitingEvents) {
            end();
            controller.close();
            return;
          }
          controller.enqueue(encoder.encode(text));
        };
        const unsubscribe = hub.subscribe(
          (event) => send(`data: ${JSON.stringify(event)}\n\n`),
          () => {
            if (ended) return;
            end();
            controller.close();
          },
        );
        const heartbeat = setInterval(() => send(': still here\n\n'), heartbeatMs);
        heartbeat.unref();
        end = () => {
          ended = true;
          clearInterval(heartbeat);
          unsubscribe();
        };
        send(': events\n\n');
        for (const event of greeting) send(`data: ${JSON.stringify(event)}\n\n`);
      },
      cancel() {
        end();
      },
    },
    { highWaterMark: 64 },
  );
  return new Response(body, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    },
  });
}
