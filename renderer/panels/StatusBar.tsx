import { Tooltip } from '@blueprintjs/core';
import type { ReactNode } from 'react';
import { Cog, Locate, Offline, PredictiveAnalysis, Saved, Updated, WarningSign, ZoomIn } from '@blueprintjs/icons';
import { NoticeText } from '../app/notify.tsx';
import { runCommand } from '../commands.ts';
import type { CommandId } from '../keyboard.ts';
import { currentEmbedding, useProject } from '../state/projectStore.ts';
import { usePixelScale } from '../state/measureStore.ts';
import { usePrompt } from '../state/promptStore.ts';
import { useView } from '../state/viewStore.ts';
import { strings } from '../strings.ts';
import { lengthText } from '../units.ts';
import { deviceLine } from './deviceLine.ts';
import { zoomPercent } from './percent.ts';
import { RulerIcon } from './RulerIcon.tsx';

/** Model and device, embedding, pixel under the pointer, zoom, and whether everything is saved. */
export function StatusBar() {
  return (
    <footer className="status-bar" aria-label={strings.status.bar}>
      <DeviceLine />
      <EmbeddingState />
      <CloseUps />
      <span className="status-gap" />
      <PointerReadout />
      <SavedState />
    </footer>
  );
}

function DeviceLine() {
  const session = useProject((state) => state.session);
  if (!session) return null;
  const failed = session.inference.state === 'failed';
  const { activeModel, device } = session;
  const passedOver = device?.passedOver ?? [];
  const running = !failed && activeModel !== null && device !== null;
  return (
    <Tooltip
      placement="top-start"
      hoverOpenDelay={300}
      content={
        <div className="device-tip">
          {failed && <div>{deviceLine(session)}</div>}
          <ul className="passed-over">
            {passedOver.map(({ provider, reason }) => (
              <li key={provider}>{strings.status.passedOver(provider, reason)}</li>
            ))}
          </ul>
          <div>{running ? strings.status.openSettings : strings.status.openModels}</div>
        </div>
      }
    >
      <span className={`status-item device-line ${failed ? 'status-bad' : ''}`} data-testid="device-line">
        <StatusButton command="models" testId="model-text">
          {failed ? <WarningSign size={13} /> : <PredictiveAnalysis size={13} />}
          <span className="status-text">{running ? activeModel.name : deviceLine(session)}</span>
        </StatusButton>
        {running && <span className="device-between"> · </span>}
        <StatusButton command="settings" testId="device-text" label={running ? undefined : strings.settings.title}>
          {running ? <span className="status-text">{device.name}</span> : <Cog size={13} />}
        </StatusButton>
      </span>
    </Tooltip>
  );
}

interface StatusButtonProps {
  command: CommandId;
  testId: string;
  /** Where no text says it. */
  label?: string | undefined;
  children: ReactNode;
}

function StatusButton({ command, testId, label, children }: StatusButtonProps) {
  return (
    <button
      type="button"
      className="status-button"
      data-testid={testId}
      aria-haspopup="dialog"
      aria-label={label}
      onClick={() => runCommand(command)}
    >
      {children}
    </button>
  );
}

function EmbeddingState() {
  const embedding = useProject(currentEmbedding);
  const status = embedding?.status ?? 'none';
  const text =
    status === 'ready' && embedding?.encodeMs != null
      ? strings.embedding.encodedIn(embedding.encodeMs)
      : strings.embedding.states[status];
  return (
    <span className="status-item" data-testid="embedding-state" data-status={status}>
      <span className={`dot dot-${status}`} />
      <span className="status-text">{text}</span>
    </span>
  );
}

/** Whether close-ups are made, and the one that the candidates on screen come from. */
function CloseUps() {
  const wanted = useView((state) => state.closeUps);
  const closeUp = usePrompt((state) => state.closeUp);
  const { closeUps, closeUpsTip } = strings.status;
  const text = closeUp
    ? strings.status.closeUp(closeUp[2], closeUp[3])
    : wanted === null
      ? closeUps.auto
      : wanted
        ? closeUps.on
        : closeUps.off;
  return (
    <Tooltip placement="top-start" hoverOpenDelay={300} content={<div className="device-tip">{closeUpsTip}</div>}>
      <button
        type="button"
        className="status-button"
        data-testid="close-ups"
        data-close-up={closeUp?.join()}
        onClick={() => runCommand('step-close-ups')}
      >
        <ZoomIn size={13} />
        <span className="status-text">{text}</span>
      </button>
    </Tooltip>
  );
}

function PointerReadout() {
  const pointer = useView((state) => state.pointer);
  const pixel = useView((state) => state.pixel);
  const scale = useView((state) => state.scale);
  const micrograph = useProject((state) => state.micrograph);
  if (!micrograph) return null;
  return (
    <>
      {pointer && (
        <span className="status-item numbers" data-testid="pointer">
          <Locate size={13} />
          {strings.status.position(pointer.x, pointer.y)}
          <strong className="pixel-value">{pixel?.map(sampleText).join(', ') ?? '…'}</strong>
        </span>
      )}
      <span className="status-item">
        {micrograph.widthPx} × {micrograph.heightPx}
      </span>
      <span className="status-item">{micrograph.dtype}</span>
      <PixelSize />
      <span className="status-item numbers zoom" data-testid="zoom">
        {strings.status.zoom(zoomPercent(scale))}
      </span>
    </>
  );
}

/** Length of a pixel's side, or that it is not known; opens the form for it. */
function PixelSize() {
  const scale = usePixelScale();
  const source = useProject((state) => state.micrograph?.pixelSizeSource);
  const text = scale ? strings.status.pixelSize(lengthText(1, scale, 'auto')) : strings.status.noPixelSize;
  return (
    <Tooltip placement="top-end" hoverOpenDelay={300} content={strings.status.pixelSizeTip(scale && (source ?? null))}>
      <button
        type="button"
        className={`status-button numbers ${scale ? '' : 'status-warn'}`}
        data-testid="pixel-size"
        aria-haspopup="dialog"
        onClick={() => runCommand('pixel-size')}
      >
        <RulerIcon size={13} />
        {text}
      </button>
    </Tooltip>
  );
}

const sampleText = (value: number) => (Number.isInteger(value) ? String(value) : value.toPrecision(5));

function SavedState() {
  const saving = useProject((state) => state.editsUnderWay > 0);
  const failure = useProject((state) => state.saveFailure);
  const writable = useProject((state) => state.project?.writable ?? false);
  const connected = useProject((state) => state.connected);
  const saved = !saving && !failure;
  const look = !connected
    ? { icon: <Offline size={13} />, text: strings.status.disconnected, bad: true }
    : failure
      ? { icon: <WarningSign size={13} />, text: strings.status.notSaved, bad: true }
      : saving
        ? { icon: <Updated size={13} />, text: strings.status.saving, bad: false }
        : writable
          ? { icon: <Saved size={13} />, text: strings.status.saved, bad: false }
          : { icon: <Saved size={13} />, text: strings.status.readOnly, bad: false };
  return (
    <Tooltip disabled={!failure} placement="top-end" content={failure ? <NoticeText notice={failure} /> : ''}>
      <span
        className={`status-item ${look.bad ? 'status-bad' : ''}`}
        role="status"
        data-testid="saved-state"
        data-saved={saved}
      >
        {look.icon} {look.text}
      </span>
    </Tooltip>
  );
}
