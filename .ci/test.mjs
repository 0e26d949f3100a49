// `npm test`: dependencies (where they are missing), types, lint, unit tests and browser journeys, then one line "N passed, N failed".
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installMissing, root } from '../electron/dependencies.mjs';
import { ensureChromium } from './chromium.mjs';
import { ensurePython } from './python.mjs';

process.chdir(root);
installMissing({ electron: false });
const reports = mkdtempSync(join(tmpdir(), 'lamella-test-'));
const total = { passed: 0, failed: 0, skipped: 0 };

/** Runs a tool of node_modules/.bin; its output is shown as it comes. */
function run(/** @type {string} */ command, /** @type {string[]} */ args, env = {}) {
  console.log(`\n> ${command} ${args.join(' ')}`);
  const tool = command === 'node' ? process.execPath : join('node_modules', '.bin', command);
  const result = spawnSync(tool, args, {
    stdio: 'inherit',
    env: { ...process.env, ...env },
    shell: process.platform === 'win32',
  });
  if (result.error) console.error(result.error.message);
  return result.status === 0;
}

function count(/** @type {boolean} */ ok) {
  if (ok) total.passed++;
  else total.failed++;
}

/** Adds a tool's own counts; a tool that fell over without a failed test counts as one failure. */
function add(/** @type {boolean} */ ok, /** @type {() => {passed: number, failed: number, skipped: number}} */ read) {
  let counts = { passed: 0, failed: 0, skipped: 0 };
  try {
    counts = read();
  } catch (error) {
    console.error(`No report: ${error instanceof Error ? error.message : error}`);
  }
  if (!ok && counts.failed === 0) counts.failed = 1;
  if (counts.passed === 0 && counts.failed === 0) counts.failed = 1;
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped += counts.skipped;
}

count(run('tsc', ['--noEmit']));
count(run('oxlint', ['--deny-warnings']));
count(run('oxfmt', ['--check']));
const built = run('node', ['electron/build.mjs']);
count(built);

const unitReport = join(reports, 'unit.json');
const unitArguments = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${unitReport}`];
add(run('vitest', unitArguments, { LAMELLA_PYTHON: ensurePython() ?? '' }), () => {
  const report = JSON.parse(readFileSync(unitReport, 'utf8'));
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + Math.max(0, report.numFailedTestSuites - report.numFailedTests),
    skipped: report.numPendingTests + report.numTodoTests,
  };
});

if (built) {
  const journeyReport = join(reports, 'journeys.json');
  add(
    run('playwright', ['test', '--reporter=list,json'], {
      LAMELLA_CHROMIUM: ensureChromium(),
      PLAYWRIGHT_JSON_OUTPUT_NAME: journeyReport,
    }),
    () => {
      const { expected, unexpected, flaky, skipped } = JSON.parse(readFileSync(journeyReport, 'utf8')).stats;
      return { passed: expected, failed: unexpected + flaky, skipped };
    },
  );
}

if (total.skipped > 0) console.log(`\n${total.skipped} skipped: what they need is not on this machine (see above).`);
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 ? 0 : 1);
