import { request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LoopbackHost, serveLoopback } from './serve.ts';
import type { ProjectView } from './service/api/contract.ts';
import { contentSecurityPolicy } from './service/api/headers.ts';
import { eventsOf, nextEvent } from './service/testing/serviceCalls.ts';
import { writeGreySpecimen } from './service/testing/specimens.ts';
import { appRoot, makeFolder, type RunningService, startService } from './service/testing/startService.ts';

let service: RunningService;
let host: LoopbackHost;
let folder: string;
let remove: () => Promise<void>;

beforeAll(async () => {
  ({ folder, remove } = await makeFolder());
  await writeGreySpecimen(folder, 'grey.png');
  // Any folder with an index.html stands for the built page.
  service = startService(join(folder, '..', 'data'), { rendererFolder: join(appRoot, 'renderer') });
  host = await serveLoopback(service.app, 0);
});
afterAll(async () => {
  await host.close();
  await service.close();
  await remove();
});

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** A request with exactly these headers; fetch would set Host and Origin itself. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET', body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: host.port, path, method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const cookie = () => ({ cookie: `lamella-${host.port}=${host.token}` });
const bearer = () => ({ authorization: `Bearer ${host.token}` });

function connects(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

/** Addresses of this machine on which the host must not be. */
function otherAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const own = all.filter(({ address, scopeid }) => address !== '127.0.0.1' && !scopeid).map(({ address }) => address);
  // The whole of 127/8 is this machine on Linux: a host on 0.0.0.0 would answer here.
  return process.platform === 'linux' ? [...own, '127.0.0.2'] : own;
}

describe('the loopback host', () => {
  it('is on 127.0.0.1 and on no other address of this machine', async () => {
    expect(await connects('127.0.0.1', host.port)).toBe(true);
    for (const address of otherAddresses())
      expect([address, await connects(address, host.port)]).toEqual([address, false]);
  });

  it('has a token of its own for each start, which opens no other', async () => {
    const other = await serveLoopback(service.app, 0);
    expect(other.token).not.toBe(host.token);
    expect(Buffer.from(host.token, 'base64url')).toHaveLength(32);
    expect(host.address).toBe(`http://127.0.0.1:${host.port}/?token=${host.token}`);
    const wrongDoor = await fetch(`http://127.0.0.1:${other.port}/api/session`, {
      headers: { cookie: `${cookie().cookie}; lamella-${other.port}=${host.token}` },
    });
    expect(wrongDoor.status).toBe(403);
    await other.close();
    expect(await connects('127.0.0.1', other.port)).toBe(false);
  });

  it('says which port is taken', async () => {
    await expect(serveLoopback(service.app, host.port)).rejects.toMatchObject({
      code: 'bad-request',
      message: expect.stringContaining(String(host.port)),
      remedy: expect.stringContaining('--port'),
    });
  });
});

describe('without the token', () => {
  const wrong: [how: string, headers: () => Record<string, string>][] = [
    ['nothing', () => ({})],
    ['an empty cookie', () => ({ cookie: `lamella-${host.port}=` })],
    ['the cookie of another port', () => ({ cookie: `lamella-${host.port + 1}=${host.token}` })],
    ['half the token', () => ({ cookie: `lamella-${host.port}=${host.token.slice(0, 20)}` })],
    ['a token too long', () => ({ authorization: `Bearer ${host.token}x` })],
    ['another scheme', () => ({ authorization: `Basic ${host.token}` })],
  ];

  it.each(wrong)('%s opens no door', async (_how, headers) => {
    const doors: [path: string, method: string][] = [
      ['/', 'GET'],
      ['/?token=wrong', 'GET'],
      ['/index.html', 'GET'],
      ['/api/session', 'GET'],
      ['/api/projects/sample', 'POST'],
      ['/api/nothing', 'GET'],
      [`/api/session?token=${host.token}`, 'GET'],
      [`/?token=${host.token}`, 'POST'],
    ];
    for (const [path, method] of doors) {
      const answer = await ask(path, headers(), method);
      expect([path, answer.status]).toEqual([path, 403]);
      expect(JSON.parse(answer.body)).toMatchObject({ error: { code: 'not-allowed', remedy: expect.any(String) } });
      expect(answer.headers['content-security-policy']).toBe(contentSecurityPolicy);
      expect(answer.headers['set-cookie']).toBeUndefined();
      expect(answer.body).not.toContain(host.token);
    }
    expect(service.workbench.projects()).toEqual([]);
  });

  it('a person is told so on a page', async () => {
    const answer = await ask('/', { accept: 'text/html,*/*' });
    expect(answer.status).toBe(403);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.body).toContain('?token=');
  });
});

