import { resolve } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { hasDisplay, openBrowser } from '../browser.ts';
import { serveLoopback } from '../serve.ts';
import { startServiceHost } from '../serviceHost.ts';

export function register(program: Command): void {
  program
    .command('serve')
    .description('serve the workbench to a browser on this machine')
    .argument('[project]', 'folder of micrographs, project folder, or micrograph file to open')
    .option('--port <number>', 'port on 127.0.0.1; 0 takes any free one', parsePort, 0)
    .option('--no-open', 'do not open a browser')
    .action(async (project: string | undefined, options: { port: number; open: boolean }) => {
      await serve(project ?? null, options.port, options.open);
    });
}

async function serve(project: string | null, port: number, open: boolean): Promise<void> {
  const service = startServiceHost({ host: 'loopback' });
  // Closing lets go of the project's lock and ends the inference process, whatever happens next.
  try {
    const host = await serveLoopback(service.app, port);
    try {
      if (project !== null) await service.workbench.open([resolve(project)]);
      const ended = untilSignal();
      process.stdout.write(`Lamella: ${host.address}\n`);
      if (open && hasDisplay()) openBrowser(host.address, (message) => process.stderr.write(`${message}\n`));
      await ended;
    } finally {
      await host.close();
    }
  } finally {
    await service.close();
  }
}

function untilSignal(): Promise<void> {
  return new Promise((ended) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => ended());
  });
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65535) throw new InvalidArgumentError('a port is a number from 0 to 65535.');
  return port;
}
