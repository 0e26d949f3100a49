import { Hono } from 'hono';
import { z } from 'zod';
import { LamellaError } from '../../errors.ts';
import type { Workbench } from '../../workbench/workbench.ts';
import { addModelRequest, chooseModelRequest, downloadModelRequest, type ModelUploadView } from '../models.ts';
import { eventStream } from '../eventStream.ts';
import { readBody, readQuery } from '../validation.ts';

const uploadQuery = z.object({ name: z.string().min(1).max(255), upload: z.uuid().optional() });

/** Models: which there are, which one is used, adding, checking and removing them. */
export function modelRoutes({ models }: Workbench): Hono {
  const routes = new Hono();

  routes.get('/', async (context) => context.json(await models.view()));

  routes.get('/events', () => eventStream(models.events, models.currentState()));

  routes.post('/uploads', async (context) => {
    const { name, upload } = readQuery(context, uploadQuery);
    const body = context.req.raw.body;
    if (!body) throw new LamellaError('bad-request', 'The upload is empty.');
    const view: ModelUploadView = { upload: await models.uploads.receive(upload ?? null, name, body) };
    return context.json(view);
  });

  routes.post('/add', async (context) => context.json(models.add(await readBody(context, addModelRequest))));

  routes.put('/chosen', async (context) => {
    const { name } = await readBody(context, chooseModelRequest);
    await models.choose(name);
    return context.json(await models.view());
  });

  routes.post('/catalogue/:name/download', async (context) => {
    const { precision } = await readBody(context, downloadModelRequest);
    return context.json(await models.download(context.req.param('name'), precision));
  });

  routes.delete('/tasks/:t', async (context) => context.json(await models.tasks.cancel(context.req.param('t'))));

  routes.post('/:name/verify', async (context) => context.json(await models.verify(context.req.param('name'))));

  routes.delete('/:name', async (context) => {
    await models.remove(context.req.param('name'));
    return context.json(await models.view());
  });

  return routes;
}
