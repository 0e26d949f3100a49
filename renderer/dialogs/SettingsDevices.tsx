import { Spinner, Tag } from '@blueprintjs/core';
import type { DeviceView } from '../../electron/service/api/settings.ts';
import { strings } from '../strings.ts';

const text = strings.settings;
const intents = {
  'in-use': 'success',
  proved: 'primary',
  'passed-over': 'none',
  trying: 'none',
  untried: 'none',
} as const satisfies Record<DeviceView['state'], string>;

/** Each device that this computer could have, best first, and what came of trying it. */
export function SettingsDevices({ devices }: { devices: readonly DeviceView[] }) {
  return (
    <table className="device-table">
      <thead>
        <tr>
          <th scope="col">{text.device}</th>
          <th scope="col">{text.state}</th>
          <th scope="col" title={text.imageLong}>
            {text.image}
          </th>
          <th scope="col" title={text.promptLong}>
            {text.prompt}
          </th>
          <th scope="col" title={text.differenceLong}>
            {text.difference}
          </th>
        </tr>
      </thead>
      {devices.map((device) => (
        <DeviceRows key={device.provider} device={device} />
      ))}
    </table>
  );
}

function DeviceRows({ device }: { device: DeviceView }) {
  const { provider, name, state, reason, times, difference } = device;
  return (
    <tbody data-testid="device-row" data-provider={provider} data-state={state}>
      <tr>
        <th scope="row">{name}</th>
        <td>
          {state === 'trying' ? (
            <span className="device-trying">
              <Spinner size={12} /> {text.states[state]}
            </span>
          ) : (
            <Tag minimal intent={intents[state]}>
              {text.states[state]}
            </Tag>
          )}
        </td>
        <td>{text.ms(times?.encodeMs ?? null)}</td>
        <td>{text.ms(times?.promptMs ?? null)}</td>
        <td>{text.relative(difference)}</td>
      </tr>
      {reason !== null && (
        <tr className="device-reason">
          <td colSpan={5}>{text.reason(reason)}</td>
        </tr>
      )}
    </tbody>
  );
}
