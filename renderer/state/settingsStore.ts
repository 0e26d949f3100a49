import { create } from 'zustand';
import type { SettingsView } from '../../electron/service/api/settings.ts';
import type { ServiceFailure } from '../client/failure.ts';

export interface SettingsState {
  /** null: not asked for yet. */
  view: SettingsView | null;
  failure: ServiceFailure | null;
  /** A change is on its way. */
  changing: boolean;
}

export const useSettings = create<SettingsState>()(() => ({ view: null, failure: null, changing: false }));
