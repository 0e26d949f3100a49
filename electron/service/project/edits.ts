import { subtractMasks, trimMask, uniteMasks } from '../../../native-models/masks/mask.ts';
import type { Edit } from '../api/contract.ts';
import {
  counted,
  type EditScope,
  existing,
  existingRows,
  type Of,
  refused,
  startWork,
  unlockedRows,
} from './editScope.ts';
import { acceptProposals, rejectProposals } from './proposalEdits.ts';
import { maskColumns, readMask } from './rows.ts';
import type { Row, Sqlite } from './sqlite.ts';

/** Writes one edit through the recorder and returns its label ('merge 3 objects'). Throws `edit-refused`. */
export function writeEdit(edit: Edit, scope: EditScope): string {
  switch (edit.type) {
    case 'addObject':
      return addObject(edit, scope);
    case 'mergeObjects':
      return mergeObjects(edit, scope);
    case 'subtractObjects':
      return subtractObjects(edit, scope);
    case 'deleteObjects': {
      const rows = unlockedRows(scope.db, edit.ids, 'delete');
      for (const row of rows) scope.recorder.put('objects', row.id as number, null);
      return `delete ${counted(rows.length)}`;
    }
    case 'updateObjects':
      return updateObjects(edit, scope);
    case 'addClass':
      checkClass(scope.db, edit, null);
      scope.recorder.insert('classes', { name: edit.name, color: edit.color.toLowerCase(), key: edit.key });
      return `add class ${edit.name}`;
    case 'updateClass': {
      const row = existing(scope.db, 'classes', edit.id);
      checkClass(scope.db, edit.set, edit.id);
      const set = Object.fromEntries(Object.entries(edit.set).filter(([, value]) => value !== undefined)) as Row;
      scope.recorder.put('classes', edit.id, { ...row, ...set });
      return `change class ${edit.set.name ?? row.name}`;
    }
    case 'removeClass':
      return removeClass(edit, scope);
    case 'setImageState': {
      const row = existing(scope.db, 'images', edit.imageId);
      scope.recorder.put('images', edit.imageId, { ...row, state: edit.state });
      return `mark image ${edit.state === 'not-started' ? 'not started' : edit.state === 'done' ? 'done' : 'in work'}`;
    }
    case 'acceptProposals':
      return acceptProposals(edit, scope);
    case 'rejectProposals':
      return rejectProposals(edit, scope);
  }
}

function addObject(edit: Of<'addObject'>, { db, recorder, context, author }: EditScope): string {
  const candidate = context.candidate(edit.candidateId);
  if (candidate.imageId !== edit.imageId) throw refused('This candidate belongs to another image.', 'Prompt again.');
  const image = existing(db, 'images', edit.imageId);
  existing(db, 'classes', edit.classId);
  const mask = trimMask(candidate.mask);
  if (mask.width === 0) throw refused('This candidate is empty.', 'Choose another one.');
  recorder.insert('objects', {
    image_id: edit.imageId,
    ...candidate.plane,
    class_id: edit.classId,
    state: 'accepted',
    ...maskColumns(mask, image.height_px as number, image.width_px as number),
    mask_revision: recorder.seq,
    hidden: 0,
    locked: 0,
    predicted_iou: candidate.predictedIou,
    stability: candidate.stability,
    prompts: JSON.stringify(candidate.prompts),
    model: candidate.model,
    author,
    created_at: new Date().toISOString(),
    attributes: null,
    comments: null,
    proposal: null,
  });
  startWork(image, recorder);
  return 'accept object';
}

/** No model made this mask as it is now. */
const madeByHand = { predicted_iou: null, stability: null, prompts: null, model: null };

/** What people merge they have accepted, also where it was proposed. */
function mergeObjects(edit: Of<'mergeObjects'>, { db, recorder }: EditScope): string {
  const ids = [...new Set(edit.ids)];
  if (ids.length < 2) throw refused('Merging needs two objects.', 'Select one more.');
  const rows = unlockedRows(db, ids, 'merge');
  const [first, ...others] = rows as [Row, ...Row[]];
  refuseFromElsewhere(rows, 'merged');
  const mask = uniteMasks(rows.map((row) => readMask(row, db.file)));
  recorder.put('objects', first.id as number, {
    ...first,
    ...maskColumns(mask, first.plane_height as number, first.plane_width as number),
    ...madeByHand,
    state: 'accepted',
    proposal: null,
  });
  for (const row of others) recorder.put('objects', row.id as number, null);
  if (rows.some(({ state }) => state !== 'accepted'))
    startWork(existing(db, 'images', first.image_id as number), recorder);
  return `merge ${counted(rows.length)}`;
}

