import { Intent, type Toaster } from '@blueprintjs/core';
import { Error as ErrorIcon, InfoSign, WarningSign } from '@blueprintjs/icons';
import type { Notice } from '../../electron/service/api/contract.ts';
import { isAbort, toFailure } from '../client/failure.ts';
import { strings } from '../strings.ts';

let toaster: Toaster | null = null;

/** Called by App when its toaster is mounted. */
export function setToaster(mounted: Toaster | null): void {
  toaster = mounted;
}

const looks = {
  info: { intent: Intent.PRIMARY, icon: <InfoSign /> },
  warning: { intent: Intent.WARNING, icon: <WarningSign /> },
  error: { intent: Intent.DANGER, icon: <ErrorIcon /> },
} as const;

interface Told {
  message: string;
  path?: string | undefined;
  remedy?: string | undefined;
}

/** Message, file and way out, as every notice and failure is shown. */
export function NoticeText({ notice }: { notice: Told }) {
  return (
    <div className="notice-text">
      <div>{notice.message}</div>
      {notice.path !== undefined && !notice.message.includes(notice.path) && (
        <div className="notice-path">{notice.path}</div>
      )}
      {notice.remedy !== undefined && <div className="notice-remedy">{notice.remedy}</div>}
    </div>
  );
}

/** Shows a notice for a while; the same one again takes the place of the first. */
export function notify(notice: Notice, retry?: () => void): void {
  toaster?.show(
    {
      message: <NoticeText notice={notice} />,
      ...looks[notice.level],
      timeout: notice.level === 'info' ? 5000 : 12_000,
      ...(retry ? { action: { text: strings.actions.retry, onClick: retry } } : {}),
    },
    `${notice.level} ${notice.message} ${notice.path ?? ''}`,
  );
}

/** What the user wished for (a newer prompt, a cancel) is no failure and stays silent. */
export function reportFailure(thrown: unknown, retry?: () => void): void {
  if (isAbort(thrown)) return;
  const failure = toFailure(thrown);
  if (failure.code === 'superseded' || failure.code === 'cancelled') return;
  const { message, path, remedy } = failure;
  notify({ level: 'error', message, ...(path ? { path } : {}), ...(remedy ? { remedy } : {}) }, retry);
}
