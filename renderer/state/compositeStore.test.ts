import { describe, expect, it } from 'vitest';
import type { ChannelInfo, DisplayRange, MicrographView } from '../../electron/service/api/contract.ts';
import { plainAppearance } from '../canvas/transfer.ts';
import {
  canBeComposite,
  channelColor,
  noComposite,
  type Screen,
  shownChannels,
  visibleChannels,
} from './compositeStore.ts';

const micrographOf = (channels: number, channelInfo?: ChannelInfo[], samples: 1 | 3 = 1) =>
  ({ channels, samples, ...(channelInfo ? { channelInfo } : {}) }) as MicrographView;
const named = (...colors: (string | null)[]) => colors.map((color) => ({ name: null, color }));

const rangesOf = (...known: [number, DisplayRange][]) => new Map(known);

const screen: Screen = {
  micrograph: micrographOf(3),
  plane: { c: 1, z: 4, t: 0 },
  displayRange: [5, 50],
  appearance: { ...plainAppearance, gamma: 0.5, table: 'fire' },
  composite: { ...noComposite, on: true },
  ranges: rangesOf([0, [0, 10]], [1, [5, 50]], [2, [1, 2]]),
};

describe('shownChannels', () => {
  it('is the channel of the plane under its lookup table while the composite is off', () => {
    expect(shownChannels({ ...screen, composite: noComposite })).toEqual([
      { c: 1, transfer: { range: [5, 50], gamma: 0.5, inverted: false, table: 'fire' } },
    ]);
  });

  it('is every channel in its own range and colour in a composite, whichever is the current one', () => {
    const look = { gamma: 0.5, inverted: false };
    const all = [
      { c: 0, transfer: { ...look, range: [0, 10], table: '#ff0000' } },
      { c: 1, transfer: { ...look, range: [5, 50], table: '#00ff00' } },
      { c: 2, transfer: { ...look, range: [1, 2], table: '#0000ff' } },
    ];
    expect(shownChannels(screen)).toEqual(all);
    expect(shownChannels({ ...screen, plane: { c: 2, z: 0, t: 0 } })).toEqual(all);
  });

  it('leaves out hidden channels, and those whose range is not known yet', () => {
    const places = (change: Partial<Screen>) => shownChannels({ ...screen, ...change }).map(({ c }) => c);
    expect(places({ composite: { ...screen.composite, visible: new Map([[1, false]]) } })).toEqual([0, 2]);
    expect(places({ ranges: rangesOf([2, [1, 2]]) })).toEqual([2]);
    expect(places({ ranges: rangesOf() })).toEqual([1]);
  });
});

it('at most seven channels are visible until more are wanted', () => {
  const many = micrographOf(60);
  expect(visibleChannels(many, noComposite)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  const visible = new Map([
    [0, false],
    [40, true],
  ]);
  expect(visibleChannels(many, { ...noComposite, visible })).toEqual([1, 2, 3, 4, 5, 6, 40]);
});

it('a composite is for several grey channels', () => {
  expect(canBeComposite(micrographOf(2))).toBe(true);
  expect([null, micrographOf(1), micrographOf(2, undefined, 3)].some(canBeComposite)).toBe(false);
});

it('colours are the user’s, else the file’s, else a series', () => {
  const colors = (micrograph: MicrographView, composite = noComposite) =>
    Array.from({ length: micrograph.channels }, (_, c) => channelColor(micrograph, composite, c));
  expect(colors(micrographOf(8))).toEqual([
    '#ff0000',
    '#00ff00',
    '#0000ff',
    '#ffffff',
    '#00ffff',
    '#ff00ff',
    '#ffff00',
    '#ff0000',
  ]);
  const file = micrographOf(3, named('#0000ff', null, '#123456'));
  expect(colors(file)).toEqual(['#0000ff', '#00ff00', '#123456']);
  expect(colors(file, { ...noComposite, colors: new Map([[0, '#abcdef']]) })[0]).toBe('#abcdef');
  // A file that calls all of them white tells none apart.
  expect(colors(micrographOf(2, named('#ffffff', '#ffffff')))).toEqual(['#ff0000', '#00ff00']);
});
