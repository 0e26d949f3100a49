import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { createLoopbackGuard, type LoopbackGuard } from './loopbackGuard.ts';
import type { App } from './service/app.ts';
import { LamellaError } from './service/errors.ts';

export interface LoopbackHost {
  port: number;
  token: string;
  /** The address with the token, as it is printed. */
  address: string;
  close(): Promise<void>;
}

/**
 * Serves the workbench on 127.0.0.1 for this start's token. Port 0 takes any free one.
 * Throws `bad-request` when the port is taken or not allowed.
 */
export async function serveLoopback(app: App, port: number): Promise<LoopbackHost> {
  const token = randomBytes(32).toString('base64url');
  let guard: LoopbackGuard | null = null;
  const server = createAdaptorServer({
    fetch: async (request) => {
      if (!guard) return new Response('Starting.', { status: 503 });
      return guard.check(request) ?? app.fetch(request);
    },
    // An upload of gigabytes over a slow disk takes longer than the five minutes that Node allows a request.
    serverOptions: { requestTimeout: 0, headersTimeout: 30_000 },
  }) as Server;
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw portError(cause, port);
  }
  const taken = (server.address() as AddressInfo).port;
  guard = createLoopbackGuard(token, taken);
  return {
    port: taken,
    token,
    address: `http://127.0.0.1:${taken}/?token=${token}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function portError(cause: unknown, port: number): unknown {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === 'EADDRINUSE') {
    return new LamellaError('bad-request', `Port ${port} is taken by another program (or another Lamella).`, {
      remedy: 'Choose another with --port, or --port 0 for any free one.',
      cause,
    });
  }
  if (code === 'EACCES') {
    return new LamellaError('bad-request', `Port ${port} is reserved for the system.`, {
      remedy: 'Choose one above 1023 with --port, or --port 0 for any free one.',
      cause,
    });
  }
  return cause;
}
