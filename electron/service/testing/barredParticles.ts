import { join } from 'node:path';
import sharp from 'sharp';
import { appRoot } from './startService.ts';

const [width, height] = [300, 240];

/** Particles of 300 × 240 px as a SEM writes them: in the last `rows` rows a black panel with round white letters. */
export async function writeBarredParticles(path: string, rows: number): Promise<void> {
  const data = await sharp(join(appRoot, 'assets', 'samples', 'powder-particles.png'))
    .extract({ left: 100, top: 100, width, height })
    .toColourspace('b-w')
    .raw()
    .toBuffer();
  for (let y = height - rows; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const isText = Math.hypot((x % 30) - 15, y - height + rows / 2) < rows / 2 - 3;
      data[y * width + x] = isText ? 255 : 0;
    }
  }
  await sharp(data, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toFile(path);
}
