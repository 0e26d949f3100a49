import type { Command } from 'commander';
import { chooseModel } from '../../native-models/packages/findModels.ts';
import { type VerificationReport, verifyModel } from '../../native-models/packages/verifyModel.ts';
import { interruptible } from './interruption.ts';
import { findInstalledModels, withModelErrors } from './openModel.ts';
import { planDevice } from './planDevice.ts';
import { progressLines } from './progressLines.ts';
import { printJson, printLine, reportProblem } from './standardStreams.ts';

export function registerVerify(models: Command): void {
  models
    .command('verify')
    .description('check the files of a model, predict with it, and compare with what it computed when it was added')
    .argument('<name>', 'see lamella models list')
    .option('--json', 'print one JSON document')
    .action(verify);
}

async function verify(name: string, { json }: { json?: true }): Promise<void> {
  const tell = progressLines();
  const report = await interruptible((signal) =>
    withModelErrors(async () => {
      const model = chooseModel(await findInstalledModels(), name);
      return verifyModel(model, await planDevice(model, signal), tell, signal);
    }),
  );
  if (json) printJson(report);
  else print(report);
  if (report.ok) return;
  process.exitCode = 1;
  const remedy = 'Remove the model and add it again from where it came.';
  reportProblem({ message: `${name} is not as it should be.`, remedy });
}

function print({ checks, device }: VerificationReport): void {
  const marks = { ok: 'ok     ', failed: 'FAILED ', skipped: 'skipped' };
  for (const { what, state, detail } of checks) printLine(`${marks[state]}  ${what}: ${detail}`);
  if (device) printLine(`on ${device.name}`);
}
