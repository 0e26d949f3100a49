import { AnchorButton, Button, Callout, Dialog, DialogBody, DialogFooter, ProgressBar } from '@blueprintjs/core';
import { Download } from '@blueprintjs/icons';
import { useState } from 'react';
import type { ExportRequest, TaskView } from '../../electron/service/api/contract.ts';
import { cancelExport, startExport } from '../actions/exports.ts';
import { NoticeText, reportFailure } from '../app/notify.tsx';
import { host } from '../client/host.ts';
import { useProject } from '../state/projectStore.ts';
import { useView } from '../state/viewStore.ts';
import { strings } from '../strings.ts';
import { ExportForm } from './ExportForm.tsx';

const text = strings.exporting;

export function ExportDialog({ isOpen }: { isOpen: boolean }) {
  const task = useProject((state) => state.task);
  const [wanted, setWanted] = useState<ExportRequest>({
    format: 'coco',
    output: '',
    options: { segmentation: 'auto', images: true, container: 'tiff', withoutDataBar: false },
  });
  const close = () => {
    useView.setState({ dialog: null });
    // A finished export has been seen; one that runs goes on and is shown again when the dialog is opened.
    if (task?.state !== 'running') useProject.setState({ task: null });
  };
  const running = task?.state === 'running';
  const ready = wanted.output === null || wanted.output.trim() !== '';
  return (
    <Dialog isOpen={isOpen} onClose={close} title={text.title} className="export-dialog">
      <form
        data-testid="export-dialog"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && !running) void startExport(wanted);
        }}
      >
        <DialogBody>
          {running ? <Running task={task} /> : <ExportForm wanted={wanted} onChange={setWanted} />}
          {task && !running && <Outcome task={task} />}
        </DialogBody>
        <DialogFooter
          actions={
            running ? (
              <Button text={strings.actions.cancel} data-testid="export-cancel" onClick={() => void cancelExport()} />
            ) : (
              <>
                <Button text={strings.actions.close} data-testid="export-close" onClick={close} />
                <Button type="submit" intent="primary" text={text.start} disabled={!ready} data-testid="export-start" />
              </>
            )
          }
        />
      </form>
    </Dialog>
  );
}

function Running({ task }: { task: TaskView }) {
  return (
    <div className="export-running" role="status" data-testid="export-progress">
      <strong>{text.running}</strong>
      <ProgressBar intent="primary" {...(task.progress === null ? {} : { value: task.progress })} />
      <span className="muted">{task.detail}</span>
    </div>
  );
}

function Outcome({ task }: { task: TaskView }) {
  if (task.state === 'cancelled') return <Callout compact>{text.cancelled}</Callout>;
  if (task.state === 'failed') {
    return (
      <Callout intent="danger" title={text.failed} data-testid="export-failure">
        {task.error && <NoticeText notice={task.error} />}
      </Callout>
    );
  }
  const { result, download } = task;
  return (
    <Callout intent="success" title={text.done} data-testid="export-result">
      {result && (
        <>
          <div>{text.result(result.objects, result.images)}</div>
          {download === null && <div className="notice-path">{result.output}</div>}
          {result.notices.map((notice) => (
            <NoticeText key={notice.message} notice={notice} />
          ))}
        </>
      )}
      {download !== null && (
        <AnchorButton
          className="export-download"
          icon={<Download />}
          text={text.download}
          href={download}
          download
          data-testid="export-download"
        />
      )}
      {host && result && download === null && (
        <Button
          className="export-download"
          text={strings.actions.showInFolder}
          onClick={() => void host?.showInFolder(result.output).catch(reportFailure)}
        />
      )}
    </Callout>
  );
}
