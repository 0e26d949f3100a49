import { endianness } from 'node:os';
import { Hono } from 'hono';
import { z } from 'zod';
import type { PixelPlane } from '../../../../native-models/predictor/pixels.ts';
import type { Workbench } from '../../workbench/workbench.ts';
import { type Bbox, displayRequest, modelLookRequest } from '../contract.ts';
import { planeQuery, queryIndex, readBody, readIndex, readPlane, readQuery } from '../validation.ts';

const pixelQuery = planeQuery.extend({ x: queryIndex, y: queryIndex });
const partQuery = z.object({
  part: z
    .string()
    .regex(/^\d+,\d+,[1-9]\d*,[1-9]\d*$/, 'must be x,y,width,height')
    .transform((text) => text.split(',').map(Number) as Bbox)
    .optional(),
});
const channelQuery = z.object({ c: queryIndex.default(0) });

/** What a micrograph shows: facts, thumbnail, tiles, values, display range. */
export function imageRoutes(workbench: Workbench): Hono {
  const routes = new Hono();
  const project = (id: string | undefined) => workbench.project(id ?? '');

  routes.get('/images/:i', async (context) =>
    context.json(await project(context.req.param('p')).micrographView(readIndex(context, 'i'), readPlane(context))),
  );

  routes.get('/images/:i/thumbnail', async (context) => {
    const png = await project(context.req.param('p')).pixels.thumbnail(readIndex(context, 'i'));
    return context.body(png, 200, { 'content-type': 'image/png', 'cache-control': 'private, max-age=60' });
  });

  routes.get('/images/:i/tiles/:level/:tx/:ty', async (context) => {
    const { pixels: tile, isProvisional } = await project(context.req.param('p')).pixels.tile(
      readIndex(context, 'i'),
      readPlane(context),
      readIndex(context, 'level'),
      readIndex(context, 'tx'),
      readIndex(context, 'ty'),
    );
    return context.body(samplesLittleEndian(tile), 200, {
      'content-type': 'application/octet-stream',
      'x-tile-width': String(tile.widthPx),
      'x-tile-height': String(tile.heightPx),
      'x-tile-samples': String(tile.samples),
      'x-tile-dtype': dtypeOf(tile),
      ...(isProvisional && { 'x-tile-provisional': '1' }),
    });
  });

  routes.get('/images/:i/pixel', async (context) => {
    const { x, y } = readQuery(context, pixelQuery);
    const values = await project(context.req.param('p')).pixels.valuesAt(
      readIndex(context, 'i'),
      readPlane(context),
      x,
      y,
    );
    return context.json({ values });
  });

  routes.put('/images/:i/display', async (context) => {
    const { range } = await readBody(context, displayRequest);
    const { c } = readQuery(context, channelQuery);
    const displayRange = await project(context.req.param('p')).setDisplayRange(readIndex(context, 'i'), c, range);
    return context.json({ displayRange });
  });

  routes.put('/images/:i/model-look', async (context) => {
    const { look } = await readBody(context, modelLookRequest);
    project(context.req.param('p')).setModelLook(readIndex(context, 'i'), look);
    return context.body(null, 204);
  });

  routes.get('/images/:i/model-input', async (context) => {
    const { part = null } = readQuery(context, partQuery);
    const opened = project(context.req.param('p'));
    const plane = readPlane(context);
    const png = await opened.modelInput(readIndex(context, 'i'), plane, part, context.req.raw.signal);
    return context.body(new Uint8Array(png), 200, { 'content-type': 'image/png', 'cache-control': 'no-store' });
  });

  return routes;
}

function dtypeOf(plane: PixelPlane): 'uint8' | 'uint16' | 'float32' {
  if (plane.data instanceof Uint8Array) return 'uint8';
  return plane.data instanceof Uint16Array ? 'uint16' : 'float32';
}

function samplesLittleEndian(plane: PixelPlane): Uint8Array<ArrayBuffer> {
  const { data } = plane;
  const bytes = new Uint8Array(data.byteLength);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  if (endianness() === 'BE' && data.BYTES_PER_ELEMENT > 1) {
    const buffer = Buffer.from(bytes.buffer);
    if (data.BYTES_PER_ELEMENT === 2) buffer.swap16();
    else buffer.swap32();
  }
  return bytes;
}
