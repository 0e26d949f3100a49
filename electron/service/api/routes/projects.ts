import { Hono } from 'hono';
import { z } from 'zod';
import { LamellaError } from '../../errors.ts';
import type { Workbench } from '../../workbench/workbench.ts';
import { openProjectRequest } from '../contract.ts';
import { eventStream } from '../eventStream.ts';
import { readBody, readQuery } from '../validation.ts';

const inboxRequest = z.object({ name: z.string().trim().min(1).max(80) });
const uploadQuery = z.object({ name: z.string().min(1).max(255) });

export function projectRoutes(workbench: Workbench): Hono {
  const routes = new Hono();

  routes.post('/open', async (context) => {
    const { paths } = await readBody(context, openProjectRequest);
    return context.json((await workbench.open(paths)).view());
  });

  routes.post('/sample', async (context) => context.json((await workbench.openSample()).view()));

  routes.post('/inbox', async (context) => {
    const { name } = await readBody(context, inboxRequest);
    return context.json((await workbench.openInbox(name)).view());
  });

  routes.get('/:p', (context) => context.json(workbench.project(context.req.param('p')).view()));

  routes.delete('/:p', async (context) => {
    await workbench.closeProject(context.req.param('p'));
    return context.body(null, 204);
  });

  routes.get('/:p/events', (context) => {
    const project = workbench.project(context.req.param('p'));
    return eventStream(project.events, project.currentState());
  });

  routes.post('/:p/images', async (context) => {
    const { paths } = await readBody(context, openProjectRequest);
    const project = workbench.project(context.req.param('p'));
    await project.addPaths(paths);
    return context.json(project.view());
  });

  routes.post('/:p/upload', async (context) => {
    const { name } = readQuery(context, uploadQuery);
    const project = workbench.project(context.req.param('p'));
    const body = context.req.raw.body;
    if (!body) throw new LamellaError('bad-request', 'The upload is empty.');
    return context.json(await project.upload(name, body));
  });

  return routes;
}
