// Prints what decoding takes, in a process of its own: in the bench's, the browser driver's many objects make each
// collection of garbage longer, which the planes of the service's side alone set off.
import { measureDecode } from './decode.ts';

await measureDecode((line) => process.stdout.write(`${JSON.stringify(line)}\n`));
