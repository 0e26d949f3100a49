// For tests: reads a large micrograph as the workbench does, and tells how much memory it took at most (JSON, MB).
import { contrastOf } from '../contrast.ts';
import { firstPlane } from '../contract.ts';
import { openMicrograph } from '../index.ts';
import { LargePlane } from '../largePlane.ts';
import { PlaneCache } from '../planeCache.ts';
import { levelCount, tileSize } from '../pyramid.ts';

const path = process.argv[2]!;
let peak = 0;
setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 5).unref();

const micrograph = await openMicrograph(path);
const plane = LargePlane.of(micrograph, {
  ...{ address: firstPlane, key: 'plane', fileName: 'plane', overviews: null },
  parts: new PlaneCache(256 * 2 ** 20),
  signal: new AbortController().signal,
  inTurn: (work) => work(),
  noteTrouble: (work) => work(),
})!;
contrastOf(await plane.preview(), null);
const { widthPx, heightPx } = plane;
for (let level = levelCount(widthPx, heightPx) - 1; level >= 0; level--) {
  const across = Math.ceil(widthPx / 2 ** level / tileSize);
  for (let i = 0; i < Math.min(40, across * across); i++) {
    while ((await plane.tile(level, i % across, Math.floor((i * 3) / across) % across)).isProvisional) {
      await new Promise((later) => setTimeout(later, 50));
    }
  }
}
await await plane.part([0, 0, widthPx, heightPx], 2048).read();
process.stdout.write(JSON.stringify({ peakMb: Math.max(peak, process.memoryUsage.rss()) / 1e6 }));
