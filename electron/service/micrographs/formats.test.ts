import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as zarr from 'zarrita';
import { firstPlane } from './contract.ts';
import { identifyMicrograph } from './identify.ts';
import { findMicrographs, openMicrograph } from './index.ts';
import { conversionOf } from './otherFormats.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lamella-formats-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function written(name: string, ...parts: (Uint8Array | string)[]): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(
    path,
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part))),
  );
  return path;
}

const values = (count: number, step = 1) => Array.from({ length: count }, (_, i) => i * step);

describe('MRC', () => {
  const header = (mode: number, z: number) => {
    const head = Buffer.alloc(1024);
    [5, 4, z, mode, 0, 0, 0, 5, 4, z].forEach((value, word) => head.writeInt32LE(value, word * 4));
    [50, 40, 60].forEach((length, i) => head.writeFloatLE(length, 40 + i * 4));
    [1, 2, 3].forEach((axis, i) => head.writeInt32LE(axis, 64 + i * 4));
    head.write('MAP DD', 208);
    return head;
  };

  it('sections are z; the cell gives the pixel size', async () => {
    const path = await written('stack.mrc', header(6, 3), Buffer.from(Uint16Array.from(values(60)).buffer));
    const micrograph = await openMicrograph(path);
    expect(micrograph.facts).toMatchObject({ format: 'MRC', widthPx: 5, heightPx: 4, z: 3, dtype: 'uint16' });
    expect(micrograph.facts).toMatchObject({ pixelSize: 1, pixelUnit: 'nm', zStep: 2, axes: 'ZYX', shape: [3, 4, 5] });
    expect([...(await micrograph.readPlane({ c: null, z: 2, t: 0 })).data]).toEqual(values(60).slice(40));
    expect([...(await micrograph.readRegion(firstPlane, 0, [1, 1, 2, 2])).data]).toEqual([6, 7, 11, 12]);
    await expect(micrograph.readPlane({ c: null, z: 3, t: 0 })).rejects.toMatchObject({ code: 'not-found' });
  });

  it('what the file can’t hold is refused', async () => {
    await expect(openMicrograph(await written('cut.mrc', header(2, 3), Buffer.alloc(50)))).rejects.toMatchObject({
      code: 'file-damaged',
    });
  });
});

describe('NRRD', () => {
  const head = (encoding: string, more = '') =>
    `NRRD0004\n# made by hand\ntype: short\ndimension: 3\nsizes: 4 3 2\nencoding: ${encoding}\nendian: big\n` +
    `spacings: 0.5 0.5 2\nunits: "um" "um" "um"\n${more}`;
  const samples = Buffer.alloc(48);
  values(24, -3).forEach((value, i) => samples.writeInt16BE(value, i * 2));

  it.each(['raw', 'gzip'])('%s, big-endian, signed', async (encoding) => {
    const data = encoding === 'raw' ? samples : gzipSync(samples);
    const micrograph = await openMicrograph(await written(`${encoding}.nrrd`, `${head(encoding)}\n`, data));
    expect(micrograph.facts).toMatchObject({ storedDtype: 'int16', z: 2, pixelSize: 0.5, pixelUnit: 'um', zStep: 2 });
    expect([...(await micrograph.readPlane({ c: null, z: 1, t: 0 })).data]).toEqual(values(24, -3).slice(12));
  });

  it('samples in a file beside the header, and nowhere else', async () => {
    await written('apart.raw', samples);
    const micrograph = await openMicrograph(
      await written('apart.nhdr', head('raw', 'data file: /etc/../x/apart.raw\n')),
    );
    expect([...(await micrograph.readPlane(firstPlane)).data]).toEqual(values(12, -3).map((value) => value + 0));
  });
});

