import { readFile, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';

const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.woff': 'font/woff',
  '.ttf': 'font/ttf',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
};

/** One of the renderer's files; null where there is none, or where the path leads out of `folder` in any way. */
export async function staticFile(folder: string, urlPath: string): Promise<Response | null> {
  const name = decodePath(urlPath);
  if (name === null) return null;
  const contentType = contentTypes[extname(name)];
  if (!contentType) return null;
  let bytes: Buffer<ArrayBuffer>;
  try {
    const root = await realpath(folder);
    const path = await realpath(join(root, ...name.split('/')));
    if (!path.startsWith(root + sep)) return null;
    bytes = await readFile(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR' || code === 'ENAMETOOLONG') return null;
    throw cause;
  }
  return new Response(bytes, {
    headers: {
      'content-type': contentType,
      // Vite names what is under assets/ by its content, so it never changes.
      'cache-control': name.startsWith('assets/') ? 'private, max-age=31536000, immutable' : 'no-cache',
    },
  });
}

/** Path below the folder with `/` between its parts, or null for one that no honest page asks for. */
function decodePath(urlPath: string): string | null {
  let path: string;
  try {
    path = decodeURIComponent(urlPath);
  } catch {
    return null;
  }
  if (/[\\\0:]/.test(path)) return null;
  const parts = path.split('/').filter((part) => part !== '');
  if (parts.some((part) => part.startsWith('.'))) return null;
  return parts.length === 0 ? 'index.html' : parts.join('/');
}
