import { closeSync, fstatSync, openSync, readSync, rmSync, writeSync } from 'node:fs';

/** Offsets in the header of an SQLite file (sqlite.org/fileformat2.html, section 1.3); numbers are big-endian. */
const pageSizeAt = 16;
const pageCountAt = 28;
const headerBytes = 100;

/** What every project's header holds from its making on, by offset: it says how all the rest is to be read. */
const fixed: readonly [at: number, bytes: Buffer][] = [
  [0, Buffer.from('SQLite format 3\0', 'latin1')],
  // Page size 4096, rollback journal, no reserved space, payload fractions.
  [16, Buffer.from([0x10, 0, 1, 1, 0, 64, 32, 32])],
  // Schema format 4.
  [44, Buffer.from([0, 0, 0, 4])],
  // No auto-vacuum; UTF-8.
  [52, Buffer.from([0, 0, 0, 0, 0, 0, 0, 1])],
  // No incremental vacuum.
  [64, Buffer.from([0, 0, 0, 0])],
];

/** False where SQLite would refuse the file, or read it as something that it is not. */
export function hasSoundHeader(file: string): boolean {
  const handle = openSync(file, 'r');
  try {
    const header = Buffer.alloc(headerBytes);
    readSync(handle, header, 0, headerBytes, 0);
    return fixed.every(([at, bytes]) => header.subarray(at, at + bytes.length).equals(bytes));
  } finally {
    closeSync(handle);
  }
}

/** A file that was cut short promises more pages than it has, and SQLite then reads none: makes it promise the rest. */
export function fitPageCount(file: string): void {
  const handle = openSync(file, 'r+');
  try {
    const header = Buffer.alloc(headerBytes);
    if (readSync(handle, header, 0, headerBytes, 0) < headerBytes) return;
    const pageSize = pageSizeOf(header);
    const pages = Math.floor(fstatSync(handle).size / pageSize);
    if (pages < 1 || pages >= header.readUInt32BE(pageCountAt)) return;
    header.writeUInt32BE(pages, pageCountAt);
    writeSync(handle, header, pageCountAt, 4, pageCountAt);
  } finally {
    closeSync(handle);
  }
}

/**
 * Gives `file` the first page of `empty`: the header and the list of tables. The tables' roots lie at the same pages in
 * every project, because every project makes its tables in the same order, before any row; those that a later format
 * brought lie elsewhere in a project that is older than they are, and are not found again.
 */
export function takeFirstPage(empty: string, file: string): void {
  rmSync(`${file}-journal`, { force: true });
  const page = readFirstPage(empty);
  const handle = openSync(file, 'r+');
  try {
    page.writeUInt32BE(Math.max(1, Math.floor(fstatSync(handle).size / page.length)), pageCountAt);
    writeSync(handle, page, 0, page.length, 0);
  } finally {
    closeSync(handle);
  }
}

function readFirstPage(file: string): Buffer {
  const handle = openSync(file, 'r');
  try {
    const header = Buffer.alloc(headerBytes);
    readSync(handle, header, 0, headerBytes, 0);
    const page = Buffer.alloc(pageSizeOf(header));
    readSync(handle, page, 0, page.length, 0);
    return page;
  } finally {
    closeSync(handle);
  }
}

/** 1 stands for 65536. Never 0, so that a header of nonsense divides by nothing. */
function pageSizeOf(header: Buffer): number {
  const stored = header.readUInt16BE(pageSizeAt);
  return stored === 1 ? 65_536 : Math.max(stored, 512);
}
