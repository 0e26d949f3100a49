import { createHash, timingSafeEqual } from 'node:crypto';
import { securityHeaders } from './service/api/headers.ts';

export interface LoopbackGuard {
  /** The answer that refuses the request or sets the cookie; null lets it through to the service. */
  check(request: Request): Response | null;
}

/**
 * Who may talk to the loopback host: whoever has the token of this start, from a page of this very address.
 * Any program and any web page on this machine can reach 127.0.0.1, so every request, static files included, needs
 * the token; Host is checked against DNS rebinding, Origin against requests that other pages send with our cookie.
 */
export function createLoopbackGuard(token: string, port: number): LoopbackGuard {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  const origins = hosts.map((host) => `http://${host}`);
  // Cookies know no ports: the name keeps two workbenches on one machine apart.
  const cookieName = `lamella-${port}`;

  return {
    check(request) {
      const url = new URL(request.url);
      if (!hosts.includes(request.headers.get('host') ?? '')) {
        return refuse(request, `This host name is not served here; use http://${hosts[0]}/.`);
      }
      const origin = request.headers.get('origin');
      if (origin !== null && !origins.includes(origin)) {
        return refuse(request, 'Requests from other pages are refused.');
      }
      const inQuery = url.searchParams.get('token');
      if (url.pathname === '/' && request.method === 'GET' && inQuery !== null && sameText(inQuery, token)) {
        return new Response(null, {
          status: 302,
          headers: {
            ...securityHeaders,
            location: '/',
            'cache-control': 'no-store',
            'set-cookie': `${cookieName}=${token}; HttpOnly; SameSite=Strict; Path=/`,
          },
        });
      }
      const given = bearerToken(request) ?? cookieValue(request, cookieName);
      if (given !== null && sameText(given, token)) return null;
      return refuse(request, 'This workbench answers only to the address with its token.');
    },
  };
}

/** Takes the same time wherever the texts differ, and whatever their lengths. */
function sameText(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function bearerToken(request: Request): string | null {
  return /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1] ?? null;
}

function cookieValue(request: Request, name: string): string | null {
  for (const part of (request.headers.get('cookie') ?? '').split(';')) {
    const [key, value] = part.trim().split('=', 2);
    if (key === name && value !== undefined) return value;
  }
  return null;
}

const remedy =
  'Open the address that `lamella serve` or `npm start` printed (it ends in ?token=…); it is new at every start.';

function refuse(request: Request, message: string): Response {
  const headers = { ...securityHeaders, 'cache-control': 'no-store' };
  if ((request.headers.get('accept') ?? '').includes('text/html')) {
    const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Lamella</title>
<h1>Not allowed</h1><p>${message}</p><p>${remedy}</p><p><a href="/">Try again</a></p></html>`;
    return new Response(page, { status: 403, headers: { ...headers, 'content-type': 'text/html; charset=utf-8' } });
  }
  return Response.json({ error: { code: 'not-allowed', message, remedy } }, { status: 403, headers });
}