describe('with the token', () => {
  it('the printed address is swapped for a cookie that no script and no other site can use', async () => {
    const answer = await ask(`/?token=${host.token}`);
    expect(answer.status).toBe(302);
    expect(answer.headers.location).toBe('/');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['referrer-policy']).toBe('no-referrer');
    expect(answer.headers['set-cookie']).toEqual([
      `lamella-${host.port}=${host.token}; HttpOnly; SameSite=Strict; Path=/`,
    ]);
  });

  it.each([
    ['a cookie', () => cookie()],
    ['a cookie among others', () => ({ cookie: `a=b; ${cookie().cookie}; c=d` })],
    ['a bearer token', () => bearer()],
    ['its own origin', () => ({ ...cookie(), origin: `http://127.0.0.1:${host.port}` })],
    ['the name localhost', () => ({ ...cookie(), host: `localhost:${host.port}` })],
  ])('%s opens the page and the service', async (_how, headers) => {
    for (const path of ['/', '/api/session']) {
      const answer = await ask(path, headers());
      expect([path, answer.status]).toEqual([path, 200]);
      expect(answer.headers['content-security-policy']).toBe(contentSecurityPolicy);
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
      expect(answer.headers['cross-origin-resource-policy']).toBe('same-origin');
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
    expect(JSON.parse((await ask('/api/session', headers())).body)).toMatchObject({ host: 'loopback' });
  });

  it.each([
    ['a foreign host name', () => ({ host: 'attacker.example' })],
    ['a foreign host name with our port', () => ({ host: `attacker.example:${host.port}` })],
    ['our address with another port', () => ({ host: '127.0.0.1:80' })],
    ['another address of this machine', () => ({ host: `0.0.0.0:${host.port}` })],
    ['a foreign page', () => ({ origin: 'https://attacker.example' })],
    ['a page of another port', () => ({ origin: `http://127.0.0.1:${host.port + 1}` })],
    ['our page over another scheme', () => ({ origin: `https://127.0.0.1:${host.port}` })],
    ['a page without an origin', () => ({ origin: 'null' })],
  ])('%s is refused all the same', async (_who, headers) => {
    for (const known of [cookie(), bearer()]) {
      expect((await ask('/api/session', { ...known, ...headers() })).status).toBe(403);
      expect((await ask('/api/projects/sample', { ...known, ...headers() }, 'POST')).status).toBe(403);
    }
    expect((await ask(`/?token=${host.token}`, headers())).status).toBe(403);
    expect(service.workbench.projects()).toEqual([]);
  });
});

describe('the service behind it', () => {
  const post = (path: string, body: unknown) =>
    fetch(`http://127.0.0.1:${host.port}${path}`, { method: 'POST', headers: bearer(), body: JSON.stringify(body) });

  it('takes requests, sends bytes and streams events while they happen', async () => {
    const project = (await (await post('/api/projects/open', { paths: [folder] })).json()) as ProjectView;
    const base = `http://127.0.0.1:${host.port}/api/projects/${project.id}`;
    const tile = await fetch(`${base}/images/1/tiles/0/1/1`, { headers: bearer() });
    expect((await tile.arrayBuffer()).byteLength).toBe((600 - 512) * (520 - 512));
    const events = eventsOf(await fetch(`${base}/events`, { headers: bearer() }));
    const change = nextEvent(events, (event) => event.type === 'change');
    const edit = { type: 'addClass', name: 'Phase β', color: '#010203', key: null };
    const answer = await (await post(`/api/projects/${project.id}/edits`, { edit })).json();
    expect(await change).toEqual({ type: 'change', change: answer });
    // The stream is still open here: closing the host must not wait for it (afterAll would never end).
  });
});
