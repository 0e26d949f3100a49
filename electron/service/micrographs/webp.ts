import type { MicrographReader } from './contract.ts';
import { openSinglePicture } from './singlePicture.ts';

export const webpReader: MicrographReader = {
  format: 'WebP',
  extensions: ['.webp'],
  recognises: (head) => {
    const text = Buffer.from(head.subarray(0, 12)).toString('latin1');
    return text.startsWith('RIFF') && text.endsWith('WEBP');
  },
  open: (path) => openSinglePicture(path, 'WebP'),
};
