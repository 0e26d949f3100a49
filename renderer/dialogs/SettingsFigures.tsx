import type { SettingsView } from '../../electron/service/api/settings.ts';
import { strings } from '../strings.ts';

const text = strings.settings;

/** What runs now, and what it costs. */
export function SettingsFigures({ view: { model, device, process } }: { view: SettingsView }) {
  const figures = [
    [text.model, model?.name ?? strings.status.noDevice],
    [text.runsOn, device?.name ?? '–'],
    [text.lastImage, text.ms(process?.encodeMs ?? null)],
    [text.lastPrompt, text.ms(process?.promptMs ?? null)],
    [text.memory, process ? strings.models.size(process.residentBytes) : '–'],
  ] as const;
  return (
    <dl className="settings-figures" data-testid="settings-figures">
      {figures.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd title={value}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
