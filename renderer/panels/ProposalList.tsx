import { Button } from '@blueprintjs/core';
import { Cross, Tick } from '@blueprintjs/icons';
import { memo, useMemo } from 'react';
import type { ClassView, ObjectView } from '../../electron/service/api/contract.ts';
import { acceptProposals, pickRange, rejectProposals } from '../actions/review.ts';
import { revealSelected, selectObjects } from '../actions/selection.ts';
import { useAreaText } from '../state/measureStore.ts';
import { useProject } from '../state/projectStore.ts';
import { factsOf } from '../state/proposalFilter.ts';
import { useProposals, useReview } from '../state/proposalStore.ts';
import { strings } from '../strings.ts';
import { MaskThumbnail } from './MaskThumbnail.tsx';
import { percent } from './percent.ts';
import { WindowedList } from './WindowedList.tsx';

const rowHeightPx = 34;
const unknownColor = '#888888';

/** The proposals that the filters show, in order of review. */
export function ProposalList() {
  const { shown } = useReview();
  const picked = useProposals((state) => state.picked);
  const classes = useProject((state) => state.records.classes);
  const writable = useProject((state) => state.project?.writable ?? false);
  const chosen = useMemo(() => new Set(picked), [picked]);
  const classOf = useMemo(() => new Map(classes.map((one) => [one.id, one])), [classes]);
  const current = picked.at(-1) ?? null;
  const areaOf = useAreaText();

  return (
    <WindowedList
      items={shown}
      rowHeight={rowHeightPx}
      keyOf={(proposal) => proposal.id}
      revealed={current}
      label={strings.proposals.title}
      multiselectable
      data-testid="proposal-list"
      render={(proposal) => (
        <ProposalRow
          proposal={proposal}
          area={areaOf(proposal.areaPx)}
          proposalClass={classOf.get(proposal.classId)}
          picked={chosen.has(proposal.id)}
          current={proposal.id === current}
          writable={writable}
        />
      )}
    />
  );
}

interface ProposalRowProps {
  proposal: ObjectView;
  /** For people. */
  area: string;
  proposalClass: ClassView | undefined;
  picked: boolean;
  current: boolean;
  writable: boolean;
}

const ProposalRow = memo(function ProposalRow(row: ProposalRowProps) {
  const { proposal, area, proposalClass, picked, current, writable } = row;
  const { id, maskRevision } = proposal;
  const { confidence } = factsOf(proposal);
  const color = proposalClass?.color ?? unknownColor;
  const name = proposalClass?.name ?? '';
  const onPick = (event: React.MouseEvent | React.KeyboardEvent) => {
    if (event.shiftKey) pickRange(id);
    else selectObjects([id], event.ctrlKey || event.metaKey ? 'toggle' : 'replace');
  };
  const decide = (decision: (proposals: readonly ObjectView[]) => void) => (event: React.MouseEvent) => {
    event.stopPropagation();
    decision([proposal]);
  };
  return (
    <div
      className="object-row proposal-row"
      role="option"
      tabIndex={0}
      aria-selected={picked}
      aria-label={strings.proposals.row(id, name, percent(confidence), area)}
      data-testid="proposal-row"
      data-object-id={id}
      data-current={current}
      style={{ '--candidate': color } as React.CSSProperties}
      onClick={onPick}
      onDoubleClick={revealSelected}
      onKeyDown={(event) => {
        if (event.target !== event.currentTarget || (event.key !== 'Enter' && event.key !== ' ')) return;
        event.preventDefault();
        onPick(event);
      }}
    >
      <MaskThumbnail id={id} revision={maskRevision} color={color} />
      <span className="object-number">{strings.objects.number(id)}</span>
      <span className="swatch" style={{ background: color }} title={name} />
      <span className="proposal-confidence" title={strings.proposals.confidenceLong}>
        <span className="score-bar">
          <span style={{ width: percent(confidence).replace(' ', '') }} />
        </span>
        {percent(confidence)}
      </span>
      <span className="object-area muted">{area}</span>
      <span className="on-hover">
        <Button
          variant="minimal"
          size="small"
          intent="success"
          icon={<Tick size={14} />}
          disabled={!writable}
          aria-label={strings.proposals.accept}
          title={strings.proposals.accept}
          onClick={decide(acceptProposals)}
        />
        <Button
          variant="minimal"
          size="small"
          intent="danger"
          icon={<Cross size={14} />}
          disabled={!writable}
          aria-label={strings.proposals.reject}
          title={strings.proposals.reject}
          onClick={decide(rejectProposals)}
        />
      </span>
    </div>
  );
});
