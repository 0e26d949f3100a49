import { Dialog, DialogBody } from '@blueprintjs/core';
import { Upload } from '@blueprintjs/icons';
import { PathField } from '../app/PathField.tsx';
import { UploadButton } from '../app/UploadButton.tsx';
import { useView } from '../state/viewStore.ts';
import { strings } from '../strings.ts';

const close = () => useView.setState({ dialog: null });

/** Takes the place of the native dialogs in a browser. */
export function OpenDialog({ isOpen }: { isOpen: boolean }) {
  return (
    <Dialog isOpen={isOpen} onClose={close} title={strings.open.title} className="open-dialog">
      <DialogBody>
        <h3>{strings.open.path}</h3>
        <PathField large onOpened={close} />
        <h3>{strings.welcome.upload}</h3>
        <p className="muted">{strings.welcome.uploadHint}</p>
        <UploadButton icon={<Upload />} text={strings.welcome.upload} onPicked={close} />
      </DialogBody>
    </Dialog>
  );
}
