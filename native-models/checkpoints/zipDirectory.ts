import type { CheckpointFile } from './checkpointFile.ts';
import { quoted } from './faults.ts';

/** A file within a zip archive. */
export interface ZipEntry {
  readonly name: string;
  readonly method: 'stored' | 'deflated';
  /** In the archive, in bytes. */
  readonly compressedSize: number;
  /** Unpacked, in bytes. */
  readonly size: number;
  /** Position of its local header. */
  readonly header: number;
}

/** Bytes of a directory; an entry takes about 100. */
const maxDirectory = 2 ** 24;

const endRecord = { signature: 0x06_05_4b_50, bytes: 22 };
const zip64Locator = { signature: 0x07_06_4b_50, bytes: 20 };
const zip64EndRecord = { signature: 0x06_06_4b_50, bytes: 56 };
const centralHeader = { signature: 0x02_01_4b_50, bytes: 46 };
const localHeader = { signature: 0x04_03_4b_50, bytes: 30 };
const zip64Field = 0x00_01;
const maxComment = 0xff_ff;

/**
 * The directory of a zip archive (APPNOTE 6.3, with zip64): only the end of the file and the directory are read. Names
 * are never used as paths; those that would lead out of a folder are refused all the same, as no checkpoint has them.
 * @throws ModelError checkpoint-invalid
 */
export async function readZipDirectory(file: CheckpointFile): Promise<ReadonlyMap<string, ZipEntry>> {
  const { count, size, start } = await findDirectory(file);
  if (size > maxDirectory) throw file.refused(`its zip directory has ${size} bytes, more than ${maxDirectory}`);
  const view = viewOf(await file.readAt(start, size, 'the zip directory'));
  const entries = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    const { entry, next } = readCentralHeader(file, view, at);
    if (entries.has(entry.name)) throw file.refused(`its zip directory names ${quoted(entry.name)} twice`);
    if (entry.header + localHeader.bytes + entry.compressedSize > start) {
      throw file.damaged(`${quoted(entry.name)} of ${entry.compressedSize} bytes does not fit into the zip archive`);
    }
    entries.set(entry.name, entry);
    at = next;
  }
  return entries;
}

/**
 * Position of an entry's bytes, which its local header tells.
 * @throws ModelError checkpoint-invalid
 */
export async function findZipData(file: CheckpointFile, entry: ZipEntry): Promise<number> {
  const view = viewOf(await file.readAt(entry.header, localHeader.bytes, `the zip header of ${quoted(entry.name)}`));
  if (view.getUint32(0, true) !== localHeader.signature) {
    throw file.damaged(`there is no zip header of ${quoted(entry.name)} at byte ${entry.header}`);
  }
  return entry.header + localHeader.bytes + view.getUint16(26, true) + view.getUint16(28, true);
}

async function findDirectory(file: CheckpointFile): Promise<{ count: number; size: number; start: number }> {
  const tailStart = Math.max(0, file.size - endRecord.bytes - maxComment - zip64Locator.bytes);
  const view = viewOf(await file.readAt(tailStart, file.size - tailStart, 'the end of the zip archive'));
  let end = view.byteLength - endRecord.bytes;
  while (
    end >= 0 &&
    !(
      view.getUint32(end, true) === endRecord.signature && view.getUint16(end + 20, true) === view.byteLength - end - 22
    )
  ) {
    end--;
  }
  if (end < 0) throw file.damaged('its zip directory is missing, as when a download was cut short');
  const locator = end - zip64Locator.bytes;
  if (locator >= 0 && view.getUint32(locator, true) === zip64Locator.signature) {
    const position = Number(view.getBigUint64(locator + 8, true));
    const record = viewOf(await file.readAt(position, zip64EndRecord.bytes, 'the zip64 end record'));
    if (record.getUint32(0, true) !== zip64EndRecord.signature) {
      throw file.damaged(`there is no zip64 end record at byte ${position}`);
    }
    const number = (at: number) => Number(record.getBigUint64(at, true));
    return { count: number(32), size: number(40), start: number(48) };
  }
  const count = view.getUint16(end + 10, true);
  return { count, size: view.getUint32(end + 12, true), start: view.getUint32(end + 16, true) };
}

function readCentralHeader(file: CheckpointFile, view: DataView, at: number): { entry: ZipEntry; next: number } {
  const broken = () => file.damaged(`its zip directory is broken at byte ${at}`);
  if (at + centralHeader.bytes > view.byteLength || view.getUint32(at, true) !== centralHeader.signature)
    throw broken();
  const nameStart = at + centralHeader.bytes;
  const extraStart = nameStart + view.getUint16(at + 28, true);
  const extraEnd = extraStart + view.getUint16(at + 30, true);
  const next = extraEnd + view.getUint16(at + 32, true);
  if (next > view.byteLength) throw broken();
  const name = new TextDecoder().decode(
    new Uint8Array(view.buffer, view.byteOffset + nameStart, extraStart - nameStart),
  );
  if (/^[/\\]|^[a-z]:|\\|\0|(^|\/)\.\.?(\/|$)/i.test(name)) {
    throw file.refused(`its zip archive holds the name ${quoted(name)}`);
  }
  if (view.getUint16(at + 8, true) & 1) throw file.refused(`${quoted(name)} in its zip archive is encrypted`);
  const method = view.getUint16(at + 10, true);
  if (method !== 0 && method !== 8) {
    throw file.refused(`${quoted(name)} in its zip archive is packed with method ${method}, not stored`);
  }

  const large = zip64Numbers(view, extraStart, extraEnd);
  const sizeOrLarge = (position: number) => {
    const value = view.getUint32(position, true);
    return value === 0xff_ff_ff_ff ? (large.shift() ?? value) : value;
  };
  // In the order of the zip64 field, which holds only those that are too large for their own places.
  const size = sizeOrLarge(at + 24);
  const compressedSize = sizeOrLarge(at + 20);
  const header = sizeOrLarge(at + 42);
  if (method === 0 && size !== compressedSize) throw file.damaged(`${quoted(name)} is stored with two sizes`);
  return { entry: { name, method: method === 0 ? 'stored' : 'deflated', compressedSize, size, header }, next };
}

function zip64Numbers(view: DataView, start: number, end: number): number[] {
  for (let at = start; at + 4 <= end;) {
    const fieldEnd = at + 4 + view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === zip64Field) {
      const numbers: number[] = [];
      for (let p = at + 4; p + 8 <= Math.min(fieldEnd, end); p += 8) numbers.push(Number(view.getBigUint64(p, true)));
      return numbers;
    }
    at = fieldEnd;
  }
  return [];
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
