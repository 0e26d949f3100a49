import { Hono } from 'hono';
import type { Workbench } from '../../workbench/workbench.ts';
import type { SessionView } from '../contract.ts';

export function sessionRoutes(workbench: Workbench, host: SessionView['host']): Hono {
  return new Hono().get('/', async (context) => context.json(await workbench.session(host)));
}
