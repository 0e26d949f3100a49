import type { MicrographReader } from './contract.ts';
import { openSinglePicture } from './singlePicture.ts';

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

export const pngReader: MicrographReader = {
  format: 'PNG',
  extensions: ['.png'],
  recognises: (head) => signature.every((byte, index) => head[index] === byte),
  open: (path) => openSinglePicture(path, 'PNG'),
};
