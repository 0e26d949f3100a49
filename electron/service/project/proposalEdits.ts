import type { AutomaticRun, ProposalBatch } from './contract.ts';
import { counted, type EditScope, existing, type Of, refused, startWork, unlockedRows } from './editScope.ts';
import type { Row, Sqlite } from './sqlite.ts';

/** Proposals become objects of the project. */
export function acceptProposals(edit: Of<'acceptProposals'>, { db, recorder }: EditScope): string {
  if (edit.classId !== null) existing(db, 'classes', edit.classId);
  const rows = proposedRows(db, edit.ids, 'accept');
  const kept = edit.classId === null ? {} : { class_id: edit.classId };
  for (const row of rows) recorder.put('objects', row.id as number, { ...row, ...kept, state: 'accepted' });
  for (const imageId of new Set(rows.map((row) => row.image_id as number))) {
    startWork(existing(db, 'images', imageId), recorder);
  }
  return `accept ${countedProposals(rows.length)}`;
}

/** They stay, so that the next run knows what is not wanted. */
export function rejectProposals(edit: Of<'rejectProposals'>, { db, recorder }: EditScope): string {
  const rows = proposedRows(db, edit.ids, 'reject');
  for (const row of rows) recorder.put('objects', row.id as number, { ...row, state: 'rejected' });
  return `reject ${countedProposals(rows.length)}`;
}

/** Writes what a run proposes on an image, and takes away what it replaces. */
export function writeProposals(batch: ProposalBatch, { db, recorder, author }: Omit<EditScope, 'context'>): string {
  existing(db, 'images', batch.imageId);
  for (const classId of new Set(batch.proposals.map((proposal) => proposal.classId))) existing(db, 'classes', classId);
  for (const id of batch.replaced) {
    const row = db.get('SELECT state FROM objects WHERE id = ? AND image_id = ?', [id, batch.imageId]);
    if (row?.state === 'proposed') recorder.put('objects', id, null);
  }
  const createdAt = new Date().toISOString();
  for (const { segmentation, bbox, areaPx, classId, predictedIou, stability, facts } of batch.proposals) {
    const [x, y, width, height] = bbox;
    recorder.insert('objects', {
      image_id: batch.imageId,
      ...batch.plane,
      class_id: classId,
      state: 'proposed',
      rle: segmentation.counts,
      plane_height: segmentation.size[0],
      plane_width: segmentation.size[1],
      x,
      y,
      width,
      height,
      area_px: areaPx,
      mask_revision: recorder.seq,
      hidden: 0,
      locked: 0,
      predicted_iou: predictedIou,
      stability,
      prompts: null,
      model: batch.model,
      author,
      created_at: createdAt,
      attributes: null,
      comments: null,
      proposal: JSON.stringify(facts),
    });
  }
  // Part of the edit: when it is taken back, the image counts as not segmented, or as it was before.
  const { imageId, run } = batch;
  if (run) recorder.put('automatic_runs', imageId, runRow(imageId, run, batch.proposals.length));
  return `propose ${counted(batch.proposals.length)}`;
}

export function runRow(imageId: number, { sha256, displayRange, model, preset }: AutomaticRun, proposals: number): Row {
  return {
    id: imageId,
    sha256,
    display_low: displayRange?.[0] ?? null,
    display_high: displayRange?.[1] ?? null,
    model,
    preset,
    proposals,
    at: new Date().toISOString(),
  };
}

function proposedRows(db: Sqlite, ids: readonly number[], doing: string): Row[] {
  const rows = unlockedRows(db, ids, doing);
  const others = rows.filter((row) => row.state !== 'proposed').map((row) => row.id);
  if (others.length > 0) {
    throw refused(`No proposals, can't ${doing}: object ${others.join(', ')}.`, 'Select proposals only.');
  }
  return rows;
}

function countedProposals(n: number): string {
  return n === 1 ? 'proposal' : `${n} proposals`;
}
