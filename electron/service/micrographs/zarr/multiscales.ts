import type { ChannelInfo } from '../../api/contract.ts';
import { type PixelSize, pixelSizeOf, plainUnit } from '../pixelSize.ts';

/** What OME-NGFF says about an image. Source: OME-NGFF 0.4 and 0.5, "multiscales" and "omero". */
export interface Multiscales {
  /** Name of each axis, in the arrays' order: of t, c, z, y, x. */
  axes: string[];
  /** Paths of the arrays below the group, largest first. */
  paths: string[];
  pixelSize: PixelSize | null;
  channelInfo: ChannelInfo[] | null;
}

type Json = Record<string, unknown>;

/** Null where the attributes describe no image. 0.5 keeps them under `ome`. */
export function readMultiscales(attributes: unknown): Multiscales | null {
  const root = objectOf(attributes);
  const ome = 'ome' in root ? objectOf(root['ome']) : root;
  const multiscale = objectOf(listOf(ome['multiscales'])[0]);
  const datasets = listOf(multiscale['datasets']).map(objectOf);
  const paths = datasets.map((dataset) => dataset['path']).filter((path): path is string => typeof path === 'string');
  if (paths.length === 0 || paths.length !== datasets.length || paths.length > 100) return null;
  // Axes are objects since 0.4, names before; the first versions had none and always five.
  const given = listOf(multiscale['axes']).map((axis) => (typeof axis === 'string' ? { name: axis } : objectOf(axis)));
  const named = given.length > 0 ? given : ['t', 'c', 'z', 'y', 'x'].map((name) => ({ name }) as Json);
  const axes = named.map((axis) => String(axis['name']).toLowerCase());
  const scale = scaleOf(datasets[0]!, multiscale, axes.length);
  const unitOf = (name: string) => {
    const unit = named[axes.indexOf(name)]?.['unit'];
    return typeof unit === 'string' ? plainUnit(unit) : '';
  };
  const along = (name: string) => scale?.[axes.indexOf(name)] ?? Number.NaN;
  const pixelSize =
    unitOf('x') === ''
      ? null
      : pixelSizeOf({
          ...{ size: along('x'), sizeY: along('y'), unit: unitOf('x'), source: 'OME-Zarr multiscales' },
          ...(unitOf('z') === '' ? {} : { zStep: along('z'), zUnit: unitOf('z') }),
        });
  return { axes, paths, pixelSize, channelInfo: channelsOf(objectOf(ome['omero'])) };
}

/** The scale of the dataset times that of all of them. */
function scaleOf(dataset: Json, multiscale: Json, length: number): number[] | null {
  const scale = new Array<number>(length).fill(1);
  let found = false;
  for (const holder of [dataset, multiscale]) {
    for (const transformation of listOf(holder['coordinateTransformations']).map(objectOf)) {
      const factors = listOf(transformation['scale']);
      if (factors.length !== length) continue;
      found = true;
      factors.forEach((factor, axis) => {
        scale[axis]! *= Number(factor);
      });
    }
  }
  return found ? scale : null;
}

function channelsOf(omero: Json): ChannelInfo[] | null {
  const channels = listOf(omero['channels']).slice(0, 1000).map(objectOf);
  if (channels.length === 0) return null;
  return channels.map(({ label, color }) => ({
    name: typeof label === 'string' && label !== '' ? label : null,
    color: typeof color === 'string' && /^[0-9a-fA-F]{6}/.test(color) ? `#${color.slice(0, 6).toLowerCase()}` : null,
  }));
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
