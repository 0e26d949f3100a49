import type { ExportRequest } from '../../electron/service/api/contract.ts';
import { reportFailure } from '../app/notify.tsx';
import * as api from '../client/api.ts';
import { useProject } from '../state/projectStore.ts';
import { receiveTask } from './live.ts';

export async function startExport(wanted: ExportRequest): Promise<void> {
  const { project } = useProject.getState();
  if (!project) return;
  try {
    receiveTask(await api.startExport(project.id, wanted));
  } catch (thrown) {
    reportFailure(thrown);
  }
}

export async function cancelExport(): Promise<void> {
  const { project, task } = useProject.getState();
  if (!project || task?.state !== 'running') return;
  try {
    receiveTask(await api.cancelTask(project.id, task.id));
  } catch (thrown) {
    reportFailure(thrown);
  }
}
