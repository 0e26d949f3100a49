import { type ExecFileException, execFile } from 'node:child_process';
import { bundleForTest } from '../service/testing/bundle.ts';

export const buildCommandLine = () => bundleForTest('electron/cli.ts');

export interface CommandResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Runs the built command line as a process of its own, with a data folder of its own. */
export function runCommand(entry: string, dataFolder: string, args: readonly string[]): Promise<CommandResult> {
  const { LAMELLA_MODELS: _, LAMELLA_PROVIDER: __, ...inherited } = process.env;
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [entry, ...args],
      { env: { ...inherited, LAMELLA_DATA: dataFolder }, maxBuffer: 2 ** 26 },
      (error: ExecFileException | null, stdout, stderr) => {
        if (error && typeof error.code !== 'number') reject(error);
        else resolve({ exitCode: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
      },
    );
  });
}
