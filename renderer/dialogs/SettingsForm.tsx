import { FormGroup, HTMLSelect } from '@blueprintjs/core';
import type { DevicePreference, SettingsView } from '../../electron/service/api/settings.ts';
import { changeDevice } from '../actions/settings.ts';
import { useSettings } from '../state/settingsStore.ts';
import { strings } from '../strings.ts';

const text = strings.settings;
const auto = 'auto';

/** The wish; what is chosen counts at once. */
export function SettingsForm({ view }: { view: SettingsView }) {
  const changing = useSettings((state) => state.changing);
  const { devices, provider, threads, maxThreads, environmentProvider } = view;
  const counts = Array.from({ length: maxThreads }, (_, index) => index + 1);
  // A setting that was made on another computer is shown as it is.
  if (threads !== null && threads > maxThreads) counts.push(threads);
  return (
    <div className="settings-form">
      <FormGroup
        label={text.device}
        labelFor="settings-provider"
        helperText={text.deviceHints[provider === auto ? auto : 'forced']}
      >
        <HTMLSelect
          id="settings-provider"
          fill
          value={provider}
          disabled={changing || environmentProvider !== null}
          data-testid="settings-provider"
          onChange={(event) => void changeDevice({ provider: event.target.value as DevicePreference['provider'] })}
        >
          <option value={auto}>{text.auto}</option>
          {devices.map(({ provider: each, name, available }) => (
            <option key={each} value={each} disabled={!available && each !== provider}>
              {available ? text.only(name) : text.notHere(name)}
            </option>
          ))}
        </HTMLSelect>
      </FormGroup>
      <FormGroup label={text.threads} labelFor="settings-threads" helperText={text.threadsHint}>
        <HTMLSelect
          id="settings-threads"
          fill
          value={threads ?? auto}
          disabled={changing}
          data-testid="settings-threads"
          onChange={({ target: { value } }) => void changeDevice({ threads: value === auto ? null : Number(value) })}
        >
          <option value={auto}>{text.threadsAuto}</option>
          {counts.map((count) => (
            <option key={count} value={count}>
              {count}
            </option>
          ))}
        </HTMLSelect>
      </FormGroup>
    </div>
  );
}
