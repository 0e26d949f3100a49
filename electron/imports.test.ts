import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

interface Import {
  /** As it is written. */
  from: string;
  /** Gone when the code runs: `import type`, or nothing but `type` names. */
  typesOnly: boolean;
}

/**
 * Every import of a module: static, re-exported, dynamic, for its effect, and in a type. Comments are taken out first;
 * text that only looks like an import would be found too, which errs on the safe side.
 */
function importsOf(source: string): Import[] {
  const code = source.replace(/^\s*\/\*[\s\S]*?\*\//gm, '').replace(/^\s*\/\/.*$/gm, '');
  const found: Import[] = [];
  for (const [, clause, , from] of code.matchAll(/^\s*(?:import|export)\b([^;'"`]*?)\bfrom\s*(['"])(.+?)\2/gm)) {
    const names = /^[^{]*\{([^}]*)\}[^}]*$/.exec(clause!)?.[1];
    const outside = clause!.replace(/\{[^}]*\}/, '').replace(/[\s,]/g, '');
    const allTypes =
      names !== undefined && outside === '' && names.split(',').every((name) => /^\s*(type\s|$)/.test(name));
    found.push({ from: from!, typesOnly: /^\s*type\b/.test(clause!) || allTypes });
  }
  for (const [, , from] of code.matchAll(/^\s*import\s*(['"])(.+?)\1/gm)) found.push({ from: from!, typesOnly: false });
  for (const [, , from] of code.matchAll(/\b(?:import|require)\s*\(\s*(['"`])(.+?)\1/g)) {
    found.push({ from: from!, typesOnly: false });
  }
  return found;
}

/** Path from the root that an import leads to, with '/'; null for a package. */
function targetOf(file: string, from: string): string | null {
  return from.startsWith('.') ? posix.join(posix.dirname(file), from) : null;
}

/** What the page may know of the other side, all of it types (DESIGN.md). */
const pageMayKnow =
  /^(electron\/service\/api\/(contract|models|proposals|settings)\.ts|electron\/hostPort\.ts|electron\/service\/errors\.ts|native-models\/.+)$/;
/** Electron's own interface; only the two entries are allowed more than its types. */
const shellEntries = ['electron/main.ts', 'electron/preload.ts'];
const shellParts = ['electron/dialogs.ts', 'electron/menu.ts', 'electron/protocol.ts', 'electron/window.ts'];
const ofTests = /(^|\/)testing(\.ts$|\/)/;

/** Why this import must not be there, or null: imports run one way, renderer → service's types, shell → service → models. */
function wrongWith(file: string, { from, typesOnly }: Import): string | null {
  const target = targetOf(file, from);
  if (target === null) {
    if (from === 'electron' || from.startsWith('electron/')) {
      if (shellEntries.includes(file) || (shellParts.includes(file) && typesOnly)) return null;
      return 'only the shell speaks to Electron';
    }
    return file.startsWith('renderer/') && isBuiltin(from) ? 'the page has no Node' : null;
  }
  if (ofTests.test(target) && !ofTests.test(file)) return 'what tests need is not part of the program';
  if (file.startsWith('renderer/')) {
    if (target.startsWith('renderer/')) return null;
    if (!pageMayKnow.test(target)) return 'the page knows the service’s contract and nothing else';
    return typesOnly ? null : 'the page takes types from the other side, never code';
  }
  if (file.startsWith('native-models/')) {
    return target.startsWith('native-models/') ? null : 'the models know of no service, window or project';
  }
  if (target.startsWith('renderer/')) return 'the page is built for itself';
  if (!file.startsWith('electron/service/')) return null;
  const below = /^(electron\/service\/|native-models\/|package\.json$)/.test(target);
  return below ? null : 'the service knows nothing of its hosts';
}

const wrongIn = (file: string, source: string) =>
  importsOf(source).flatMap((found) => {
    const why = wrongWith(file, found);
    return why === null ? [] : [`${file} imports ${found.from}: ${why}`];
  });

/** The program's modules, tests left out: they may use what lies above what they test. */
function modulesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')))
    .filter((name) => /\.(ts|tsx)$/.test(name) && !/\.test\.tsx?$/.test(name));
}

const modules = ['electron', 'native-models', 'renderer'].flatMap(modulesIn);

describe('imports run one way', () => {
  it('in every module', () => {
    expect(modules.flatMap((file) => wrongIn(file, readFileSync(join(root, file), 'utf8')))).toEqual([]);
  });
});

describe('this test', () => {
  it.each([
    ['renderer/app/A.tsx', "import { openProject } from '../../electron/service/project/index.ts';"],
    ['renderer/app/A.tsx', "import type { Project } from '../../electron/service/project/contract.ts';"],
    ['renderer/app/A.tsx', "import { edit, type Edit } from '../../electron/service/api/contract.ts';"],
    ['renderer/app/A.tsx', "import {\n  type Edit,\n  edit,\n} from '../../electron/service/api/contract.ts';"],
    ['renderer/app/A.tsx', "export { edit } from '../../electron/service/api/contract.ts';"],
    ['renderer/app/A.tsx', "export * from '../../electron/service/errors.ts';"],
    ['renderer/app/A.tsx', "import '../../electron/hostPort.ts';"],
    ['renderer/app/A.tsx', "const { encodeRle } = await import('../../native-models/masks/rle.ts');"],
    ['renderer/app/A.tsx', "import Electron, { type App } from 'electron';"],
    ['renderer/app/A.tsx', "import { join } from 'node:path';"],
    ['renderer/app/A.tsx', "import { join } from 'path';"],
    ['native-models/masks/a.ts', "import type { Bbox } from '../../electron/service/api/contract.ts';"],
    ['native-models/masks/a.ts', "import { colors } from '../../renderer/app/colors.ts';"],
    ['electron/service/a.ts', "import type { MenuCommand } from '../hostPort.ts';"],
    ['electron/service/api/a.ts', "import { serveLoopback } from '../../serve.ts';"],
    ['electron/service/a.ts', "import type { UtilityProcess } from 'electron';"],
    ['electron/service/a.ts', "const { app } = require('electron');"],
    ['electron/service/a.ts', "import { strings } from '../../renderer/strings.ts';"],
    ['electron/service/a.ts', "import { startService } from './testing/startService.ts';"],
    ['electron/serve.ts', "import type { App } from 'electron';"],
    ['electron/menu.ts', "import { Menu } from 'electron';"],
    ['electron/cli/a.ts', "import { app } from 'electron';"],
    ['electron/main.ts', "import { strings } from '../renderer/strings.ts';"],
  ])('finds fault with %s: %s', (file, source) => {
    expect(wrongIn(file, `// A comment.\n${source}\n`)).toHaveLength(1);
  });

  it.each([
    ['renderer/app/A.tsx', "import type { Edit } from '../../electron/service/api/contract.ts';"],
    ['renderer/app/A.tsx', "import { type Edit, type Bbox } from '../../electron/service/api/contract.ts';"],
    ['renderer/app/A.tsx', "import { useState } from 'react';"],
    ['renderer/app/A.tsx', "// import { openProject } from '../../electron/service/project/index.ts';"],
    ['renderer/app/A.tsx', "/** As in import { a } from '../../electron/serve.ts'. */"],
    ['electron/service/a.ts', "import { encodeRle } from '../../native-models/masks/rle.ts';"],
    ['electron/service/testing/a.ts', "import { build } from '../inference/testing.ts';"],
    ['electron/main.ts', "import { app } from 'electron';"],
    ['electron/menu.ts', "import type { MenuItem } from 'electron';"],
    ['electron/cli/a.ts', "import { openProject } from '../service/project/index.ts';"],
  ])('leaves %s alone: %s', (file, source) => {
    expect(wrongIn(file, source)).toEqual([]);
  });

  it('sees every import of a module', () => {
    const source = readFileSync(join(root, 'electron/main.ts'), 'utf8');
    expect(importsOf(source)).toHaveLength(source.match(/ from '/g)!.length);
    expect(modules.length).toBeGreaterThan(100);
  });
});
