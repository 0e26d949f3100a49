import type { ExportRequest } from '../../electron/service/api/contract.ts';
import { reportFailure } from '../app/notify.tsx';
import * as api from '../client/api.ts';
import { isOpen, useProject } from '../state/projectStore.ts';
import { receiveTask } from './live.ts';

export async function startExport(wanted: ExportRequest): Promise<void> {
  const { project } = useProject.getState();
  if (!project) return;
  try {
    const task = await api.startExport(project.id, wanted);
    if (isOpen(project.id)) receiveTask(task);
  } catch (thrown) {
    reportFailure(thrown);
  }
}

export async function cancelExport(): Promise<void> {
  const { project, task } = useProject.getState();
  if (!project || task?.state !== 'running') return;
  try {
    const cancelled = await api.cancelTask(project.id, task.id);
    if (isOpen(project.id)) receiveTask(cancelled);
  } catch (thrown) {
    reportFailure(thrown);
  }
}