describe('pictures of cameras', () => {
  it('BMP: rows from the bottom, blue first', async () => {
    const head = Buffer.alloc(54);
    head.write('BM');
    head.writeUInt32LE(54, 10);
    head.writeUInt32LE(40, 14);
    head.writeInt32LE(2, 18);
    head.writeInt32LE(2, 22);
    head.writeUInt16LE(24, 28);
    const rows = Buffer.from([1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0]);
    const micrograph = await openMicrograph(await written('camera.bmp', head, rows));
    expect(micrograph.facts).toMatchObject({ format: 'BMP', samples: 3, widthPx: 2, heightPx: 2 });
    expect([...(await micrograph.readPlane(firstPlane)).data]).toEqual([9, 8, 7, 12, 11, 10, 3, 2, 1, 6, 5, 4]);
    expect([...(await micrograph.readRegion(firstPlane, 0, [1, 1, 1, 1])).data]).toEqual([6, 5, 4]);
  });

  it('WebP', async () => {
    const raw = { width: 16, height: 8, channels: 3 } as const;
    const bytes = await sharp(Buffer.alloc(16 * 8 * 3, 90), { raw })
      .webp({ lossless: true })
      .toBuffer();
    const micrograph = await openMicrograph(await written('camera.webp', bytes));
    expect(micrograph.facts).toMatchObject({ format: 'WebP', widthPx: 16, heightPx: 8, samples: 3 });
    expect((await micrograph.readPlane(firstPlane)).data.every((value) => value === 90)).toBe(true);
  });
});

describe('OME-Zarr', () => {
  /** 0.5: one zarr.json a group and array, attributes under `ome`; samples of a level are its index. */
  async function make(name: string): Promise<string> {
    const store = new Map<string, Uint8Array>();
    const root = zarr.root(store as never);
    const axes = ['c', 'y', 'x'].map((axis) => ({
      name: axis,
      type: axis === 'c' ? 'channel' : 'space',
      unit: 'micrometer',
    }));
    const datasets = [1, 2].map((factor, level) => ({
      path: String(level),
      coordinateTransformations: [{ type: 'scale', scale: [1, 0.3 * factor, 0.3 * factor] }],
    }));
    const ome = {
      version: '0.5',
      multiscales: [{ axes, datasets }],
      omero: { channels: [{ label: 'DAPI', color: '0000FF' }] },
    };
    await zarr.create(root as never, { attributes: { ome } } as never);
    for (const [level, [height, width]] of [
      [50, 70],
      [25, 35],
    ].entries()) {
      const array = await zarr.create(
        (root as zarr.Location<never>).resolve(String(level)) as never,
        {
          shape: [2, height!, width!],
          chunkShape: [1, 32, 32],
          dtype: 'int16',
          codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
        } as never,
      );
      const data = Int16Array.from({ length: 2 * height! * width! }, (_, i) => i - 100);
      await zarr.set(array as never, null, {
        data,
        shape: [2, height!, width!],
        stride: [height! * width!, width!, 1],
      } as never);
    }
    for (const [key, bytes] of store) await written(`${name}${key}`, bytes);
    return join(folder, name);
  }

  it('0.5: axes, levels, channels, pixel size; planes and regions by chunks', async () => {
    const path = await make('cells.ome.zarr');
    const micrograph = await openMicrograph(path);
    expect(micrograph.facts).toMatchObject({
      ...{ format: 'OME-Zarr', widthPx: 70, heightPx: 50, channels: 2, z: 1, storedDtype: 'int16', axes: 'CYX' },
      ...{ pixelSize: 0.3, pixelUnit: 'micrometer', pyramid: true, channelInfo: [{ name: 'DAPI', color: '#0000ff' }] },
    });
    expect(micrograph.levels[1]).toEqual({ widthPx: 35, heightPx: 25 });
    const plane = await micrograph.readPlane({ c: 1, z: 0, t: 0 });
    expect([...plane.data.subarray(0, 3)]).toEqual([3400, 3401, 3402]);
    expect([...(await micrograph.readRegion(firstPlane, 1, [30, 20, 2, 2])).data]).toEqual([630, 631, 665, 666]);
    expect(await findMicrographs(folder)).toContain(path);
    expect(await findMicrographs(path)).toEqual([path]);

    const { sha256 } = await identifyMicrograph(path);
    await written('cells.ome.zarr/0/c/0/0/0', new Uint8Array(32 * 32 * 2));
    expect((await identifyMicrograph(path)).sha256).not.toBe(sha256);
    await written('cells.ome.zarr/0/c/0/0/0', new Uint8Array(10));
    await expect(micrograph.readPlane(firstPlane)).rejects.toMatchObject({ code: 'file-damaged', path });
  });

  it('a folder that is no Zarr is no micrograph', async () => {
    await mkdir(join(folder, 'plain'));
    await expect(openMicrograph(join(folder, 'plain'))).rejects.toMatchObject({ code: 'file-unsupported' });
  });
});

