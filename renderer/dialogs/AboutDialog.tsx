import { Dialog, DialogBody } from '@blueprintjs/core';
import { useProject } from '../state/projectStore.ts';
import { useView } from '../state/viewStore.ts';
import { strings } from '../strings.ts';

export function AboutDialog({ isOpen }: { isOpen: boolean }) {
  const session = useProject((state) => state.session);
  return (
    <Dialog isOpen={isOpen} onClose={() => useView.setState({ dialog: null })} title={strings.commands.titles.about}>
      <DialogBody>
        <p>{strings.app.claim}</p>
        {session && (
          <>
            <p>{strings.app.about(session.version)}</p>
            <dl className="facts">
              <div>
                <dt>{strings.app.dataFolder}</dt>
                <dd>{session.dataFolder}</dd>
              </div>
              <div>
                <dt>{strings.app.models}</dt>
                <dd>
                  {session.models.map(({ name, version, licence }) => (
                    <div key={name}>{`${name} ${version} (${licence})`}</div>
                  ))}
                </dd>
              </div>
            </dl>
          </>
        )}
      </DialogBody>
    </Dialog>
  );
}
