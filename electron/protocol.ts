import type { CustomScheme, Protocol } from 'electron';
import type { App } from './service/app.ts';

/** The page's address in the desktop window; nothing outside this program can reach it. */
export const workbenchOrigin = 'lamella://workbench';

/** Must be registered before the app is ready. */
export const workbenchScheme: CustomScheme = {
  scheme: 'lamella',
  privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true },
};

/** Answers everything under lamella://workbench/ with the service; other hosts of the scheme do not exist. */
export function serveWorkbench(protocol: Pick<Protocol, 'handle'>, app: App): void {
  protocol.handle(workbenchScheme.scheme, (request) => {
    const { host } = new URL(request.url);
    if (`lamella://${host}` !== workbenchOrigin) return new Response('There is nothing here.', { status: 404 });
    return app.fetch(request);
  });
}
