import type { ModelLook } from '../../electron/service/api/contract.ts';
import { reportFailure } from '../app/notify.tsx';
import { lookupTable, type LookupTableName, lookupTableNames } from '../canvas/lookupTables.ts';
import * as api from '../client/api.ts';
import { currentAppearance, onAppearanceChange, setOwnAppearance } from '../state/appearanceStore.ts';
import { useProject } from '../state/projectStore.ts';
import { useView } from '../state/viewStore.ts';

/** A slider gives tens of looks a second; the service is told the last one. */
const restMs = 300;

let rest: ReturnType<typeof setTimeout> | undefined;
/** Looks on their way to the service: until they are there, what it tells is older than what is on screen. */
let sending = 0;

/** Whether the model is to see the image on screen as the screen shows it, from now on. */
export function showModelTheScreen(wanted: boolean): void {
  const { project, micrograph } = useProject.getState();
  if (project && micrograph) void send(project.id, micrograph.imageId, wanted ? lookOnScreen() : null);
}

/** As the service tells it. */
export function receiveModelLook(imageId: number, look: ModelLook | null): void {
  const { micrograph } = useProject.getState();
  if (micrograph?.imageId !== imageId) return;
  useProject.setState({ micrograph: { ...micrograph, modelLook: look } });
  followModelLook(look);
}

/** The screen shows what the model sees, also where another window or an earlier day chose it; unless it is ahead. */
export function followModelLook(look: ModelLook | null): void {
  if (!look || rest !== undefined || sending > 0) return;
  const { gamma, inverted, table } = look;
  setOwnAppearance({ gamma, inverted, table: lookupTableNames.find((name) => name === table?.name) ?? 'grey' });
}

export const openModelInput = () => useView.setState({ dialog: 'model-input' });
export const closeModelInput = () => useView.setState({ dialog: null });

/** What the service has to know to paint what is on screen; the display ranges it knows. */
function lookOnScreen(): ModelLook {
  const { gamma, inverted, table } = currentAppearance();
  const isColour = useProject.getState().micrograph?.samples === 3;
  return { gamma, inverted, table: isColour || table === 'grey' ? null : tableOf(table), composite: null };
}

function tableOf(name: LookupTableName): NonNullable<ModelLook['table']> {
  return { name, entries: btoa(String.fromCharCode(...lookupTable(name))) };
}

const sameLook = (a: ModelLook, b: ModelLook) =>
  a.gamma === b.gamma &&
  a.inverted === b.inverted &&
  a.table?.name === b.table?.name &&
  JSON.stringify(a.composite) === JSON.stringify(b.composite);

onAppearanceChange(() => {
  const { project, micrograph } = useProject.getState();
  if (!project || !micrograph?.modelLook) return;
  const look = lookOnScreen();
  if (sameLook(micrograph.modelLook, look)) return;
  clearTimeout(rest);
  rest = setTimeout(() => {
    rest = undefined;
    void send(project.id, micrograph.imageId, look);
  }, restMs);
});

async function send(project: string, imageId: number, look: ModelLook | null): Promise<void> {
  sending++;
  try {
    await api.setModelLook(project, imageId, look);
  } catch (thrown) {
    reportFailure(thrown);
  } finally {
    sending--;
  }
}
