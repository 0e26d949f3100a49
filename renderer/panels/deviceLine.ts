import type { SessionView } from '../../electron/service/api/contract.ts';
import { strings } from '../strings.ts';

/** Model and device that really run; what inference says when none does. */
export function deviceLine({ activeModel, device, inference }: SessionView): string {
  if (inference.state === 'failed') return inference.message ?? strings.embedding.noModel;
  if (activeModel && device) return strings.status.device(activeModel.name, device.name);
  return inference.state === 'starting' ? strings.embedding.loadingModel : strings.status.noDevice;
}
