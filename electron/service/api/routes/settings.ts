import { Hono } from 'hono';
import type { Workbench } from '../../workbench/workbench.ts';
import { devicePreference } from '../settings.ts';
import { readBody } from '../validation.ts';

/** What models run on: the wish, what was tried, and trying again. */
export function settingsRoutes({ settings }: Workbench): Hono {
  const routes = new Hono();

  routes.get('/', async (context) => context.json(await settings.view()));

  routes.put('/', async (context) => {
    await settings.change(await readBody(context, devicePreference));
    return context.json(await settings.view());
  });

  routes.post('/retry', async (context) => {
    await settings.retry();
    return context.json(await settings.view());
  });

  return routes;
}
