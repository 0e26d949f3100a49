import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CatalogueEntry } from './catalogue.ts';
import { type DownloadedFile, downloadFile, type DownloadOptions } from './download.ts';
import type { AddedModel, AddOptions } from './installModel.ts';
import { unzipMember } from './unzipMember.ts';

export interface CatalogueFolders {
  models: string;
  downloads: string;
}

export interface DownloadedModel extends AddedModel {
  download: DownloadedFile;
}

/** Carries out an add: here, or in a process of its own. */
export type AddModel = (file: string, modelsFolder: string, options: AddOptions) => Promise<AddedModel>;

/**
 * Downloads an entry of the catalogue and adds it. The package has all that is needed of the checkpoint, so that goes;
 * it stays where adding failed, so that the next attempt needs no network.
 * @throws ModelError of both
 */
export async function addFromCatalogue(
  entry: CatalogueEntry,
  folders: CatalogueFolders,
  add: AddModel,
  download: DownloadOptions,
  options: AddOptions,
): Promise<DownloadedModel> {
  const fetched = await downloadFile(entry, folders.downloads, download);
  const checkpoint = entry.member === undefined ? fetched.path : join(folders.downloads, entry.member);
  if (entry.member !== undefined) await unzipMember(fetched.path, entry.member, checkpoint, options.signal);
  const added = await add(checkpoint, folders.models, {
    name: entry.name,
    config: entry.config ?? null,
    licence: entry.licence,
    source: `${entry.address} (sha256 ${fetched.sha256})`,
    ...options,
  });
  for (const path of new Set([fetched.path, checkpoint])) await rm(path, { force: true });
  return { ...added, download: fetched };
}
