import { ModelError } from '../packages/modelError.ts';

/** Words for what is wrong with one checkpoint file; the readers say what and where, this adds the file and a remedy. */
export interface Faults {
  /** The file is not what was once written. */
  damaged(what: string, cause?: unknown): ModelError;
  /** The file may be whole, but holds what no checkpoint of weights needs. */
  refused(what: string): ModelError;
}

export function faultsOf(path: string): Faults {
  return {
    damaged: (what, cause) =>
      new ModelError('checkpoint-invalid', `The checkpoint ${path} is damaged: ${what}.`, {
        path,
        remedy: 'Download or copy the file again from where it came.',
        cause,
      }),
    refused: (what) =>
      new ModelError('checkpoint-invalid', `The checkpoint ${path} was refused: ${what}.`, {
        path,
        remedy:
          'Open it with the program that wrote it, only if its source is trusted, and save the weights alone: torch.save(model.state_dict(), path), or safetensors.',
      }),
  };
}

const shownCharacters = 120;

/** A name out of a file as it can stand in a message: quoted, without control characters, not longer than a line. */
export function quoted(name: string): string {
  const shown = name.length > shownCharacters ? `${name.slice(0, shownCharacters)}…` : name;
  return `'${shown.replaceAll(/\p{C}/gu, '�')}'`;
}
