/** Entry of the inference process; the service starts it and speaks to it in the calls of messages.ts. */
import { InferenceCalls } from './inferenceCalls.ts';
import type { CallMessage, ReplyMessage } from './messages.ts';
import { fromModelError } from './modelErrors.ts';
import { openProcessPort } from './processPort.ts';

const port = openProcessPort();
const calls = new InferenceCalls();

async function reply(message: CallMessage): Promise<ReplyMessage> {
  try {
    return { id: message.id, answer: await calls.answer(message) };
  } catch (error) {
    return { id: message.id, error: fromModelError(error).toBody() };
  }
}

port.listen(
  async (message) => port.post(await reply(message as CallMessage)),
  () => process.exit(0),
);
