import { CheckpointFile } from './checkpointFile.ts';
import type { Checkpoint } from './contract.ts';
import { beginsWith, type CheckpointReader, headBytes } from './reader.ts';
import { safetensors } from './safetensors.ts';
import { torchLegacy } from './torchLegacy.ts';
import { torchZip } from './torchZip.ts';

const readers: readonly CheckpointReader[] = [torchZip, torchLegacy, safetensors];

const ascii = (text: string) => [...text].map((character) => character.charCodeAt(0));

/** Files that are taken for checkpoints, and what they are. */
const otherFiles: readonly { signature: readonly number[]; at: number; what: string }[] = [
  {
    signature: ascii('version https://git-lfs'),
    at: 0,
    what: 'it is a Git LFS pointer; the file that it stands for has not been downloaded',
  },
  { signature: ascii('<'), at: 0, what: 'it is a web page, not the file that was to be downloaded' },
  { signature: ascii('ustar'), at: 257, what: 'it is a tar archive, as PyTorch wrote them before 2017' },
  { signature: [0x80], at: 0, what: 'it is a pickle that torch.save did not write' },
];

/**
 * Opens a checkpoint of any known format, whatever its name ends with: the list of its tensors is read, their values
 * stay in the file. Nothing in the file is run. Close it when done.
 * @throws ModelError checkpoint-invalid
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  const file = await CheckpointFile.open(path);
  try {
    const head = await file.readAt(0, Math.min(headBytes, file.size), 'its beginning');
    const reader = readers.find(({ recognise }) => recognise(head));
    if (!reader) {
      const other = otherFiles.find(({ signature, at }) => beginsWith(head, signature, at));
      throw file.damaged(other?.what ?? 'it is neither a PyTorch checkpoint nor safetensors');
    }
    const tensors = await reader.readTensors(file);
    return { path, format: reader.format, tensors, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}
