import { Hono } from 'hono';
import { startExport } from '../../workbench/exports.ts';
import type { Workbench } from '../../workbench/workbench.ts';
import { zipFolder } from '../../workbench/zipFolder.ts';
import { exportRequest } from '../contract.ts';
import { readBody } from '../validation.ts';

/** Exports and the tasks that they are. */
export function exportRoutes(workbench: Workbench): Hono {
  const routes = new Hono();
  const project = (id: string | undefined) => workbench.project(id ?? '');

  routes.post('/exports', async (context) => {
    const request = await readBody(context, exportRequest);
    return context.json(startExport(project(context.req.param('p')), request));
  });

  routes.get('/tasks/:t', (context) =>
    context.json(project(context.req.param('p')).tasks.view(context.req.param('t'))),
  );

  routes.delete('/tasks/:t', async (context) =>
    context.json(await project(context.req.param('p')).tasks.cancel(context.req.param('t'))),
  );

  routes.get('/tasks/:t/download', async (context) => {
    const opened = project(context.req.param('p'));
    const folder = opened.tasks.downloadFolder(context.req.param('t'));
    const fileName = encodeURIComponent(`${opened.project.name}.zip`);
    return context.body(await zipFolder(folder), 200, {
      'content-type': 'application/zip',
      'content-disposition': `attachment; filename="export.zip"; filename*=UTF-8''${fileName}`,
    });
  });

  return routes;
}
