import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import type { VendorFacts } from '../pixelSize.ts';
import { factsOfHitachi } from './hitachi.ts';
import { factsOfJeolText } from './jeol.ts';
import { factsOfTescan } from './tescan.ts';

/** Longer texts are no instrument's. */
const maxBytes = 1024 * 1024;

/**
 * What SEMs write into a text file of the picture's name beside it: Tescan `<stem>-tif.hdr`, JEOL and Hitachi
 * `<stem>.txt`. Null where there is none that is understood; a sidecar that can't be read is none.
 */
export async function sidecarFacts(path: string, heightPx: number): Promise<VendorFacts | null> {
  const extension = extname(path);
  const stem = path.slice(0, path.length - extension.length);
  const header = await textOf(`${stem}-${extension.slice(1).toLowerCase()}.hdr`);
  const tescan = header === null ? null : factsOfTescan(header, heightPx, 'Tescan header file beside it');
  if (tescan) return tescan;
  const text = (await textOf(`${stem}.txt`)) ?? (await textOf(`${stem}.TXT`));
  return text === null ? null : (factsOfHitachi(text, heightPx) ?? factsOfJeolText(text));
}

async function textOf(path: string): Promise<string | null> {
  try {
    const found = await stat(path);
    if (!found.isFile() || found.size > maxBytes) return null;
    const bytes = await readFile(path);
    const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
    return isUtf16 ? bytes.toString('utf16le').slice(1) : bytes.toString(looksLikeUtf8(bytes) ? 'utf8' : 'latin1');
  } catch {
    return null;
  }
}

function looksLikeUtf8(bytes: Buffer): boolean {
  return !bytes.toString('utf8').includes('\ufffd');
}
