/** For tests: one directory of a TIFF that is written byte by byte, with what libtiff's writers don't write. */
export interface TiffPage {
  /** Numbers by tag: SHORT where they fit, else LONG; sizes of blocks are added. Text by tag: ASCII. */
  tags: Record<number, number[] | string | Uint8Array>;
  /** Strips or tiles, encoded. */
  blocks: Uint8Array[];
  /** Reduced copies, whose directories hang below this one (tag 330). */
  subPages?: TiffPage[];
}

/** Classic TIFF: header, then for each page its blocks, its values, its directory. */
export function writeTiff(pages: readonly TiffPage[], littleEndian = true): Buffer {
  const writer = new Writer(littleEndian);
  writer.bytes([littleEndian ? 0x49 : 0x4d, littleEndian ? 0x49 : 0x4d]);
  writer.uint16(42);
  const firstAt = writer.reserve32();
  let nextAt = firstAt;
  for (const page of pages) {
    const { at, next } = writePage(writer, page);
    writer.patch32(nextAt, at);
    nextAt = next;
  }
  return writer.result();
}

function writePage(writer: Writer, page: TiffPage): { at: number; next: number } {
  const subPages = (page.subPages ?? []).map((sub) => writePage(writer, sub).at);
  const offsets = page.blocks.map((block) => writer.bytes(block));
  const tiled = 322 in page.tags;
  const tags: TiffPage['tags'] = {
    ...page.tags,
    [tiled ? 324 : 273]: offsets,
    [tiled ? 325 : 279]: page.blocks.map((block) => block.length),
    ...(subPages.length > 0 ? { 330: subPages } : {}),
  };
  const entries = Object.entries(tags).map(([tag, value]) => ({ tag: Number(tag), ...writer.value(value) }));
  const at = writer.align();
  writer.uint16(entries.length);
  for (const { tag, type, count, valueAt } of entries) {
    writer.uint16(tag);
    writer.uint16(type);
    writer.uint32(count);
    writer.uint32(valueAt);
  }
  return { at, next: writer.reserve32() };
}

class Writer {
  #bytes: number[] = [];

  constructor(private readonly littleEndian: boolean) {}

  bytes(bytes: Iterable<number>): number {
    const at = this.align();
    for (const byte of bytes) this.#bytes.push(byte);
    return at;
  }

  /** Every value has a place of its own, so that there is one way to read them. Single numbers are written inline. */
  value(value: number[] | string | Uint8Array): { type: number; count: number; valueAt: number } {
    if (typeof value === 'string') {
      const text = Buffer.from(`${value}\0\0\0\0\0`, 'latin1');
      return { type: 2, count: text.length, valueAt: this.bytes(text) };
    }
    if (value instanceof Uint8Array) return { type: 7, count: value.length, valueAt: this.bytes(value) };
    if (value.length === 1) return { type: 4, count: 1, valueAt: value[0]! };
    const at = this.align();
    for (const number of value) this.uint32(number);
    return { type: 4, count: value.length, valueAt: at };
  }

  align(): number {
    if (this.#bytes.length % 2) this.#bytes.push(0);
    return this.#bytes.length;
  }

  uint16(value: number): void {
    const parts = [value & 0xff, (value >> 8) & 0xff];
    this.#bytes.push(...(this.littleEndian ? parts : parts.reverse()));
  }

  uint32(value: number): void {
    this.#bytes.push(...this.#parts(value));
  }

  reserve32(): number {
    this.uint32(0);
    return this.#bytes.length - 4;
  }

  patch32(at: number, value: number): void {
    this.#bytes.splice(at, 4, ...this.#parts(value));
  }

  result(): Buffer {
    return Buffer.from(this.#bytes);
  }

  #parts(value: number): number[] {
    const parts = [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
    return this.littleEndian ? parts : parts.reverse();
  }
}
