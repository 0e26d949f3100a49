#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { register as registerAutomatic } from './cli/automatic.ts';
import { register as registerEvaluate } from './cli/evaluate.ts';
import { register as registerExport } from './cli/export.ts';
import { register as registerInfo } from './cli/info.ts';
import { register as registerModels } from './cli/models.ts';
import { register as registerPredict } from './cli/predict.ts';
import { register as registerRepair } from './cli/repair.ts';
import { register as registerServe } from './cli/serve.ts';
import { isLamellaError } from './service/errors.ts';
import { version } from './service/serviceInfo.ts';

/** The commands of `lamella`, in the order in which help shows them. */
const commands = [
  registerServe,
  registerInfo,
  registerPredict,
  registerAutomatic,
  registerExport,
  registerModels,
  registerEvaluate,
  registerRepair,
];

/** Runs one command line. Exit code: 0 done, 1 failed with a message, 2 wrong usage. */
async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('lamella')
    .description('Offline workbench that turns raw micrographs into annotated datasets')
    .version(version)
    .showHelpAfterError('(lamella --help shows the commands)')
    // Subcommands take this setting over when they are made, so it comes before them.
    .exitOverride();
  for (const register of commands) register(program);
  try {
    await program.parseAsync(argv);
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (cause) {
    if (cause instanceof CommanderError) return cause.exitCode === 0 ? 0 : 2;
    process.stderr.write(`${describe(cause)}\n`);
    return 1;
  }
}

function describe(cause: unknown): string {
  if (isLamellaError(cause)) return [`lamella: ${cause.message}`, cause.remedy].filter(Boolean).join('\n  ');
  return `lamella: ${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`;
}

process.exitCode = await main(process.argv);
