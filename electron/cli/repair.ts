import { basename, dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { projectFileName } from '../service/workbench/opening.ts';
import { findDamage } from '../service/project/damage.ts';
import { repairProject } from '../service/project/index.ts';
import type { RepairReport } from '../service/project/repair.ts';
import { printJson, printLine } from './standardStreams.ts';

export function register(program: Command): void {
  program
    .command('repair')
    .description('rescue what can be read of a damaged project; a sound one is left as it is')
    .argument('<project>', `project folder, or its ${projectFileName}`)
    .option('--json', 'print one JSON document')
    .action((project: string, options: { json?: true }) => repair(folderOf(project), options.json ?? false));
}

async function repair(folder: string, json: boolean): Promise<void> {
  const damage = findDamage(join(folder, projectFileName));
  if (damage.length === 0) {
    if (json) printJson({ project: folder, state: 'intact' });
    else printLine(`${folder} is intact; nothing was changed.`);
    return;
  }
  const report = await repairProject(folder);
  if (json) printJson({ project: folder, state: 'repaired', damage, ...report });
  else printReport(folder, damage, report);
}

function printReport(folder: string, damage: readonly string[], report: RepairReport): void {
  const { images, classes, objects, changes } = report.recovered;
  printLine(`${folder} was damaged:`);
  for (const line of damage) printLine(`  ${line}`);
  printLine(`Rescued: ${images} images, ${classes} classes, ${objects} objects, ${changes} changes of the history.`);
  if (report.unreadableMasks > 0) printLine(`Lost: ${report.unreadableMasks} objects whose masks can't be read.`);
  printLine('Undo starts anew.');
  printLine(`The damaged file is kept as ${report.damagedCopy}.`);
}

function folderOf(project: string): string {
  const path = resolve(project);
  return basename(path) === projectFileName ? dirname(path) : path;
}
