import type { CreateSession } from '../../../native-models/runtime/graphs.ts';
import { InferenceCalls } from './inferenceCalls.ts';
import type { CallMessage, OpeningMessage, ReplyMessage } from './messages.ts';
import { fromModelError } from './modelErrors.ts';
import type { ProcessPort } from './processPort.ts';

/** Answers the calls of messages.ts until the service goes. */
export function serveInference(port: ProcessPort, create?: CreateSession): void {
  const calls = new InferenceCalls({
    ...(create ? { create } : {}),
    onOpening: (opening) => port.post({ opening } satisfies OpeningMessage),
  });

  async function reply(message: CallMessage): Promise<ReplyMessage> {
    const { id } = message;
    try {
      const answer = await calls.answer(message);
      return { id, answer, state: calls.state() };
    } catch (error) {
      return { id, error: fromModelError(error).toBody(), state: calls.state() };
    }
  }

  port.listen(
    async (message) => port.post(await reply(message as CallMessage)),
    () => process.exit(0),
  );
}
