import type { Context } from 'hono';
import { z } from 'zod';
import { LamellaError } from '../errors.ts';
import type { PlaneAddress } from './contract.ts';

/** Requests other than uploads are small; a prompt of 256 points is 20 kB. */
const maxBodyBytes = 4 * 1024 * 1024;

/** The request's JSON body, checked. Throws `bad-request`, naming the field. */
export async function readBody<T extends z.ZodType>(context: Context, schema: T): Promise<z.infer<T>> {
  const text = new TextDecoder().decode(await readAtMost(context.req.raw, maxBodyBytes));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new LamellaError('bad-request', 'The body of the request is not JSON.', { cause });
  }
  return check(schema, value, 'body');
}

/** The query's values, checked. Values are strings: use z.coerce for numbers. */
export function readQuery<T extends z.ZodType>(context: Context, schema: T): z.infer<T> {
  return check(schema, context.req.query(), 'query');
}

export const queryIndex = z.coerce.number().int().min(0);
/** Address of a plane in a query; left out: the first. */
export const planeQuery = z.object({
  c: queryIndex.optional(),
  z: queryIndex.default(0),
  t: queryIndex.default(0),
});

export function readPlane(context: Context): PlaneAddress {
  const { c, z: slice, t } = readQuery(context, planeQuery);
  return { c: c ?? null, z: slice, t };
}

/** A whole number ≥ 0 in the path, such as an image's id or a tile's column. */
export function readIndex(context: Context, name: string): number {
  const text = context.req.param(name) ?? '';
  if (!/^\d{1,15}$/.test(text)) throw new LamellaError('bad-request', `${name} in the path must be a whole number.`);
  return Number(text);
}

export function check<T extends z.ZodType>(schema: T, value: unknown, what: string): z.infer<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${[what, ...issue.path].join('.')}: ${issue.message}`);
  throw new LamellaError('bad-request', `The request is not understood: ${problems.join('; ')}`);
}

async function readAtMost(request: Request, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = request.body?.getReader();
  if (!reader) return new Uint8Array(0);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > limit) {
      await reader.cancel();
      throw new LamellaError('bad-request', `The body of the request is larger than ${limit} bytes.`);
    }
    chunks.push(value);
  }
  return Buffer.concat(chunks);
}
