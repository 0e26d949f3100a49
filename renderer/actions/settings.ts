import type { DevicePreference, SettingsView } from '../../electron/service/api/settings.ts';
import { reportFailure } from '../app/notify.tsx';
import * as api from '../client/api.ts';
import { toFailure } from '../client/failure.ts';
import { useSettings } from '../state/settingsStore.ts';
import { useView } from '../state/viewStore.ts';

/** Trials and figures change by themselves while somebody looks. */
const refreshEveryMs = 1000;
let timer: ReturnType<typeof setInterval> | undefined;
/** An answer that was asked for before a change tells of what was before. */
let asked = 0;

export function openSettings(): void {
  useView.setState({ dialog: 'settings' });
  clearInterval(timer);
  timer = setInterval(() => void refreshSettings(), refreshEveryMs);
  void refreshSettings();
}

export function closeSettings(): void {
  useView.setState({ dialog: null });
  clearInterval(timer);
}

export async function refreshSettings(): Promise<void> {
  if (useSettings.getState().changing) return;
  const turn = ++asked;
  try {
    const view = await api.getSettings();
    if (turn === asked) useSettings.setState({ view, failure: null });
  } catch (thrown) {
    if (turn === asked) useSettings.setState({ failure: toFailure(thrown) });
  }
}

export async function changeDevice(change: Partial<DevicePreference>): Promise<void> {
  const { view } = useSettings.getState();
  if (!view) return;
  const { provider, threads } = view;
  await ask(() => api.changeSettings({ provider, threads, ...change }));
}

export const retryDevices = () => ask(api.retryDevices);

async function ask(request: () => Promise<SettingsView>): Promise<void> {
  asked++;
  useSettings.setState({ changing: true });
  try {
    useSettings.setState({ view: await request(), failure: null });
  } catch (thrown) {
    reportFailure(thrown);
  } finally {
    useSettings.setState({ changing: false });
  }
}
