import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFolder, type RunningService, startService } from '../testing/startService.ts';
import type { SessionView } from './contract.ts';
import { contentSecurityPolicy } from './headers.ts';

let service: RunningService;
let dataFolder: string;
let remove: () => Promise<void>;

beforeAll(async () => {
  const made = await makeFolder();
  remove = made.remove;
  dataFolder = join(made.folder, '..', 'data');
  const page = join(made.folder, '..', 'page');
  await mkdir(join(page, 'assets'), { recursive: true });
  await writeFile(join(page, 'index.html'), '<!doctype html><title>Lamella</title>');
  await writeFile(join(page, 'assets', 'main-1a2b.js'), 'export {};');
  await writeFile(join(page, '.secret.txt'), 'hidden');
  await writeFile(join(made.folder, '..', 'secret.txt'), 'outside');
  await symlink(join(made.folder, '..', 'secret.txt'), join(page, 'link.txt'));
  service = startService(dataFolder, { rendererFolder: page });
});
afterAll(async () => {
  await service.close();
  await remove();
});

describe('the page’s files', () => {
  it('are served with what they are and nothing else may be loaded', async () => {
    const index = await service.send('GET', '/');
    expect(await index.text()).toContain('<title>Lamella</title>');
    expect(index.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const script = await service.send('GET', '/assets/main-1a2b.js');
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(script.headers.get('cache-control')).toContain('immutable');
    for (const response of [
      index,
      script,
      await service.send('GET', '/api/session'),
      await service.send('GET', '/x'),
    ]) {
      expect(response.headers.get('content-security-policy')).toBe(contentSecurityPolicy);
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    }
    expect((await service.send('GET', '/api/session')).headers.get('cache-control')).toBe('no-store');
    expect(contentSecurityPolicy).toMatch(/default-src 'self'.*script-src 'self'.*frame-ancestors 'none'/);
    expect(contentSecurityPolicy).not.toMatch(/script-src[^;]*unsafe|https?:|\*/);
  });

  it.each([
    '/..%2fsecret.txt',
    '/%2e%2e/secret.txt',
    '/%2e%2e%2fsecret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/%2f..%2fsecret.txt',
    '/.secret.txt',
    '/assets/%2e%2e/.secret.txt',
    '/link.txt',
    '/index.html%00.txt',
    '/%c0%ae%c0%ae/secret.txt',
    '/C:%5csecret.txt',
    '/assets',
    '/assets/absent.js',
    `/${'a'.repeat(5000)}.txt`,
  ])('%s leads nowhere', async (path) => {
    const response = await service.send('GET', path);
    expect(response.status).toBe(404);
    expect(await response.text()).not.toMatch(/outside|hidden/);
  });

  it('are not there where the service has no page', async () => {
    const bare = startService(join(dataFolder, 'bare'));
    expect((await bare.send('GET', '/')).status).toBe(404);
    const { inference } = await bare.json<SessionView>('GET', '/api/session');
    expect(inference).toMatchObject({ state: 'failed', message: expect.stringContaining('not built') });
    await bare.close();
  });
});