describe('files beside a SEM’s picture', () => {
  const picture = async (name: string) => {
    const raw = { width: 320, height: 270, channels: 1 } as const;
    const image = sharp(Buffer.alloc(320 * 270, 90), { raw }).toColourspace('b-w');
    return written(name, await (name.endsWith('.png') ? image.png() : image.jpeg()).toBuffer());
  };

  it('JEOL: marker divided by bar', async () => {
    const path = await picture('jeol.jpg');
    await written(
      'jeol.txt',
      '$CM_MAG 10000\r\n$CM_ACCEL_VOLT 15.00\r\n$CM_SIGNAL SEI\r\n$$SM_MICRON_BAR 80\r\n$$SM_MICRON_MARKER 1um\r\n',
    );
    expect((await openMicrograph(path)).facts).toMatchObject({
      ...{ pixelSize: 1 / 80, pixelUnit: 'µm', pixelSizeSource: 'JEOL text file beside it' },
      instrument: { maker: 'JEOL', detector: 'SEI', voltageV: 15_000, magnification: 10_000 },
    });
  });

  it('Hitachi, in UTF-16: nanometres, and the rows of the picture proper', async () => {
    const path = await picture('hitachi.png');
    const text =
      '\ufeff[SemImageFile]\r\nInstructName=SU8000\r\nPixelSize=4.96\r\nDataSize=320x240\r\nAcceleratingVoltage=5000 Volt\r\nSignalName=SE(U)\r\n';
    await written('hitachi.txt', Buffer.from(text, 'utf16le'));
    expect((await openMicrograph(path)).facts).toMatchObject({
      ...{ pixelSize: 4.96, pixelUnit: 'nm', dataBar: { y: 240, height: 30 } },
      instrument: { maker: 'Hitachi', model: 'SU8000', voltageV: 5000 },
    });
  });

  it('Tescan: metres, and the height of the info bar', async () => {
    const path = await picture('tescan.png');
    const text =
      '[MAIN]\r\nDevice=MIRA3 LMH\r\nImageStripSize=20\r\nMagnification=5000\r\nPixelSizeX=5.4e-8\r\nPixelSizeY=5.4e-8\r\n[SEM]\r\nHV=10000\r\nWD=0.0099\r\n';
    await written('tescan-png.hdr', text);
    expect((await openMicrograph(path)).facts).toMatchObject({
      ...{ pixelSize: 5.4e-8, pixelUnit: 'm', dataBar: { y: 250, height: 20 } },
      instrument: { maker: 'Tescan', model: 'MIRA3 LMH', voltageV: 10_000, workingDistanceM: 0.0099 },
    });
  });

  it('a text of another kind says nothing', async () => {
    const path = await picture('notes.png');
    await written('notes.txt', 'etched for 20 s, $100 an hour');
    expect((await openMicrograph(path)).facts).toMatchObject({ pixelSize: null });
  });
});

describe('formats that are not read', () => {
  it.each([
    ['run.czi', 'ZISRAWFILE\0\0\0\0\0\0', 'CZI', 'OME-TIFF'],
    ['run.nd2', '\xda\xce\xbe\x0a\0\0\0\0', 'ND2', 'NIS-Elements'],
    ['run.ims', '\x89HDF\r\n\x1a\n', 'HDF5', 'OME-Zarr'],
    ['run.zip', 'PK\x03\x04\0\0\0\0', 'zip', 'Unpack'],
  ])('%s is named, with the way to convert it', async (name, start, format, remedy) => {
    const path = await written(name, start, Buffer.alloc(600));
    await expect(openMicrograph(path)).rejects.toMatchObject({
      ...{ code: 'file-unsupported', path },
      message: expect.stringContaining(format),
      remedy: expect.stringContaining(remedy),
    });
    expect(conversionOf(path)).toContain(remedy);
  });
});
