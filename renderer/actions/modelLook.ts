import type { ModelLook } from '../../electron/service/api/contract.ts';
import { reportFailure } from '../app/notify.tsx';
import { lookupTable, type LookupTableName, lookupTableNames } from '../canvas/lookupTables.ts';
import * as api from '../client/api.ts';
import { currentAppearance, onAppearanceChange, setOwnAppearance } from '../state/appearanceStore.ts';
import { canBeComposite, currentColors, onCompositeChange, setColors } from '../state/compositeStore.ts';
import { useProject } from '../state/projectStore.ts';
import { useView } from '../state/viewStore.ts';

type Added = Parameters<typeof setColors>[1];

/** A slider gives tens of looks a second; the service is told the last one. */
const restMs = 300;

let rest: ReturnType<typeof setTimeout> | undefined;
/** Looks on their way to the service: until they are there, what it tells is older than what is on screen. */
let sending = 0;
/** The screen is being brought to what the service has told. */
let following = false;

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
  const { micrograph } = useProject.getState();
  following = true;
  setOwnAppearance({ gamma, inverted, table: lookupTableNames.find((name) => name === table?.name) ?? 'grey' });
  if (micrograph && canBeComposite(micrograph)) setColors(micrograph, look.composite as Added);
  following = false;
}

export const openModelInput = () => useView.setState({ dialog: 'model-input' });
export const closeModelInput = () => useView.setState({ dialog: null });

/** What the service has to know to paint what is on screen; the display ranges it knows. */
function lookOnScreen(): ModelLook {
  const { gamma, inverted, table } = currentAppearance();
  const isColour = useProject.getState().micrograph?.samples === 3;
  const composite = currentColors();
  const isPlain = isColour || table === 'grey' || composite !== null;
  return { gamma, inverted, table: isPlain ? null : tableOf(table), composite };
}

function tableOf(name: LookupTableName): NonNullable<ModelLook['table']> {
  return { name, entries: btoa(String.fromCharCode(...lookupTable(name))) };
}

const sameLook = (a: ModelLook, b: ModelLook) =>
  a.gamma === b.gamma &&
  a.inverted === b.inverted &&
  a.table?.name === b.table?.name &&
  JSON.stringify(a.composite) === JSON.stringify(b.composite);

function sendWhenAtRest(): void {
  const { project, micrograph } = useProject.getState();
  if (following || !project || !micrograph?.modelLook) return;
  const look = lookOnScreen();
  if (sameLook(micrograph.modelLook, look)) return;
  clearTimeout(rest);
  rest = setTimeout(() => {
    rest = undefined;
    void send(project.id, micrograph.imageId, look);
  }, restMs);
}

onAppearanceChange(sendWhenAtRest);
onCompositeChange(sendWhenAtRest);

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
