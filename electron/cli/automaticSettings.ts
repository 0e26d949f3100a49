import { type Command, Option } from 'commander';
import {
  presetNames,
  type PresetName,
  presets,
  publishedSettings,
  withPointsPerSide,
} from '../../native-models/automatic/presets.ts';
import type { AutomaticSettings } from '../../native-models/automatic/segmentPlane.ts';
import { wholeNumber } from './wholeNumber.ts';

/** Options that say how masks are found. */
export interface AutomaticOptions {
  preset?: PresetName;
  pointsPerSide?: number;
}

/** More points along a side than anyone waits for. */
const mostPerSide = 512;

export function addAutomaticOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--preset <name>',
        'what the image shows; without it, the published grid and thresholds (for large models)',
      ).choices(presetNames),
    )
    .option('--points-per-side <number>', 'points along each side of the grid', wholeNumber(1, mostPerSide));
}

export function automaticSettings({ preset, pointsPerSide }: AutomaticOptions): AutomaticSettings {
  const settings = preset === undefined ? publishedSettings : presets[preset];
  return pointsPerSide === undefined ? settings : withPointsPerSide(settings, pointsPerSide);
}

/** For the command's help: each preset and what it is for. */
export function presetsHelp(): string {
  const lines = presetNames.map((name) => `  ${name.padEnd(10)} ${presets[name].purpose}`);
  return `\nPresets:\n${lines.join('\n')}`;
}
