import { toggleComposite } from './actions/composite.ts';
import { redo, undo } from './actions/edits.ts';
import { setDisplayRange, stepImage, toggleDone } from './actions/images.ts';
import { dropLine, openPixelSize } from './actions/measuring.ts';
import { openModelInput } from './actions/modelLook.ts';
import { openModels } from './actions/models.ts';
import { stepChannel, stepSlice } from './actions/planes.ts';
import { toggleHoverPreview } from './actions/preview.ts';
import { openFilesDialog, openFolderDialog, openSample } from './actions/projects.ts';
import { propagateObjects, propose, proposeSimilar } from './actions/proposals.ts';
import { acceptCandidate, chooseCandidate, dropPrompt, stepCandidate } from './actions/prompts.ts';
import { acceptPicked, acceptShown, rejectHidden, rejectPicked, stepProposal } from './actions/review.ts';
import {
  clearSelection,
  deleteSelected,
  mergeSelected,
  revealSelected,
  selectAll,
  subtractSelected,
  toggleSelected,
} from './actions/selection.ts';
import { openSettings } from './actions/settings.ts';
import type { CommandId } from './keyboard.ts';
import { imageBeside, useImageList } from './state/imageList.ts';
import { toggleInverted } from './state/appearanceStore.ts';
import { canBeComposite } from './state/compositeStore.ts';
import { useMeasuring } from './state/measureStore.ts';
import { type ProjectState, useProject } from './state/projectStore.ts';
import { type PromptState, usePrompt } from './state/promptStore.ts';
import {
  currentReview,
  pickedProposals,
  propagationRefused,
  proposingRefused,
  similarRefused,
  useProposals,
} from './state/proposalStore.ts';
import { isEmptyPrompt } from './state/refine.ts';
import { canvasHandle, setTheme, stepCloseUps, useView, imageSearch } from './state/viewStore.ts';

interface Action {
  run(): void;
  /** Whether it would do anything now; always, when left out. */
  enabled?(project: ProjectState, prompt: PromptState): boolean;
}

const zoomStep = 1.25;

const writable = (state: ProjectState) => state.project?.writable === true;
const someSelected = (least: number) => (state: ProjectState) => writable(state) && state.selection.length >= least;
const imageShown = (state: ProjectState) => state.micrograph !== null;
const hasImageBeside = (step: -1 | 1) => (state: ProjectState) => {
  const { images, imageId } = state.records;
  return imageId !== null && imageBeside(images, useImageList.getState(), imageId, step) !== null;
};
const candidatesShown = (_: ProjectState, prompt: PromptState) => prompt.candidates.length > 0;
/** While a prompt is under work its candidates have the strip, and the keys of the review rest. */
const underReview = (state: ProjectState, prompt: PromptState) =>
  writable(state) && prompt.status === 'idle' && pickedProposals().length > 0;
const someShown = () => currentReview().shown.length > 0;