function subtractObjects(edit: Of<'subtractObjects'>, { db, recorder }: EditScope): string {
  const targets = unlockedRows(db, edit.ids, 'subtract from');
  const by = edit.by.map((id) => existing(db, 'objects', id));
  if (edit.by.some((id) => edit.ids.includes(id))) {
    throw refused('An object can not be subtracted from itself.', 'Select different objects.');
  }
  refuseFromElsewhere([...targets, ...by], 'subtracted');
  const cutters = by.map((row) => readMask(row, db.file));
  for (const row of targets) {
    const mask = subtractMasks(readMask(row, db.file), cutters);
    if (mask.width === 0) {
      throw refused(`Nothing would be left of object ${row.id}.`, 'Delete it instead, or select other objects.');
    }
    const columns = maskColumns(mask, row.plane_height as number, row.plane_width as number);
    if (columns.area_px === row.area_px) continue;
    recorder.put('objects', row.id as number, {
      ...row,
      ...columns,
      ...madeByHand,
    });
  }
  if (recorder.changes.length === 0) throw refused('These objects do not overlap.', 'There is nothing to subtract.');
  return `subtract ${counted(by.length)}`;
}

/** Masks of different pictures have nothing in common, nor have those of two slices. */
function refuseFromElsewhere([first, ...others]: readonly Row[], doing: string): void {
  if (others.some((row) => row.image_id !== first!.image_id)) {
    throw refused(`Objects of different images can not be ${doing}.`, 'Select objects of one image.');
  }
  if (others.some((row) => row.z !== first!.z || row.t !== first!.t)) {
    throw refused(`Objects of different slices can not be ${doing}.`, 'Select objects of one slice.');
  }
}

function updateObjects(edit: Of<'updateObjects'>, { db, recorder }: EditScope): string {
  const { classId, hidden, locked } = edit.set;
  if (classId !== undefined) existing(db, 'classes', classId);
  const rows =
    classId !== undefined && locked !== false ? unlockedRows(db, edit.ids, 'change') : existingRows(db, edit.ids);
  for (const row of rows) {
    recorder.put('objects', row.id as number, {
      ...row,
      ...(classId === undefined ? {} : { class_id: classId }),
      ...(hidden === undefined ? {} : { hidden: hidden ? 1 : 0 }),
      ...(locked === undefined ? {} : { locked: locked ? 1 : 0 }),
    });
  }
  const verbs = [
    ...(classId === undefined ? [] : ['change class of']),
    ...(hidden === undefined ? [] : [hidden ? 'hide' : 'show']),
    ...(locked === undefined ? [] : [locked ? 'lock' : 'unlock']),
  ];
  return `${verbs.join(' and ')} ${counted(rows.length)}`;
}

function removeClass(edit: Of<'removeClass'>, { db, recorder }: EditScope): string {
  const row = existing(db, 'classes', edit.id);
  if ((db.get('SELECT count(*) AS n FROM classes')!.n as number) < 2) {
    throw refused(`"${row.name}" is the last class.`, 'Rename it, or add another class first.');
  }
  const users = db.all('SELECT * FROM objects WHERE class_id = ?', [edit.id]);
  if (users.length > 0) {
    if (edit.moveTo === null || edit.moveTo === edit.id) {
      throw refused(`${users.length} objects have the class "${row.name}".`, 'Say which class they get.');
    }
    existing(db, 'classes', edit.moveTo);
    for (const user of users) recorder.put('objects', user.id as number, { ...user, class_id: edit.moveTo });
  }
  recorder.put('classes', edit.id, null);
  return `remove class ${row.name}`;
}

function checkClass(
  db: Sqlite,
  set: { name?: string | undefined; key?: string | null | undefined },
  own: number | null,
): void {
  for (const other of db.all('SELECT * FROM classes')) {
    if (other.id === own) continue;
    if (set.name !== undefined && (other.name as string).toLowerCase() === set.name.toLowerCase()) {
      throw refused(`There is a class "${other.name}" already.`, 'Choose another name.');
    }
    if (set.key && other.key === set.key) {
      throw refused(`The key ${set.key} belongs to the class "${other.name}".`, 'Choose another key.');
    }
  }
  if (set.key && /^[123]$/.test(set.key)) {
    throw refused(`The key ${set.key} chooses a candidate.`, 'Choose another key.');
  }
}
