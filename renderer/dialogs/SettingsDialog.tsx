import { Button, Callout, Dialog, DialogBody, DialogFooter, NonIdealState, Spinner } from '@blueprintjs/core';
import { Refresh } from '@blueprintjs/icons';
import { closeSettings, refreshSettings, retryDevices } from '../actions/settings.ts';
import { NoticeText } from '../app/notify.tsx';
import { useSettings } from '../state/settingsStore.ts';
import { strings } from '../strings.ts';
import { SettingsDevices } from './SettingsDevices.tsx';
import { SettingsFigures } from './SettingsFigures.tsx';
import { SettingsForm } from './SettingsForm.tsx';

const text = strings.settings;

/** What models run on: what was tried, what is used and how fast it is, and what to take instead. */
export function SettingsDialog({ isOpen }: { isOpen: boolean }) {
  return (
    <Dialog isOpen={isOpen} onClose={closeSettings} title={text.title} className="settings-dialog">
      <DialogBody className="settings-body">
        <Content />
      </DialogBody>
      <DialogFooter
        actions={<Button text={strings.actions.close} data-testid="settings-close" onClick={closeSettings} />}
      />
    </Dialog>
  );
}

function Content() {
  const view = useSettings((state) => state.view);
  const failure = useSettings((state) => state.failure);
  const changing = useSettings((state) => state.changing);
  if (!view) {
    if (!failure) return <NonIdealState icon={<Spinner size={28} />} title={text.loading} />;
    return (
      <Callout intent="danger">
        <NoticeText notice={failure} />
        <Button text={strings.actions.retry} onClick={() => void refreshSettings()} />
      </Callout>
    );
  }
  const { problem, failure: trouble, environmentProvider, trying, triedAt, trialProblem, model } = view;
  return (
    <div className="settings" data-testid="settings-dialog">
      {problem && (
        <Callout compact intent="warning" data-testid="settings-problem">
          <NoticeText notice={problem} />
        </Callout>
      )}
      {trouble !== null && (
        <Callout compact intent="danger" title={text.notRunning} data-testid="settings-failure">
          {trouble}
        </Callout>
      )}
      <SettingsForm view={view} />
      {environmentProvider !== null && (
        <Callout compact intent="primary" data-testid="settings-environment">
          {text.environment(environmentProvider)}
        </Callout>
      )}
      <SettingsFigures view={view} />
      <section aria-labelledby="settings-devices">
        <div className="settings-head">
          <h3 id="settings-devices">{text.devices}</h3>
          <Button
            size="small"
            icon={<Refresh />}
            text={text.retry}
            title={text.retryLong}
            loading={trying}
            disabled={changing}
            data-testid="settings-retry"
            onClick={() => void retryDevices()}
          />
        </div>
        <SettingsDevices devices={view.devices} />
        {trialProblem && (
          <Callout compact intent="warning" data-testid="settings-trial-problem">
            <NoticeText notice={trialProblem} />
          </Callout>
        )}
        <p className="muted" data-testid="settings-tried">
          {model &&
            (trying ? text.trying(model.name) : triedAt === null ? text.untried : text.tried(model.name, triedAt))}
        </p>
      </section>
    </div>
  );
}
