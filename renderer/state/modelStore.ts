import { create } from 'zustand';
import type { ModelPrecision, ModelsView, ModelTaskView } from '../../electron/service/api/models.ts';
import type { ServiceFailure } from '../client/failure.ts';

export interface ModelState {
  /** null: not asked for yet. */
  view: ModelsView | null;
  failure: ServiceFailure | null;
  /** That run. */
  tasks: readonly ModelTaskView[];
  /** The one that ended last and was not put away. */
  outcome: ModelTaskView | null;
  /** Name of the file that is being sent to the service. */
  uploading: string | null;
  /** For what is added next, dropped files included. */
  precision: ModelPrecision;
}

export const useModels = create<ModelState>()(() => ({
  view: null,
  failure: null,
  tasks: [],
  outcome: null,
  uploading: null,
  precision: 'fp32',
}));
