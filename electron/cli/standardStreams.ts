import type { LamellaError } from '../service/errors.ts';

/** Prints the one JSON document of `--json` on standard output. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Prints a line of the result on standard output. */
export function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Progress, and trouble that does not end the command: on standard error. */
export function reportLine(line: string): void {
  process.stderr.write(`${line}\n`);
}

export function reportProblem({ message, remedy }: Pick<LamellaError, 'message' | 'remedy'>): void {
  reportLine(`lamella: ${message}${remedy === undefined ? '' : `\n  ${remedy}`}`);
}
