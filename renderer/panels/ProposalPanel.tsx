import { ArrowRight, Tick } from '@blueprintjs/icons';
import { CommandButton } from '../app/CommandButton.tsx';
import { currentImage, useProject } from '../state/projectStore.ts';
import { useProposals, useReview } from '../state/proposalStore.ts';
import { strings } from '../strings.ts';
import { PanelSection } from './PanelSection.tsx';
import { ProposalFilters } from './ProposalFilters.tsx';
import { ProposalForm } from './ProposalForm.tsx';
import { ProposalList } from './ProposalList.tsx';
import { ProposalRun } from './ProposalRun.tsx';
import { ReviewBar } from './ReviewBar.tsx';

/** From the wish to the decision: what to look for, how the run goes, which proposals are shown, and the list. */
export function ProposalPanel() {
  const { shown, hidden, decided } = useReview();
  const running = useProposals((state) => state.task?.state === 'running');
  const left = shown.length + hidden.length;
  return (
    <div className="proposals" data-testid="proposals">
      <PanelSection title={strings.proposals.find} className="propose">
        <ProposalForm />
        <ProposalRun />
      </PanelSection>
      {left > 0 && <ProposalFilters />}
      {left > 0 && <ReviewBar />}
      {left > 0 && shown.length > 0 ? (
        <ProposalList />
      ) : (
        <div className="panel-empty proposals-empty" data-testid="no-proposals">
          <span className="muted">
            {left > 0
              ? strings.proposals.allHidden
              : running
                ? strings.proposals.soon
                : decided > 0
                  ? strings.proposals.allDecided
                  : `${strings.proposals.empty} ${strings.proposals.emptyHint}`}
          </span>
          {left === 0 && decided > 0 && !running && <WhatNext />}
        </div>
      )}
    </div>
  );
}

/** The image's proposals are decided: it is done, or the next one is looked at. */
function WhatNext() {
  const done = useProject((state) => currentImage(state)?.state === 'done');
  return (
    <div className="run-buttons">
      {!done && (
        <CommandButton
          command="toggle-done"
          size="small"
          variant="outlined"
          icon={<Tick />}
          text={strings.images.markDone}
        />
      )}
      <CommandButton
        command="next-image"
        size="small"
        variant="outlined"
        icon={<ArrowRight />}
        text={strings.commands.titles['next-image']}
      />
    </div>
  );
}
