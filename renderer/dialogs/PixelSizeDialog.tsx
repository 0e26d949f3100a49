import { Dialog, DialogBody } from '@blueprintjs/core';
import { closePixelSize } from '../actions/measuring.ts';
import { useProject } from '../state/projectStore.ts';
import { strings } from '../strings.ts';
import { PixelSizeForm } from './PixelSizeForm.tsx';

/** What the length of a pixel is, who says so, and how to set it. */
export function PixelSizeDialog({ isOpen }: { isOpen: boolean }) {
  const micrograph = useProject((state) => state.micrograph);
  return (
    <Dialog
      isOpen={isOpen && micrograph !== null}
      onClose={closePixelSize}
      title={strings.measuring.title}
      className="pixel-size-dialog"
    >
      <DialogBody>{micrograph && <PixelSizeForm micrograph={micrograph} />}</DialogBody>
    </Dialog>
  );
}
