import type { Command } from 'commander';
import type { InstrumentFacts, MicrographFacts } from '../service/api/contract.ts';
import { type ErrorBody, isLamellaError, type LamellaError } from '../service/errors.ts';
import { describeMicrograph } from '../service/micrographs/describe.ts';
import { printJson, printLine, reportProblem } from './standardStreams.ts';

export function register(program: Command): void {
  program
    .command('info')
    .description('print the facts of micrographs')
    .argument('<file...>', 'micrograph files')
    .option('--json', 'print one JSON document: an object for one file, an array for several')
    .action(async (files: string[], options: { json?: true }) => {
      const answers = [];
      for (const file of files) answers.push(await factsOf(file));
      if (options.json) printJson(answers.length === 1 ? answers[0] : answers);
      else for (const answer of answers) if (!('error' in answer)) printFacts(answer);
    });
}

/** Facts by the names that scripts know; `dtype` and `samples` are those in the file. */
type PrintedFacts = Omit<
  MicrographFacts,
  'path' | 'widthPx' | 'heightPx' | 'dtype' | 'storedDtype' | 'samples' | 'storedSamples'
> & { file: string; width: number; height: number; dtype: string; samples: number };

/** A file that can't be read is told on standard error and makes the exit code 1; the others are not kept from it. */
async function factsOf(file: string): Promise<PrintedFacts | { file: string; error: ErrorBody }> {
  try {
    const {
      path: _,
      format,
      widthPx,
      heightPx,
      dtype,
      storedDtype,
      samples,
      storedSamples,
      ...facts
    } = await describeMicrograph(file);
    const stored = { dtype: storedDtype ?? dtype, samples: storedSamples ?? samples };
    return { file, format, width: widthPx, height: heightPx, ...stored, ...facts };
  } catch (error) {
    if (!isLamellaError(error)) throw error;
    reportProblem(named(error, file));
    process.exitCode = 1;
    return { file, error: error.toBody() };
  }
}

/** Names the file as it was given, where the message names it otherwise. */
function named(error: LamellaError, file: string): { message: string; remedy: string | undefined } {
  const { message, remedy } = error;
  return { message: message.includes(file) ? message : `${file}: ${message}`, remedy };
}

function printFacts({ file, format, width, height, dtype, samples, channels, z, t, ...facts }: PrintedFacts): void {
  printLine(file);
  printLine(`  format      ${format}`);
  printLine(`  size        ${width} × ${height} px${facts.exifOrientation ? ' (turned upright, as EXIF says)' : ''}`);
  printLine(`  samples     ${dtype}, ${samples === 1 ? 'grey' : `colour (${samples})`}`);
  printLine(`  planes      c ${channels}, z ${z}, t ${t}`);
  printLine(
    facts.pixelSize === null
      ? '  pixel size  unknown'
      : `  pixel size  ${facts.pixelSize} ${facts.pixelUnit} (${facts.pixelSizeSource})`,
  );
  if (facts.channelInfo) printLine(`  channels    ${facts.channelInfo.map(({ name }) => name ?? '?').join(', ')}`);
  if (facts.dataBar)
    printLine(`  info bar    rows ${facts.dataBar.y} to ${facts.dataBar.y + facts.dataBar.height - 1}`);
  if (facts.instrument) printLine(`  instrument  ${instrumentText(facts.instrument)}`);
}

function instrumentText({ maker, model, detector, voltageV }: InstrumentFacts): string {
  const voltage = voltageV === undefined ? undefined : `${voltageV / 1000} kV`;
  return [maker, model, detector, voltage].filter((text) => text !== undefined).join(', ');
}
