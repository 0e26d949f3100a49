import { Hono } from 'hono';
import type { Workbench } from '../../workbench/workbench.ts';
import { automaticRequest, propagateRequest, similarRequest } from '../proposals.ts';
import { readBody } from '../validation.ts';

/** What the program proposes, and the tasks in which it looks for that. */
export function proposalRoutes(workbench: Workbench): Hono {
  const routes = new Hono();
  const proposals = (id: string | undefined) => workbench.project(id ?? '').proposals;

  routes.post('/automatic', async (context) => {
    const request = await readBody(context, automaticRequest);
    return context.json(proposals(context.req.param('p')).startAutomatic(request));
  });

  routes.post('/similar', async (context) => {
    const request = await readBody(context, similarRequest);
    return context.json(proposals(context.req.param('p')).startSimilar(request));
  });

  routes.post('/propagate', async (context) => {
    const request = await readBody(context, propagateRequest);
    return context.json(proposals(context.req.param('p')).startPropagation(request));
  });

  routes.get('/proposal-tasks/:t', (context) =>
    context.json(proposals(context.req.param('p')).tasks.view(context.req.param('t'))),
  );

  routes.delete('/proposal-tasks/:t', async (context) =>
    context.json(await proposals(context.req.param('p')).tasks.cancel(context.req.param('t'))),
  );

  return routes;
}
