import { Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { securityHeaders } from './api/headers.ts';
import { editRoutes } from './api/routes/edits.ts';
import { exportRoutes } from './api/routes/exports.ts';
import { imageRoutes } from './api/routes/images.ts';
import { inferenceRoutes } from './api/routes/inference.ts';
import { measuringRoutes } from './api/routes/measuring.ts';
import { modelRoutes } from './api/routes/models.ts';
import { projectRoutes } from './api/routes/projects.ts';
import { proposalRoutes } from './api/routes/proposals.ts';
import { sessionRoutes } from './api/routes/session.ts';
import { settingsRoutes } from './api/routes/settings.ts';
import { staticFile } from './api/staticFiles.ts';
import { isLamellaError, LamellaError } from './errors.ts';
import type { Workbench } from './workbench/workbench.ts';

export interface AppOptions {
  host: 'electron' | 'loopback';
  /** Folder of the built page; null serves the API alone (tests, command line). */
  rendererFolder: string | null;
  /** Called with errors that are no LamellaError: defects, for the host's log. */
  reportDefect(cause: unknown): void;
}

export interface App {
  fetch(request: Request): Promise<Response>;
}

/** The service as one fetch handler. Who may call it is the host's matter (protocol handler, token). */
export function createApp(workbench: Workbench, options: AppOptions): App {
  const app = new Hono();
  app.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(securityHeaders)) context.res.headers.set(name, value);
    if (!context.res.headers.has('cache-control')) context.res.headers.set('cache-control', 'no-store');
  });
  app.onError((cause, context) => {
    const error = isLamellaError(cause) ? cause : internalError(cause);
    if (error.code === 'internal') options.reportDefect(error.cause ?? error);
    return context.json({ error: error.toBody() }, error.status as ContentfulStatusCode);
  });
  app.notFound((context) => {
    const error = new LamellaError('not-found', `There is nothing at ${new URL(context.req.url).pathname}.`);
    return context.json({ error: error.toBody() }, 404);
  });

  app.route('/api/session', sessionRoutes(workbench, options.host));
  app.route('/api/models', modelRoutes(workbench));
  app.route('/api/settings', settingsRoutes(workbench));
  app.route('/api/projects', projectRoutes(workbench));
  app.route('/api/projects/:p', imageRoutes(workbench));
  app.route('/api/projects/:p', measuringRoutes(workbench));
  app.route('/api/projects/:p', inferenceRoutes(workbench));
  app.route('/api/projects/:p', editRoutes(workbench));
  app.route('/api/projects/:p', exportRoutes(workbench));
  app.route('/api/projects/:p', proposalRoutes(workbench));
  app.all('/api/*', (context) => context.notFound());
  app.get('*', async (context) => {
    const file =
      options.rendererFolder && (await staticFile(options.rendererFolder, new URL(context.req.url).pathname));
    return file || context.notFound();
  });
  return { fetch: async (request) => app.fetch(request) };
}

function internalError(cause: unknown): LamellaError {
  return new LamellaError('internal', cause instanceof Error ? cause.message : String(cause), {
    remedy: 'This is a defect of Lamella. What was saved is safe; try again, and report it if it stays.',
    cause,
  });
}