/** What each command of keyboard.ts does. */
const actions: Record<CommandId, Action> = {
  'choose-1': { run: () => chooseCandidate(0), enabled: candidatesShown },
  'choose-2': { run: () => chooseCandidate(1), enabled: candidatesShown },
  'choose-3': { run: () => chooseCandidate(2), enabled: candidatesShown },
  'choose-next': { run: () => stepCandidate(1), enabled: candidatesShown },
  'choose-previous': { run: () => stepCandidate(-1), enabled: candidatesShown },
  accept: { run: () => void acceptCandidate(), enabled: (_, prompt) => prompt.status === 'ready' },
  drop: { run: dropWhatIsUnderWork },

  'select-all': { run: selectAll, enabled: (state) => state.records.objects.size > 0 },
  merge: { run: mergeSelected, enabled: someSelected(2) },
  subtract: { run: subtractSelected, enabled: someSelected(2) },
  delete: { run: deleteSelected, enabled: someSelected(1) },
  'toggle-hidden': { run: () => toggleSelected('hidden'), enabled: someSelected(1) },
  'toggle-locked': { run: () => toggleSelected('locked'), enabled: someSelected(1) },
  undo: { run: () => void undo(), enabled: (state) => writable(state) && state.records.history.undo !== null },
  redo: { run: () => void redo(), enabled: (state) => writable(state) && state.records.history.redo !== null },

  propose: { run: propose, enabled: (state) => proposingRefused(state, useProposals.getState()) === null },
  'propose-similar': {
    run: proposeSimilar,
    enabled: (state) => similarRefused(state, useProposals.getState()) === null,
  },
  propagate: {
    run: () => propagateObjects(null),
    enabled: (state) => !propagationRefused(state, useProposals.getState(), null),
  },
  'propagate-in-time': {
    run: () => propagateObjects('t'),
    enabled: (state) => !propagationRefused(state, useProposals.getState(), 't'),
  },
  'next-proposal': { run: () => stepProposal(1), enabled: someShown },
  'previous-proposal': { run: () => stepProposal(-1), enabled: someShown },
  'accept-proposal': { run: () => acceptPicked(), enabled: underReview },
  'reject-proposal': { run: rejectPicked, enabled: underReview },
  'accept-shown': { run: acceptShown, enabled: (state) => writable(state) && someShown() },
  'reject-hidden': { run: rejectHidden, enabled: (state) => writable(state) && currentReview().hidden.length > 0 },
  'toggle-proposals': { run: () => useView.setState(({ proposalsShown }) => ({ proposalsShown: !proposalsShown })) },

  'previous-image': { run: () => stepImage(-1), enabled: hasImageBeside(-1) },
  'next-image': { run: () => stepImage(1), enabled: hasImageBeside(1) },
  'find-image': { run: () => imageSearch.current?.select(), enabled: (state) => state.records.images.length > 1 },
  'previous-slice': { run: () => stepSlice(-1), enabled: hasSlices },
  'next-slice': { run: () => stepSlice(1), enabled: hasSlices },
  'next-channel': { run: stepChannel, enabled: (state) => (state.micrograph?.channels ?? 1) > 1 },
  'toggle-composite': { run: toggleComposite, enabled: (state) => canBeComposite(state.micrograph) },
  'toggle-done': { run: toggleDone, enabled: (state) => writable(state) && state.records.imageId !== null },

  'tool-prompt': { run: () => useView.setState({ tool: 'prompt' }) },
  'tool-select': { run: () => useView.setState({ tool: 'select' }) },
  'tool-pan': { run: () => useView.setState({ tool: 'pan' }) },
  'tool-ruler': { run: () => useView.setState({ tool: 'ruler' }) },
  'pixel-size': { run: openPixelSize, enabled: imageShown },
  fit: { run: () => canvasHandle.current?.fit(), enabled: imageShown },
  'actual-size': { run: () => canvasHandle.current?.actualSize(), enabled: imageShown },
  'zoom-in': { run: () => canvasHandle.current?.zoomBy(zoomStep), enabled: imageShown },
  'zoom-out': { run: () => canvasHandle.current?.zoomBy(1 / zoomStep), enabled: imageShown },
  reveal: {
    run: revealSelected,
    enabled: (state) => state.selection.length > 0 || pickedProposals().length > 0,
  },
  'toggle-objects': { run: () => useView.setState(({ objectsShown }) => ({ objectsShown: !objectsShown })) },
  'auto-contrast': { run: () => setDisplayRange(null), enabled: imageShown },
  invert: { run: toggleInverted, enabled: imageShown },
  'model-input': { run: openModelInput, enabled: imageShown },
  'toggle-preview': { run: toggleHoverPreview },
  'step-close-ups': { run: stepCloseUps },
  'toggle-theme': { run: () => setTheme(useView.getState().dark ? 'light' : 'dark') },

  'open-folder': { run: () => void openFolderDialog() },
  'open-files': { run: () => void openFilesDialog() },
  'open-sample': { run: () => void openSample() },
  export: {
    run: () => useView.setState({ dialog: 'export' }),
    enabled: (state) => state.project !== null && state.phase === 'open',
  },
  models: { run: openModels },
  settings: { run: openSettings },
  help: { run: () => useView.setState({ dialog: 'shortcuts' }) },
  about: { run: () => useView.setState({ dialog: 'about' }) },
};

function hasSlices({ micrograph }: ProjectState): boolean {
  return micrograph !== null && (micrograph.z > 1 || micrograph.t > 1);
}

/** With the ruler in hand it is the line that is meant, else the prompt comes first. */
function dropWhatIsUnderWork(): void {
  const prompting = !isEmptyPrompt(usePrompt.getState().prompt);
  const { line, calibrating } = useMeasuring.getState();
  const measuring = line !== null || calibrating;
  if (measuring && (!prompting || useView.getState().tool === 'ruler')) dropLine();
  else if (prompting) dropPrompt();
  else clearSelection();
}

export function commandEnabled(id: CommandId): boolean {
  return actions[id].enabled?.(useProject.getState(), usePrompt.getState()) ?? true;
}

/** Runs the command unless it would do nothing now; tells whether it ran. */
export function runCommand(id: CommandId): boolean {
  if (!commandEnabled(id)) return false;
  actions[id].run();
  return true;
}

/** {@link commandEnabled} for a component that shows it. */
export function useCommandEnabled(id: CommandId): boolean {
  useProject(() => commandEnabled(id));
  useProposals(() => commandEnabled(id));
  useImageList(() => commandEnabled(id));
  return usePrompt(() => commandEnabled(id));
}
