import { Button, Callout, Dialog, DialogBody, DialogFooter, NonIdealState, Spinner } from '@blueprintjs/core';
import { closeModels, refreshModels } from '../actions/models.ts';
import { NoticeText } from '../app/notify.tsx';
import { useModels } from '../state/modelStore.ts';
import { strings } from '../strings.ts';
import { AddModelForm } from './AddModelForm.tsx';
import { ModelCatalogue } from './ModelCatalogue.tsx';
import { ModelList, RemoveButton } from './ModelList.tsx';
import { ModelTasks } from './ModelTasks.tsx';

const text = strings.models;

/** Models: which there are, which one is used, adding from files and from the catalogue. */
export function ModelsDialog({ isOpen }: { isOpen: boolean }) {
  return (
    <Dialog isOpen={isOpen} onClose={closeModels} title={text.title} className="models-dialog">
      <DialogBody className="models-body">
        <Content />
      </DialogBody>
      <DialogFooter
        actions={<Button text={strings.actions.close} data-testid="models-close" onClick={closeModels} />}
      />
    </Dialog>
  );
}

function Content() {
  const view = useModels((state) => state.view);
  const failure = useModels((state) => state.failure);
  if (!view) {
    if (!failure) return <NonIdealState icon={<Spinner size={28} />} title={text.loading} />;
    return (
      <Callout intent="danger">
        <NoticeText notice={failure} />
        <Button text={strings.actions.retry} onClick={() => void refreshModels()} />
      </Callout>
    );
  }
  const { models, problems, chosenProblem, catalogue } = view;
  return (
    <div className="models" data-testid="models-dialog">
      {chosenProblem && (
        <Callout intent="danger" title={text.chosenGone} data-testid="models-chosen-problem">
          <NoticeText notice={chosenProblem} />
        </Callout>
      )}
      <ModelTasks />
      <section aria-labelledby="models-list">
        <h3 id="models-list">{text.list}</h3>
        <ModelList models={models} />
        {problems.length > 0 && (
          <Callout compact intent="warning" title={text.problems} data-testid="models-problems">
            {problems.map((problem) => (
              <div key={`${problem.path} ${problem.message}`} className="model-problem">
                <NoticeText notice={problem} />
                {problem.model !== null && <RemoveButton name={problem.model} />}
              </div>
            ))}
          </Callout>
        )}
      </section>
      <section aria-labelledby="models-add">
        <h3 id="models-add">{text.add}</h3>
        <p className="muted">{text.addHint}</p>
        <AddModelForm />
      </section>
      <section aria-labelledby="models-catalogue">
        <h3 id="models-catalogue">{text.catalogue}</h3>
        <p className="muted">{text.catalogueHint}</p>
        <ModelCatalogue catalogue={catalogue} />
      </section>
    </div>
  );
}
