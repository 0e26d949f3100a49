/** Version of the program, as package.json has it (esbuild puts the number in). */
import packageJson from '../../package.json' with { type: 'json' };

export const version: string = packageJson.version;
