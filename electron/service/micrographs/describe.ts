import type { DataBar, MicrographFacts } from '../api/contract.ts';
import { firstPlane, type Micrograph } from './contract.ts';
import { findDataBar, rowsToLookAt } from './dataBar.ts';
import { openMicrograph } from './index.ts';

/** Larger pictures are no single SEM scans; looking for a bar in them would cost more than it gives. */
const maxPixels = 100_000_000;

/**
 * All facts of a micrograph: those of its header, and the info bar, which in most files only the pixels show.
 * @throws LamellaError file-missing, file-unreadable, file-damaged, file-unsupported
 */
export async function describeMicrograph(path: string): Promise<MicrographFacts> {
  const micrograph = await openMicrograph(path);
  return { ...micrograph.facts, dataBar: await dataBarOf(micrograph) };
}

/** The info bar, by the header or by the pixels; null: there is none. @throws what reading pixels throws */
export async function dataBarOf(micrograph: Micrograph): Promise<DataBar | null> {
  const { dataBar } = micrograph.facts;
  return dataBar === undefined ? barOf(micrograph) : dataBar;
}

/** Only single pictures have one: stacks are no SEM's scans for people to look at. */
async function barOf(micrograph: Micrograph): Promise<DataBar | null> {
  const { widthPx, heightPx, channels, z, t, dtype } = micrograph.facts;
  if (channels * z * t > 1 || dtype === 'float32' || widthPx * heightPx > maxPixels) return null;
  const rows = rowsToLookAt(heightPx);
  const above = heightPx - rows;
  return findDataBar(await micrograph.readRegion(firstPlane, 0, [0, above, widthPx, rows]), above);
}
