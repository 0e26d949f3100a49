import type { MicrographReader } from './contract.ts';
import { openSinglePicture } from './singlePicture.ts';

export const jpegReader: MicrographReader = {
  format: 'JPEG',
  extensions: ['.jpg', '.jpeg', '.jpe', '.jfif'],
  recognises: (head) => head[0] === 0xff && head[1] === 0xd8 && head[2] === 0xff,
  open: (path) => openSinglePicture(path, 'JPEG'),
};
