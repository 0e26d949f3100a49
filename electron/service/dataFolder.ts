import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Where Lamella keeps what belongs to the user and to no project: the recent list, models, the sample project, and
 * projects of folders that can't be written to. `LAMELLA_DATA` overrides the platform's place.
 */
export function dataFolderPath(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  if (env.LAMELLA_DATA) return resolve(env.LAMELLA_DATA);
  switch (platform) {
    case 'win32':
      return join(env.APPDATA ?? join(home, 'AppData', 'Roaming'), 'Lamella');
    case 'darwin':
      return join(home, 'Library', 'Application Support', 'Lamella');
    default:
      return join(env.XDG_DATA_HOME || join(home, '.local', 'share'), 'lamella');
  }
}
