import { Hono } from 'hono';
import { z } from 'zod';
import { profileAlong } from '../../measuring/lineProfile.ts';
import type { Workbench } from '../../workbench/workbench.ts';
import { pixelSizeRequest } from '../contract.ts';
import { planeQuery, readBody, readIndex, readPlane, readQuery } from '../validation.ts';

const place = z.coerce.number();
const profileQuery = planeQuery.extend({ x0: place, y0: place, x1: place, y1: place });

/** What is measured on a micrograph: how long its pixels are, and values along a line. */
export function measuringRoutes(workbench: Workbench): Hono {
  const routes = new Hono();
  const project = (id: string | undefined) => workbench.project(id ?? '');

  routes.put('/images/:i/pixel-size', async (context) => {
    const { pixelSize, forUnknown } = await readBody(context, pixelSizeRequest);
    const opened = project(context.req.param('p'));
    const imageId = readIndex(context, 'i');
    opened.setPixelSize(imageId, pixelSize, forUnknown);
    return context.json(await opened.micrographView(imageId, readPlane(context)));
  });

  routes.get('/images/:i/profile', async (context) => {
    const { c, z: _z, t: _t, ...line } = readQuery(context, profileQuery);
    const { pixels } = project(context.req.param('p'));
    const imageId = readIndex(context, 'i');
    const { facts } = await pixels.identify(imageId);
    const address = readPlane(context);
    return context.json(
      await profileAlong(line, {
        widthPx: facts.widthPx,
        heightPx: facts.heightPx,
        samples: c === undefined ? facts.samples : 1,
        tile: async (tx, ty) => (await pixels.tile(imageId, address, 0, tx, ty)).pixels,
      }),
    );
  });

  return routes;
}
