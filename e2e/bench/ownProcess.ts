// What runs in the service and in the inference process, measured in a process of its own: in the bench's, the browser
// driver's many objects make each collection of garbage longer, which pixels alone set off. `node … PART ROOT`.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { measureAutomatic } from './automatic.ts';
import { openBareModel } from './bareModel.ts';
import { measureDecode } from './decode.ts';
import type { Figure } from './figure.ts';
import { measurePromptToMask } from './promptToMask.ts';

const [part, root] = process.argv.slice(2) as [string, string];
const print = (line: Figure) => process.stdout.write(`${JSON.stringify(line)}\n`);
const model = join(root, 'native-models', 'embedded', 'lamella-v3');

const parts: Record<string, () => Promise<void>> = {
  async 'prompt-to-mask'() {
    const bare = await openBareModel(model, availableParallelism());
    await bare.decode();
    print(await measurePromptToMask(model, join(root, 'assets', 'samples', 'powder-particles.png'), bare));
  },
  decode: () => measureDecode(print),
  async automatic() {
    for (const line of await measureAutomatic(model, availableParallelism())) print(line);
  },
};

await parts[part]!();
