import type { DataBar, MicrographFacts, Notice } from '../api/contract.ts';
import type { LamellaError } from '../errors.ts';
import type { Micrograph } from '../micrographs/contract.ts';
import { dataBarOf } from '../micrographs/describe.ts';
import { isFileTrouble } from './fileTrouble.ts';

export interface LookedAt {
  name: string;
  path: string;
  /** What the objects were made for. */
  facts: MicrographFacts;
  /** Null: the file can't be read now. */
  micrograph: Micrograph | null;
}

/**
 * How many rows of a picture lie above its info bar. All of them where it has none, and, with a notice, where it can't
 * be cropped off or nothing tells whether there is one.
 */
export async function rowsAboveBar(image: LookedAt, notices: Notice[]): Promise<number> {
  const { heightPx } = image.facts;
  const bar = await barOrReason(image);
  if (bar === null) return heightPx;
  if (!('reason' in bar)) return bar.y;
  notices.push(keptNotice(image, bar));
  return heightPx;
}

/** Why a picture stays whole. */
interface Reason {
  reason: string;
  remedy?: string;
}

async function barOrReason({ facts, micrograph }: LookedAt): Promise<DataBar | Reason | null> {
  if (facts.dataBar === null) return null;
  if (facts.dataBar === undefined && micrograph === null) return { reason: 'where it would be is not known.' };
  if (micrograph && !isOfSize(micrograph.facts, facts)) return { reason: 'the file has another size now.' };
  const bar = facts.dataBar ?? (await lookFor(micrograph!));
  if (bar === null || 'reason' in bar) return bar;
  if (!isAtBottom(bar, facts.heightPx)) return { reason: 'it does not take the last rows.' };
  const { channels, z, t } = facts;
  return channels > 1 && z <= 1 && t <= 1 ? { reason: 'a file of several channels is only exported whole.' } : bar;
}

async function lookFor(micrograph: Micrograph): Promise<DataBar | Reason | null> {
  try {
    return await dataBarOf(micrograph);
  } catch (cause) {
    if (isFileTrouble(cause)) return reasonOf(cause);
    throw cause;
  }
}

function reasonOf({ message, remedy }: LamellaError): Reason {
  return { reason: message, ...(remedy === undefined ? {} : { remedy }) };
}

function isOfSize(found: MicrographFacts, { widthPx, heightPx }: MicrographFacts): boolean {
  return found.widthPx === widthPx && found.heightPx === heightPx;
}

function isAtBottom({ y, height }: DataBar, heightPx: number): boolean {
  return Number.isInteger(y) && y > 0 && y < heightPx && y + height >= heightPx;
}

function keptNotice({ name, path }: LookedAt, { reason, ...remedy }: Reason): Notice {
  return {
    level: 'warning',
    message: `${name} is exported whole, with its info bar if it has one: ${reason}`,
    path,
    ...remedy,
  };
}
