import type { AutomaticPreset } from '../../electron/service/api/proposals.ts';
import { filterFrom } from '../state/proposalFilter.ts';
import { useProject } from '../state/projectStore.ts';
import {
  defaultSettings,
  noRun,
  type ProposalSettings,
  type ProposalState,
  tileSides,
  useProposals,
} from '../state/proposalStore.ts';
import { strings } from '../strings.ts';

const keyOf = (folder: string) => `lamella.proposals ${folder}`;

/** A project is shown: its own settings, and nothing of the review of the one before. */
export function enterProposals(folder: string): void {
  useProposals.setState({ ...noRun, ...keptSettings(folder) });
}

function keptSettings(folder: string): ProposalSettings {
  const stored = localStorage.getItem(keyOf(folder));
  if (stored === null) return defaultSettings;
  const kept = JSON.parse(stored) as Record<string, unknown>;
  const asked = kept.asked as ProposalSettings['asked'] | undefined;
  return {
    preset: isPreset(kept.preset) ? kept.preset : defaultSettings.preset,
    tilePx: tileSides.find((side) => side === kept.tilePx) ?? null,
    scope: kept.scope === 'open' ? 'open' : 'image',
    filter: filterFrom(kept.filter),
    tab: kept.tab === 'proposals' ? 'proposals' : 'objects',
    // One that came to its end has been seen.
    asked: asked && !asked.done ? asked : null,
  };
}

const isPreset = (value: unknown): value is AutomaticPreset =>
  typeof value === 'string' && Object.hasOwn(strings.proposals.presets, value);

const settingsOf = ({ preset, tilePx, scope, filter, tab, asked }: ProposalState): ProposalSettings => ({
  preset,
  tilePx,
  scope,
  filter,
  tab,
  asked,
});

useProposals.subscribe((state, before) => {
  const folder = useProject.getState().project?.folder;
  const settings = settingsOf(state);
  const changed = (Object.keys(settings) as (keyof ProposalSettings)[]).some((name) => state[name] !== before[name]);
  if (folder !== undefined && changed) localStorage.setItem(keyOf(folder), JSON.stringify(settings));
});
