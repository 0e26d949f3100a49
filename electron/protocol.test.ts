import type { Protocol } from 'electron';
import { expect, it } from 'vitest';
import { serveWorkbench, workbenchScheme } from './protocol.ts';

it('answers the workbench’s own host only, with the service', async () => {
  let handler: ((request: Request) => Response | Promise<Response>) | undefined;
  const asked: string[] = [];
  serveWorkbench({ handle: (_scheme: string, given: typeof handler) => (handler = given) } as unknown as Protocol, {
    fetch: async (request) => {
      asked.push(request.url);
      return new Response('page');
    },
  });
  const status = async (url: string) => (await handler?.(new Request(url)))?.status;
  expect(await status('lamella://workbench/api/session')).toBe(200);
  expect(await status('lamella://elsewhere/api/session')).toBe(404);
  expect(await status('lamella://workbench.elsewhere/')).toBe(404);
  expect(asked).toEqual(['lamella://workbench/api/session']);
});

it('is a scheme that pages are safe on', () => {
  expect(workbenchScheme.privileges).toEqual({ standard: true, secure: true, supportFetchAPI: true, stream: true });
});
