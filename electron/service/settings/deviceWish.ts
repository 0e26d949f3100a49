import type { DevicePreference } from '../api/settings.ts';
import type { DeviceWish } from '../inference/chooseDevice.ts';

/** What the settings ask for; LAMELLA_PROVIDER stands above them. */
export function deviceWish(
  { provider, threads }: DevicePreference,
  env: Readonly<Record<string, string | undefined>>,
): DeviceWish {
  return { provider: env.LAMELLA_PROVIDER || (provider === 'auto' ? null : provider), threads };
}
