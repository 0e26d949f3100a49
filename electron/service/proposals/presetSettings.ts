import { presets, publishedSettings } from '../../../native-models/automatic/presets.ts';
import type { AutomaticSettings } from '../../../native-models/automatic/segmentPlane.ts';
import type { AutomaticPreset } from '../api/proposals.ts';

export function presetSettings(preset: AutomaticPreset): AutomaticSettings {
  return preset === 'grid' ? publishedSettings : presets[preset];
}
