import { Spinner } from '@blueprintjs/core';
import { EyeOff, EyeOpen } from '@blueprintjs/icons';
import { CommandButton } from '../app/CommandButton.tsx';
import { type ProposalSettings, useProposals } from '../state/proposalStore.ts';
import { objectsByState } from '../state/review.ts';
import { useObjectsHere } from '../state/slice.ts';
import { useView } from '../state/viewStore.ts';
import { strings } from '../strings.ts';
import { ObjectList } from './ObjectList.tsx';
import { ProposalPanel } from './ProposalPanel.tsx';

/** Objects and proposals of the image on screen, apart from each other. */
export function ObjectTabs() {
  const tab = useProposals((state) => state.tab);
  const running = useProposals((state) => state.task?.state === 'running');
  const { accepted, proposed } = objectsByState(useObjectsHere());
  const objectsShown = useView((state) => state.objectsShown);
  const proposalsShown = useView((state) => state.proposalsShown);
  return (
    <section className="panel panel-grows" aria-label={strings.proposals.tabs}>
      <header className="panel-header pane-tabs">
        <div role="tablist" aria-label={strings.proposals.tabs}>
          <Tab tab="objects" title={strings.objects.title} count={accepted.length} />
          <Tab tab="proposals" title={strings.proposals.title} count={proposed.length} running={running} />
        </div>
        {tab === 'objects' ? (
          <CommandButton
            command="toggle-objects"
            size="small"
            icon={objectsShown ? <EyeOpen /> : <EyeOff />}
            active={!objectsShown}
          />
        ) : (
          <CommandButton
            command="toggle-proposals"
            size="small"
            icon={proposalsShown ? <EyeOpen /> : <EyeOff />}
            active={!proposalsShown}
          />
        )}
      </header>
      <div className="panel-body" role="tabpanel" aria-labelledby={`tab-${tab}`}>
        {tab === 'objects' ? <ObjectList /> : <ProposalPanel />}
      </div>
    </section>
  );
}

interface TabProps {
  tab: ProposalSettings['tab'];
  title: string;
  count: number;
  running?: boolean;
}

function Tab({ tab, title, count, running = false }: TabProps) {
  const current = useProposals((state) => state.tab === tab);
  return (
    <button
      type="button"
      id={`tab-${tab}`}
      className="pane-tab"
      role="tab"
      aria-selected={current}
      data-testid={`tab-${tab}`}
      data-count={count}
      onClick={() => useProposals.setState({ tab })}
    >
      {title} {running ? <Spinner size={12} /> : <span className="pane-tab-count">{count.toLocaleString('en')}</span>}
    </button>
  );
}
