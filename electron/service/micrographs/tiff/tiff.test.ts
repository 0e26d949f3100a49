import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import Zstd from 'numcodecs/zstd';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PixelPlane } from '../../../../native-models/predictor/pixels.ts';
import { firstPlane } from '../contract.ts';
import { openMicrograph } from '../index.ts';
import { type TiffPage, writeTiff } from '../testing/tiffWriter.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lamella-tiff-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const [widthPx, heightPx] = [150, 110];

function plane(samples: 1 | 3, kind: 'uint8' | 'uint16'): PixelPlane {
  const length = widthPx * heightPx * samples;
  const data = kind === 'uint8' ? new Uint8Array(length) : new Uint16Array(length);
  const most = kind === 'uint8' ? 255 : 65_535;
  for (let at = 0; at < length; at++) {
    const [x, y] = [Math.floor(at / samples) % widthPx, Math.floor(at / samples / widthPx)];
    data[at] = most * (0.5 + 0.45 * Math.sin((x * (1 + (at % samples)) + 3 * y) / 17));
  }
  return { widthPx, heightPx, samples, data };
}

async function written(name: string, content: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe('TIFF that libvips wrote', () => {
  const compressions = ['none', 'lzw', 'deflate', 'packbits'] as const;
  const kinds = [
    ['uint8', 1],
    ['uint8', 3],
    ['uint16', 1],
    ['uint16', 3],
  ] as const;
  const cases = compressions.flatMap((compression) =>
    kinds.flatMap(([kind, samples]) => [false, true].map((tile) => ({ compression, kind, samples, tile }))),
  );

  it.each(cases)('$compression $kind × $samples, tiles: $tile: every sample, and parts', async (made) => {
    const { compression, kind, samples, tile } = made;
    const expected = plane(samples, kind);
    const raw = { width: widthPx, height: heightPx, channels: samples };
    const grey = kind === 'uint16' ? 'grey16' : 'b-w';
    const image = sharp(expected.data, { raw });
    image.toColourspace(samples === 1 ? grey : kind === 'uint16' ? 'rgb16' : 'srgb');
    const options = { compression, predictor: 'horizontal', tile, tileWidth: 64, tileHeight: 48 } as const;
    const bytes = await image.tiff(options).toBuffer();
    const micrograph = await openMicrograph(await written(`${compression} ${kind} ${samples} ${tile}.tif`, bytes));
    expect(micrograph.facts).toMatchObject({ widthPx, heightPx, samples, dtype: kind });
    const read = await micrograph.readPlane(firstPlane);
    expect({ ...read, data: null }).toEqual({ ...expected, data: null });
    expect(Buffer.from(read.data.buffer).equals(Buffer.from(expected.data.buffer))).toBe(true);
    const part = await micrograph.readRegion(firstPlane, 0, [50, 40, 70, 31]);
    expect(part.data[samples - 1]).toBe(expected.data[(40 * widthPx + 50) * samples + samples - 1]);
    expect(part.data.at(-1)).toBe(expected.data[(70 * widthPx + 119) * samples + samples - 1]);
  });

  it('damaged LZW is refused, whole and in parts', async () => {
    const { data } = plane(1, 'uint16');
    const raw = { width: widthPx, height: heightPx, channels: 1 } as const;
    const image = sharp(data, { raw }).toColourspace('grey16').tiff({ compression: 'lzw', predictor: 'horizontal' });
    const bytes = await image.toBuffer();
    for (const byte of [0, 255]) {
      const micrograph = await openMicrograph(await written('damaged.tif', Buffer.from(bytes).fill(byte, 2000, 2040)));
      await expect(micrograph.readPlane(firstPlane)).rejects.toMatchObject({ code: 'file-damaged' });
      const most = micrograph.readRegion(firstPlane, 0, [1, 0, widthPx - 1, heightPx]);
      await expect(most).rejects.toMatchObject({ code: 'file-damaged' });
    }
  });

  it.each([1, 2, 4] as const)('%i bits a sample are spread over 8', async (bitdepth) => {
    const { data } = plane(1, 'uint8');
    const raw = { width: widthPx, height: heightPx, channels: 1 } as const;
    const image = sharp(data, { raw }).toColourspace('b-w');
    const path = await written(`${bitdepth} bits.tif`, await image.tiff({ compression: 'none', bitdepth }).toBuffer());
    const read = await (await openMicrograph(path)).readPlane(firstPlane);
    const step = 255 / (2 ** bitdepth - 1);
    expect(read.data.every((value) => Math.abs(value / step - Math.round(value / step)) < 0.01)).toBe(true);
    expect(read.data.every((value, at) => Math.abs(value - data[at]!) <= step)).toBe(true);
  });

  it.each([
    [false, 95],
    [true, 95],
    [false, 75],
    [true, 75],
  ])('JPEG in colour, tiles: %s, quality %i (below 90 with colours at half the resolution)', async (tile, quality) => {
    const expected = plane(3, 'uint8');
    const raw = { width: widthPx, height: heightPx, channels: 3 } as const;
    const options = { compression: 'jpeg', quality, tile, tileWidth: 64, tileHeight: 64 } as const;
    const bytes = await sharp(expected.data, { raw }).tiff(options).toBuffer();
    const read = await (
      await openMicrograph(await written(`jpeg ${tile} ${quality}.tif`, bytes))
    ).readPlane(firstPlane);
    let difference = 0;
    for (let at = 0; at < expected.data.length; at++) difference += Math.abs(read.data[at]! - expected.data[at]!);
    expect(read.samples).toBe(3);
    expect(difference / expected.data.length).toBeLessThan(quality > 90 ? 4 : 12);
  });

  it('CMYK becomes red, green and blue', async () => {
    const raw = { width: widthPx, height: heightPx, channels: 3 } as const;
    const image = sharp(plane(3, 'uint8').data, { raw }).toColourspace('cmyk');
    const options = { compression: 'lzw', pyramid: true, tile: true, tileWidth: 64, tileHeight: 64 } as const;
    const micrograph = await openMicrograph(await written('cmyk.tif', await image.tiff(options).toBuffer()));
    expect(micrograph.facts).toMatchObject({ samples: 3, storedSamples: 4, dtype: 'uint8', pyramid: true });
    expect((await micrograph.readPlane(firstPlane)).data).toHaveLength(widthPx * heightPx * 3);
    const [whole, half] = [
      await micrograph.readRegion(firstPlane, 0, [20, 20, 2, 2]),
      await micrograph.readRegion(firstPlane, 1, [10, 10, 1, 1]),
    ];
    expect(Math.abs(half.data[0]! - whole.data[0]!)).toBeLessThan(16);
  });

  it('gives each level of a pyramid, and decodes only the tiles that a region touches', async () => {
    const side = 1024;
    const data = new Uint8Array(side * side).map((_, at) => (at % side) >> 2);
    const options = { compression: 'deflate', tile: true, tileWidth: 128, tileHeight: 128, pyramid: true } as const;
    const image = sharp(data, { raw: { width: side, height: side, channels: 1 } }).toColourspace('b-w');
    const path = await written('pyramid.tif', await image.tiff(options).toBuffer());
    const micrograph = await openMicrograph(path);
    expect(micrograph.facts).toMatchObject({ z: 1, pyramid: true });
    expect(micrograph.levels.map((level) => level.widthPx)).toEqual([1024, 512, 256, 128]);
    const half = await micrograph.readRegion(firstPlane, 1, [256, 10, 8, 2]);
    expect(Math.abs(half.data[0]! - 128)).toBeLessThanOrEqual(1);
    await expect(micrograph.readRegion(firstPlane, 1, [500, 0, 100, 1])).rejects.toMatchObject({ code: 'not-found' });
    await expect(micrograph.readRegion(firstPlane, 4, [0, 0, 1, 1])).rejects.toMatchObject({ code: 'not-found' });

    // One tile is spoilt: what does not touch it is read as before.
    const bytes = await readFile(path);
    const at =
      bytes.length - 1 - [...bytes].reverse().findIndex((byte, i, all) => byte === 0x78 && all[i - 1] === 0x9c);
    bytes.fill(0xff, at, at + 20);
    await writeFile(path, bytes);
    const levels = micrograph.levels.length;
    const results = await Promise.allSettled(
      Array.from({ length: levels }, (_, level) =>
        micrograph.readRegion(firstPlane, level, [
          0,
          0,
          micrograph.levels[level]!.widthPx,
          micrograph.levels[level]!.heightPx,
        ]),
      ),
    );
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect((await micrograph.readRegion(firstPlane, 0, [0, 0, 100, 100])).data[4]).toBe(1);
  });
});

describe('TIFF byte by byte', () => {
  const [w, h] = [6, 4];
  const page = (tags: TiffPage['tags'], blocks: Uint8Array[]): TiffPage => ({
    tags: { 256: [w], 257: [h], 258: [8], 259: [1], 262: [1], 277: [1], 278: [h], ...tags },
    blocks,
  });
  const numbers = Array.from({ length: w * h }, (_, i) => i * 10 - 50);
  const bytesOf = (array: ArrayBufferView) => new Uint8Array(array.buffer.slice(0) as ArrayBuffer);
  const readAll = async (name: string, bytes: Buffer, address = firstPlane) => {
    const micrograph = await openMicrograph(await written(name, bytes));
    return { facts: micrograph.facts, values: [...(await micrograph.readPlane(address)).data] };
  };

  const types = [
    ['int8', 2, Int8Array.from(numbers, (v) => v / 2)],
    ['int16', 2, Int16Array.from(numbers, (v) => v * 100)],
    ['uint32', 1, Uint32Array.from(numbers, (v) => (v + 50) * 1000)],
    ['int32', 2, Int32Array.from(numbers, (v) => v * 1000)],
    ['float64', 3, Float64Array.from(numbers, (v) => v / 4)],
  ] as const;

  it.each(types)('%s becomes float32, in both byte orders', async (dtype, format, samples) => {
    for (const little of [true, false]) {
      const bytes = bytesOf(samples);
      const width = samples.BYTES_PER_ELEMENT;
      if (!little) for (let at = 0; at < bytes.length; at += width) bytes.subarray(at, at + width).reverse();
      const tiff = writeTiff([page({ 258: [width * 8], 339: [format] }, [bytes])], little);
      const { facts, values } = await readAll(`${dtype} ${little}.tif`, tiff);
      expect(facts).toMatchObject({ dtype: 'float32', storedDtype: dtype });
      expect(values).toEqual([...samples]);
    }
  });

  it('12 bits packed are uint16 as they are', async () => {
    const values = numbers.map((v) => (v + 50) * 17);
    const packed: number[] = [];
    for (let i = 0; i < values.length; i += 2) {
      const [a, b] = [values[i]!, values[i + 1]!];
      packed.push(a >> 4, ((a & 15) << 4) | (b >> 8), b & 255);
    }
    const read = await readAll('12.tif', writeTiff([page({ 258: [12] }, [Uint8Array.from(packed)])]));
    expect(read.facts).toMatchObject({ dtype: 'uint16' });
    expect(read.values).toEqual(values);
  });

  it('differences of 16 bits in both byte orders', async () => {
    for (const little of [true, false]) {
      const values = Uint16Array.from(numbers, (v) => v * 997);
      const view = new DataView(new ArrayBuffer(w * h * 2));
      values.forEach((value, i) => view.setUint16(i * 2, i % w ? value - values[i - 1]! : value, little));
      const block = deflateSync(new Uint8Array(view.buffer));
      const tiff = writeTiff([page({ 258: [16], 259: [8], 317: [2] }, [block])], little);
      expect((await readAll(`differences ${little}.tif`, tiff)).values).toEqual([...values]);
    }
  });

  it('Zstandard, with and without a stated size', async () => {
    const values = Uint8Array.from(numbers, (v) => v + 50);
    const stated = await Zstd.fromConfig({ id: 'zstd' }).encode(values);
    // One raw block and no content size, as streaming writers (libtiff) make it: window byte, then the block.
    const streamed = [
      0x28,
      0xb5,
      0x2f,
      0xfd,
      0,
      0x48,
      ((values.length << 3) | 1) & 0xff,
      values.length >> 5,
      0,
      ...values,
    ];
    for (const block of [stated, Uint8Array.from(streamed)]) {
      expect((await readAll('zstd.tif', writeTiff([page({ 259: [50_000] }, [block])]))).values).toEqual([...values]);
    }
  });

  it('white is zero: values are turned around', async () => {
    const samples = Uint16Array.from(numbers, (v) => v + 50);
    const read = await readAll('white.tif', writeTiff([page({ 258: [16], 262: [0] }, [bytesOf(samples)])]));
    expect(read.values).toEqual([...samples].map((value) => 65_535 - value));
  });

  it('a palette of 4 bits, of colours and of greys', async () => {
    const block = Uint8Array.from({ length: (w / 2) * h }, (_, i) => ((i % 16) << 4) | 1);
    const map = (red: number) => Array.from({ length: 48 }, (_, i) => 4000 * (i % 16) + (i < 16 ? red : 0));
    const colours = await readAll('colours.tif', writeTiff([page({ 258: [4], 262: [3], 320: map(500) }, [block])]));
    expect(colours.facts).toMatchObject({ samples: 3, dtype: 'uint8' });
    expect(colours.values.slice(0, 6)).toEqual([1, 0, 0, 17, 15, 15]);
    const greys = await readAll('greys.tif', writeTiff([page({ 258: [4], 262: [3], 320: map(0) }, [block])]));
    expect(greys.facts).toMatchObject({ samples: 1, dtype: 'uint8' });
    expect(greys.values.slice(0, 4)).toEqual([0, 15, 15, 15]);
  });

  it('further samples of a grey page are channels, interleaved and in blocks of their own', async () => {
    const [a, b] = [numbers.map((v) => v + 50), numbers.map((v) => 200 - v)];
    const mixed = Uint8Array.from(a.flatMap((value, i) => [value, b[i]!]));
    const together = writeTiff([page({ 277: [2], 338: [0] }, [mixed])]);
    const apart = writeTiff([page({ 277: [2], 284: [2], 338: [0] }, [Uint8Array.from(a), Uint8Array.from(b)])]);
    for (const tiff of [together, apart]) {
      const { facts, values } = await readAll('channels.tif', tiff, { c: 1, z: 0, t: 0 });
      expect(facts).toMatchObject({ samples: 1, channels: 2, z: 1 });
      expect(values).toEqual(b);
    }
  });

  it('ImageJ’s stack under one directory, of which one image is read at a time', async () => {
    const images = [0, 1, 2, 3].map((image) => Uint8Array.from(numbers, (v) => v + 50 + image));
    const description = 'ImageJ=1.54f\nimages=4\nchannels=2\nslices=2\nhyperstack=true\nunit=nm\n';
    const all = Uint8Array.from(images.flatMap((image) => [...image]));
    const tiff = writeTiff([page({ 270: description }, [all])]);
    // The directory speaks of the first image only.
    const at = tiff.indexOf(Buffer.from([279 & 255, 279 >> 8, 4, 0, 1, 0, 0, 0]));
    tiff.writeUInt32LE(w * h, at + 8);
    const { facts, values } = await readAll('imagej.tif', tiff, { c: 1, z: 1, t: 0 });
    expect(facts).toMatchObject({ channels: 2, z: 2, axes: 'ZCYX', shape: [2, 2, h, w] });
    expect(values).toEqual([...images[3]!]);
  });

  it('levels in directories below the page', async () => {
    const slice = (first: number): TiffPage => {
      const small = Uint8Array.from({ length: 6 }, (_, i) => first + i);
      const subPages = [page({ 256: [3], 257: [2], 278: [2], 254: [1] }, [small])];
      return { ...page({}, [Uint8Array.from(numbers, (v) => v + 50)]), subPages };
    };
    const micrograph = await openMicrograph(await written('below.tif', writeTiff([slice(1), slice(101)])));
    expect(micrograph.facts).toMatchObject({ z: 2, pyramid: true });
    expect(micrograph.levels).toEqual([
      { widthPx: w, heightPx: h },
      { widthPx: 3, heightPx: 2 },
    ]);
    expect([...(await micrograph.readRegion(firstPlane, 1, [1, 0, 2, 2])).data]).toEqual([2, 3, 5, 6]);
    const second = { c: null, z: 1, t: 0 };
    expect([...(await micrograph.readRegion(second, 1, [1, 0, 2, 2])).data]).toEqual([102, 103, 105, 106]);
  });

  it('an OME-TIFF set: planes in the file beside it; without it, the message says what is missing', async () => {
    const ome = (
      file: string,
    ) => `<?xml version="1.0"?><OME xmlns="x"><Image><Pixels DimensionOrder="XYZCT" Type="uint8"
      SizeX="${w}" SizeY="${h}" SizeC="2" SizeZ="1" SizeT="1" PhysicalSizeX="0.2" PhysicalSizeXUnit="nm">
      <Channel Name="A &amp; B" Color="16711935"/><Channel Name="C"/>
      <TiffData FirstC="0" IFD="0" PlaneCount="1"><UUID FileName="set 1.ome.tif">a</UUID></TiffData>
      <TiffData FirstC="1" IFD="0" PlaneCount="1"><UUID FileName="${file}">b</UUID></TiffData></Pixels></Image></OME>`;
    const second = Uint8Array.from(numbers, (v) => 150 - v / 2);
    await written('set 2.ome.tif', writeTiff([page({ 270: ome('set 2.ome.tif') }, [second])]));
    const first = writeTiff([page({ 270: ome('set 2.ome.tif') }, [Uint8Array.from(numbers, (v) => v + 50)])]);
    const { facts, values } = await readAll('set 1.ome.tif', first, { c: 1, z: 0, t: 0 });
    expect(facts).toMatchObject({ channels: 2, pixelSize: 0.2, pixelUnit: 'nm', axes: 'CYX' });
    expect(facts.channelInfo).toEqual([
      { name: 'A & B', color: '#00ff00' },
      { name: 'C', color: null },
    ]);
    expect(values).toEqual([...second]);

    const alone = writeTiff([page({ 270: ome('nix.ome.tif') }, [Uint8Array.from(numbers, (v) => v + 50)])]);
    const reading = readAll('set 1.ome.tif', alone, { c: 1, z: 0, t: 0 });
    await expect(reading).rejects.toMatchObject({ code: 'file-missing', path: join(folder, 'nix.ome.tif') });

    const pointer = '<OME><BinaryOnly MetadataFile="all.companion.ome" UUID="u"/></OME>';
    const part = writeTiff([page({ 270: pointer }, [second])]);
    await expect(readAll('part.ome.tif', part)).rejects.toMatchObject({
      code: 'file-unsupported',
      message: expect.stringContaining('all.companion.ome'),
    });
    await written('all.companion.ome', Buffer.from(ome('set 2.ome.tif')));
    expect((await readAll('part.ome.tif', part, { c: 1, z: 0, t: 0 })).values).toEqual([...second]);
  });

  it('a slide of 8 gigapixels: parts are read, the whole is refused', async () => {
    const tags = { 256: [100_000], 257: [80_000], 322: [4096], 323: [4096], 259: [8] };
    const tile = new Uint8Array(4096 * 4096);
    tile[2 * 4096 + 1] = 9;
    // Tiles that were never written have no place and no length; the last one is there.
    const blocks = Array.from({ length: 25 * 20 }, () => new Uint8Array(0)).with(499, deflateSync(tile));
    const tiff = writeTiff([page(tags, blocks)]);
    const offsets = tiff.indexOf(Buffer.from([324 & 255, 324 >> 8, 4, 0, 500 & 255, 500 >> 8, 0, 0]));
    tiff.fill(0, tiff.readUInt32LE(offsets + 8), tiff.readUInt32LE(offsets + 8) + 499 * 4);
    const micrograph = await openMicrograph(await written('slide.tif', tiff));
    expect(micrograph.facts).toMatchObject({ widthPx: 100_000, heightPx: 80_000 });
    const corner = await micrograph.readRegion(firstPlane, 0, [24 * 4096, 19 * 4096, 4, 4]);
    expect([...corner.data].indexOf(9)).toBe(2 * 4 + 1);
    expect((await micrograph.readRegion(firstPlane, 0, [4000, 4000, 200, 200])).data.every((v) => v === 0)).toBe(true);
    await expect(micrograph.readPlane(firstPlane)).rejects.toMatchObject({ code: 'file-unsupported' });
  });

  it('promises that the file can’t keep are refused before memory is taken', async () => {
    const block = deflateSync(new Uint8Array(w * h));
    const large = writeTiff([page({ 256: [30_000], 257: [30_000], 278: [30_000], 259: [8] }, [block])]);
    await expect(readAll('large.tif', large)).rejects.toMatchObject({ code: 'file-damaged' });
    const bomb = deflateSync(new Uint8Array(50_000_000));
    await expect(readAll('bomb.tif', writeTiff([page({ 259: [8] }, [bomb])]))).rejects.toMatchObject({
      code: 'file-damaged',
    });
    const lerc = writeTiff([page({ 259: [34_887] }, [block])]);
    await expect(readAll('lerc.tif', lerc)).rejects.toMatchObject({
      code: 'file-unsupported',
      message: expect.stringContaining('LERC'),
    });
  });

  it('resolution per inch is no calibration in a SEM’s file; the instrument’s own is', async () => {
    const fei =
      '[User]\r\nDate=1\r\n[System]\r\nSystemType=Quanta\r\n[Beam]\r\nHV=15000\r\nBeam=EBeam\r\n[EBeam]\r\nHFW=6e-05\r\n[Image]\r\nResolutionX=6\r\nResolutionY=3\r\n[Detectors]\r\nName=BSED\r\n';
    const block = Uint8Array.from(numbers, (v) => v + 50);
    const { facts } = await readAll('fei.tif', writeTiff([page({ 34682: fei }, [block])]));
    expect(facts).toMatchObject({
      ...{ pixelSize: 1e-5, pixelUnit: 'm', dataBar: { y: 3, height: 1 } },
      instrument: { maker: 'Thermo/FEI', model: 'Quanta', detector: 'BSED', voltageV: 15_000 },
    });
    // 25,400 pixels an inch: no printer's, so it counts, except where an instrument wrote its own tags.
    const dense = { 282: [25_400], 283: [25_400], 296: [2] };
    const plain = await readAll('dense.tif', writeTiff([page(dense, [block])]));
    expect(plain.facts).toMatchObject({ pixelSize: 1, pixelUnit: 'µm', pixelSizeSource: 'TIFF resolution tags' });
    const sem = await readAll(
      'sem.tif',
      writeTiff([page({ ...dense, 34682: '[Image]\r\nResolutionX=6\r\n' }, [block])]),
    );
    expect(sem.facts).toMatchObject({ pixelSize: null, pixelUnit: null });
    const jeol = await readAll('jeol.tif', writeTiff([page({ ...dense, 271: 'JEOL Ltd.' }, [block])]));
    expect(jeol.facts).toMatchObject({ pixelSize: null, instrument: { maker: 'JEOL' } });
    const orientation = await readAll('turned.tif', writeTiff([page({ 274: [6] }, [block])]));
    expect(orientation.facts).toMatchObject({ widthPx: w, heightPx: h, ignoredOrientation: 6 });
  });
});
