import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ExportResult } from '../service/api/contract.ts';
import { heightPx, shapes, TestProject } from '../service/datasets/testing.ts';
import { register } from './export.ts';

let made: TestProject;
beforeEach(async () => {
  made = await TestProject.make();
  made.addObject(await made.addImage('a.png'), shapes.hole!);
});
afterEach(() => made.remove());

/** Runs the command as the program does, and gives what it printed. */
async function run(...argv: string[]): Promise<{ out: string; err: string }> {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  register(program);
  const printed = { out: '', err: '' };
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((printed.out += String(text)), true));
  const err = vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((printed.err += String(text)), true));
  try {
    await program.parseAsync(['export', ...argv], { from: 'user' });
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
  return printed;
}

function cocoOf(folder: string): { images: unknown[]; annotations: { segmentation: unknown }[] } {
  return JSON.parse(readFileSync(join(folder, 'annotations', 'instances.json'), 'utf8'));
}

describe('lamella export', () => {
  it('writes COCO while the workbench has the project, one JSON document on standard output', async () => {
    expect(made.project.writable).toBe(true);
    const { out, err } = await run(made.folder, '--format', 'coco', '--output', made.output, '--images', '--json');
    const result = JSON.parse(out) as ExportResult;
    expect(result).toEqual({
      format: 'coco',
      output: made.output,
      files: ['images/a.png', 'annotations/instances.json'],
      images: 1,
      objects: 1,
      notices: [],
    });
    expect(cocoOf(made.output).annotations).toHaveLength(1);
    expect(err).toContain('100 %');
    // The workbench goes on unharmed.
    made.addObject(made.project.images()[0]!.id, shapes.parts!);
  });

  it('takes project.lamella too, prints one line, and tells notices on standard error', async () => {
    const file = join(made.folder, 'project.lamella');
    const { out, err } = await run(file, '--format', 'coco', '--output', made.output, '--segmentation', 'polygon');
    expect(out).toBe(`1 object of 1 image: ${made.output}\n`);
    expect(err).toContain('One object lost its holes');
    expect(cocoOf(made.output).annotations[0]!.segmentation).toEqual([expect.any(Array)]);
    expect(existsSync(join(made.output, 'images'))).toBe(false);
  });

  it('writes label images of either kind', async () => {
    await run(made.folder, '--format', 'labels', '--output', made.output);
    await run(made.folder, '--format', 'labels', '--output', made.output, '--container', 'png');
    expect(['a_labels.tif', 'a_labels.png'].every((name) => existsSync(join(made.output, name)))).toBe(true);
  });

  it('leaves out info bars where that is asked for', async () => {
    const bar = { y: 7, height: heightPx - 7 };
    const { id } = made.project.images()[0]!;
    const { facts } = made.project.image(id);
    made.project.updateImage(id, { sha256: 'x', facts: { ...facts!, dataBar: bar }, problem: null });
    made.addObject(id, shapes.lastPixel!);
    const argv = [made.folder, '--format', 'coco', '--output', made.output, '--images'];
    const { out, err } = await run(...argv, '--without-data-bar');
    expect(out).toBe(`1 object of 1 image: ${made.output}\n`);
    expect(err).toContain('one object lies wholly in the info bar');
    expect(cocoOf(made.output).images).toEqual([expect.objectContaining({ height: 7 })]);
    await run(...argv);
    expect(cocoOf(made.output).images).toEqual([expect.objectContaining({ height: heightPx })]);
  });

  it('lets go of the project', async () => {
    made.project.close();
    await run(made.folder, '--format', 'coco', '--output', made.output);
    expect(existsSync(join(made.folder, 'project.lock'))).toBe(false);
  });

  it('makes no project where there is none', async () => {
    const empty = join(made.root, 'empty');
    mkdirSync(empty);
    for (const path of [empty, join(made.root, 'absent')]) {
      await expect(run(path, '--format', 'coco', '--output', made.output)).rejects.toThrow(
        expect.objectContaining({ code: 'file-missing', path }),
      );
    }
    expect(existsSync(join(empty, 'project.lamella'))).toBe(false);
    expect(existsSync(made.output)).toBe(false);
  });

  it.each([
    ['an unknown format', ['--format', 'yolo', '--output', 'x']],
    ['an unknown way of writing masks', ['--format', 'coco', '--output', 'x', '--segmentation', 'dots']],
    ['no format', ['--output', 'x']],
    ['no folder to write into', ['--format', 'coco']],
  ])('calls %s wrong usage', async (_, options) => {
    await expect(run(made.folder, ...options)).rejects.toThrow(CommanderError);
  });
});
