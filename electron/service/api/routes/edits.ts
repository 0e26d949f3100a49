import { Hono } from 'hono';
import { z } from 'zod';
import { windowOf } from '../../../../native-models/masks/mask.ts';
import type { Workbench } from '../../workbench/workbench.ts';
import { editRequest, type MasksHeader } from '../contract.ts';
import { encodeFrame } from '../frames.ts';
import { readBody, readIndex, readQuery } from '../validation.ts';

const masksQuery = z.object({
  ids: z
    .string()
    .regex(/^\d+(,\d+)*$/, 'ids are whole numbers with commas between')
    .transform((text) => text.split(',').map(Number))
    .optional(),
});

/** Objects, their masks, and everything that changes them. */
export function editRoutes(workbench: Workbench): Hono {
  const routes = new Hono();
  const project = (id: string | undefined) => workbench.project(id ?? '');

  routes.get('/images/:i/objects', (context) =>
    context.json({ objects: project(context.req.param('p')).project.objects(readIndex(context, 'i')) }),
  );

  routes.get('/images/:i/masks', (context) => {
    const { ids } = readQuery(context, masksQuery);
    const records = project(context.req.param('p')).project.masks(readIndex(context, 'i'), ids ?? null);
    const header: MasksHeader = {
      objects: records.map(({ view }) => ({ id: view.id, maskRevision: view.maskRevision, bbox: view.bbox })),
    };
    const windows = records.map(({ view, mask }) => windowOf(mask, view.bbox));
    return context.body(encodeFrame(header, windows), 200, { 'content-type': 'application/octet-stream' });
  });

  routes.post('/edits', async (context) => {
    const request = await readBody(context, editRequest);
    return context.json(project(context.req.param('p')).apply(request.edit));
  });

  routes.post('/undo', (context) => context.json(project(context.req.param('p')).undo()));
  routes.post('/redo', (context) => context.json(project(context.req.param('p')).redo()));

  return routes;
}
