import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { Unzip, UnzipInflate } from 'fflate';
import { ModelError } from './modelError.ts';

/**
 * Writes one file of a zip archive to `path`; it appears there only when it is whole. `member` is its name within the
 * archive, with or without folders before it.
 * @throws ModelError checkpoint-invalid where the archive has no such file or is damaged; AbortError
 */
export async function unzipMember(archive: string, member: string, path: string, signal?: AbortSignal): Promise<void> {
  const beside = `${path}.unzipping`;
  const file = await open(beside, 'w');
  try {
    let waiting: Uint8Array[] = [];
    let found = false;
    let whole = false;
    const unzip = new Unzip((entry) => {
      if (found || (entry.name !== member && !entry.name.endsWith(`/${member}`))) return;
      found = true;
      entry.ondata = (error, chunk, final) => {
        if (error) throw error;
        waiting.push(chunk);
        whole = final;
      };
      entry.start();
    });
    unzip.register(UnzipInflate);
    for await (const chunk of createReadStream(archive, { highWaterMark: 1 << 18 })) {
      signal?.throwIfAborted();
      unzip.push(chunk as Uint8Array);
      for (const piece of waiting) await file.writeFile(piece);
      waiting = [];
      if (whole) break;
    }
    if (!whole) throw new Error(found ? `${member} is cut short` : `it has no ${member}`);
    await file.sync();
    await file.close();
    await rename(beside, path);
  } catch (cause) {
    await file.close().catch(() => undefined);
    await rm(beside, { force: true });
    if ((cause as Error).name === 'AbortError' || (cause as NodeJS.ErrnoException).code?.startsWith('E')) throw cause;
    throw new ModelError('checkpoint-invalid', `${archive} can't be unpacked: ${(cause as Error).message}.`, {
      path: archive,
      remedy: 'Delete it and download it again.',
      cause,
    });
  }
}
