import { useEffect, useState } from 'react';
import { isMicrographFile } from '../actions/micrographFiles.ts';
import { groupModelFiles, isModelFile } from '../actions/modelFiles.ts';
import { addModelFiles } from '../actions/models.ts';
import { addPaths, openPaths, uploadFiles } from '../actions/projects.ts';
import { host } from '../client/host.ts';
import { strings } from '../strings.ts';
import { notify, reportFailure } from './notify.tsx';

/** Files and folders dropped anywhere on the page are opened; true while something hovers. */
export function useFileDrop(): boolean {
  const [hovering, setHovering] = useState(false);
  useEffect(() => {
    const holdsFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true;
    const over = (event: DragEvent) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      setHovering(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setHovering(false);
    };
    const drop = (event: DragEvent) => {
      if (!event.dataTransfer || !holdsFiles(event)) return;
      event.preventDefault();
      setHovering(false);
      // Entries must be taken now: the list is empty once the event is over.
      const dropped = Array.from(event.dataTransfer.items)
        .filter(({ kind }) => kind === 'file')
        .map((item): Dropped => ({ entry: item.webkitGetAsEntry(), file: item.getAsFile() }));
      receive(dropped).catch(reportFailure);
    };
    window.addEventListener('dragover', over);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragover', over);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
    };
  }, []);
  return hovering;
}

/** A file without an entry comes from another page, not from a disk. */
interface Dropped {
  entry: FileSystemEntry | null;
  file: File | null;
}

/** Models go to the models, whatever is shown; all else is taken for micrographs. */
async function receive(all: Dropped[]): Promise<void> {
  const single = all.flatMap(({ entry, file }) => (file && !entry?.isDirectory ? [file] : []));
  if (!single.some(({ name }) => isModelFile(name))) return receiveMicrographs(all);
  await addModelFiles(single);
  const taken = new Set(groupModelFiles(single).flatMap(({ files, config }) => (config ? [...files, config] : files)));
  const rest = all.filter(({ file }) => file === null || !taken.has(file));
  if (rest.length > 0) await receiveMicrographs(rest);
}

async function receiveMicrographs(dropped: Dropped[]): Promise<void> {
  const folders = dropped.filter(({ entry }) => entry?.isDirectory);
  if (host) {
    const { pathForFile } = host;
    const paths = dropped.flatMap(({ file }) => (file ? [pathForFile(file)] : []));
    return folders.length > 0 ? openPaths(paths) : addPaths(paths);
  }
  const found = (await Promise.all(dropped.map(filesOf))).flat();
  const micrographs = found.filter(({ name }) => isMicrographFile(name));
  if (micrographs.length === 0) {
    const { noMicrographs, noMicrographsRemedy } = strings.open;
    return notify({ level: 'warning', message: noMicrographs, remedy: noMicrographsRemedy });
  }
  return uploadFiles(micrographs);
}

/** The file that was dropped; of a folder those that lie directly in it. */
async function filesOf({ entry, file }: Dropped): Promise<File[]> {
  if (!entry?.isDirectory) return file ? [file] : [];
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const inside: FileSystemEntry[] = [];
  // A reader gives at most a hundred entries at a time.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break;
    inside.push(...some);
  }
  return Promise.all(inside.filter((one) => one.isFile).map((one) => fileOf(one as FileSystemFileEntry)));
}

const fileOf = (entry: FileSystemFileEntry) => new Promise<File>((resolve, reject) => entry.file(resolve, reject));
