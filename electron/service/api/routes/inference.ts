import { Hono } from 'hono';
import { planesToPrepare } from '../../prompting/planesToPrepare.ts';
import type { Workbench } from '../../workbench/workbench.ts';
import { predictRequest, prepareRequest } from '../contract.ts';
import { encodeFrame } from '../frames.ts';
import { readBody, readIndex, readPlane } from '../validation.ts';

/** Image embeddings and candidates. */
export function inferenceRoutes(workbench: Workbench): Hono {
  const routes = new Hono();
  const project = (id: string | undefined) => workbench.project(id ?? '');

  routes.post('/embeddings', async (context) => {
    const request = await readBody(context, prepareRequest);
    const { embeddings, pixels } = project(context.req.param('p'));
    embeddings.prepare(await planesToPrepare(request, async (id) => (await pixels.identify(id)).facts));
    return context.body(null, 202);
  });

  routes.delete('/embeddings', (context) => {
    project(context.req.param('p')).embeddings.cancelWaiting();
    return context.body(null, 204);
  });

  routes.post('/images/:i/embedding', (context) =>
    context.json(project(context.req.param('p')).embeddings.request(readIndex(context, 'i'), readPlane(context))),
  );

  routes.delete('/images/:i/embedding', (context) =>
    context.json(project(context.req.param('p')).embeddings.cancel(readIndex(context, 'i'), readPlane(context))),
  );

  routes.post('/images/:i/predict', async (context) => {
    const prompt = await readBody(context, predictRequest);
    const { header, masks } = await project(context.req.param('p')).prompting.predict(readIndex(context, 'i'), prompt);
    return context.body(encodeFrame(header, masks), 200, { 'content-type': 'application/octet-stream' });
  });

  return routes;
}
