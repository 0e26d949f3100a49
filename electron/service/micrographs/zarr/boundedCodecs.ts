import { gunzipSync, inflateSync } from 'node:zlib';
import { registry } from 'zarrita';
import { mostZstdBytes } from '../zstdFrame.ts';

type CodecEntry = Awaited<ReturnType<NonNullable<ReturnType<typeof registry.get>>>>;
type ChunkMetadata = Parameters<CodecEntry['fromConfig']>[1];
type ChunkCodec = ReturnType<CodecEntry['fromConfig']>;

/** What a chain of codecs may add to a chunk: checksums, headers. */
const slackBytes = 4096;

const componentBytes: Record<string, number> = {
  ...{ bool: 1, int8: 1, uint8: 1, int16: 2, uint16: 2, float16: 2 },
  ...{ int32: 4, uint32: 4, float32: 4, int64: 8, uint64: 8, float64: 8 },
};

/**
 * Puts limits before zarrita's codecs: each compressed chunk is asked how much it will become, and no more than the
 * array's chunk is decoded. Without them a few bytes may become gigabytes.
 */
export function limitZarrCodecs(): void {
  for (const prefix of ['', 'numcodecs.']) {
    limit(`${prefix}blosc`, bloscBytes);
    limit(`${prefix}lz4`, lz4Bytes);
    limit(`${prefix}zstd`, mostZstdBytes);
    registry.set(`${prefix}gzip`, async () => deflateCodec(gunzipSync));
    registry.set(`${prefix}zlib`, async () => deflateCodec(inflateSync));
  }
}

function limit(name: string, mostBytes: (bytes: Uint8Array) => number): void {
  const load = registry.get(name);
  if (!load) return;
  registry.set(name, async () => {
    const entry = await load();
    return {
      ...entry,
      fromConfig: (config, chunk) => {
        const codec = entry.fromConfig(config, chunk);
        const most = chunkBytes(chunk);
        const decode = async (bytes: Uint8Array) => {
          if (mostBytes(bytes) > most) throw new Error('a chunk would become larger than its array says');
          return codec.decode(bytes);
        };
        return { kind: 'bytes_to_bytes', encode: (bytes) => codec.encode(bytes), decode } satisfies ChunkCodec;
      },
    };
  });
}

/** Node's zlib in place of a stream that has no limit. */
function deflateCodec(inflate: typeof gunzipSync): CodecEntry {
  return {
    kind: 'bytes_to_bytes',
    fromConfig: (_, chunk) => ({
      kind: 'bytes_to_bytes',
      encode: () => {
        throw new Error('reading only');
      },
      decode: (bytes) => inflate(bytes, { maxOutputLength: chunkBytes(chunk) }),
    }),
  };
}

function chunkBytes({ shape, dataType }: ChunkMetadata): number {
  return shape.reduce((product, size) => product * size, componentBytes[dataType] ?? 16) + slackBytes;
}

/** Blosc 1: version, flags, sizes; the decoded size is at byte 4. */
function bloscBytes(bytes: Uint8Array): number {
  if (bytes.length < 16) throw new Error('a chunk that ends within its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(12, true) > bytes.length) throw new Error('a chunk that is cut short');
  return view.getUint32(4, true);
}

/** numcodecs' LZ4: the decoded size before the block. */
function lz4Bytes(bytes: Uint8Array): number {
  if (bytes.length < 4) throw new Error('a chunk that ends within its header');
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
}
