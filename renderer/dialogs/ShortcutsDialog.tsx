import { Dialog, DialogBody } from '@blueprintjs/core';
import { Keys } from '../app/CommandButton.tsx';
import { commandGroups, commandIds, commandOf } from '../keyboard.ts';
import { useView } from '../state/viewStore.ts';
import { strings } from '../strings.ts';

/** Every key, from the one table. */
export function ShortcutsDialog({ isOpen }: { isOpen: boolean }) {
  return (
    <Dialog
      isOpen={isOpen}
      onClose={() => useView.setState({ dialog: null })}
      title={strings.help.title}
      className="shortcuts-dialog"
    >
      <DialogBody>
        <div className="shortcuts" data-testid="shortcuts">
          <section>
            <h3>{strings.help.mouse}</h3>
            <dl>
              {strings.help.mouseRows.map(([gesture, meaning]) => (
                <div key={gesture}>
                  <dt>{gesture}</dt>
                  <dd>{meaning}</dd>
                </div>
              ))}
            </dl>
          </section>
          {commandGroups.map((group) => (
            <section key={group}>
              <h3>{strings.commands.groups[group]}</h3>
              <dl>
                {commandIds
                  .filter((id) => commandOf(id).group === group && commandOf(id).keys.length > 0)
                  .map((id) => (
                    <div key={id}>
                      <dt>
                        <Keys command={id} />
                      </dt>
                      <dd>{strings.commands.titles[id]}</dd>
                    </div>
                  ))}
              </dl>
            </section>
          ))}
        </div>
        <p className="muted">{strings.help.refine}</p>
        <p className="muted">{strings.help.classKeys}</p>
      </DialogBody>
    </Dialog>
  );
}
