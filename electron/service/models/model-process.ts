/** Entry of the process for work on models; the service starts one for each job of modelJobs.ts. */
import { addModel } from '../../../native-models/packages/installModel.ts';
import { verifyModel } from '../../../native-models/packages/verifyModel.ts';
import { parseProvider } from '../../../native-models/runtime/providers.ts';
import { LamellaError } from '../errors.ts';
import { fromModelError } from '../inference/modelErrors.ts';
import { openProcessPort } from '../inference/processPort.ts';
import type { JobMessage, JobName, JobReply, Jobs } from './modelJobs.ts';

const port = openProcessPort();
const abort = new AbortController();
const post = (reply: JobReply) => port.post(reply);
const tell = (fraction: number, what: string) => post({ progress: { fraction, what } });

async function work(message: Exclude<JobMessage, { giveUp: true }>): Promise<Jobs[JobName]['answer']> {
  if (message.job === 'verify') {
    const { model, provider } = message.request;
    return verifyModel(model, parseProvider(provider ?? undefined), tell, abort.signal);
  }
  const { file, modelsFolder, options } = message.request;
  const onProgress = ({ stage, fraction }: { stage: string; fraction: number }) => tell(fraction, stage);
  return addModel(file, modelsFolder, { ...options, onProgress, signal: abort.signal });
}

async function answer(message: Exclude<JobMessage, { giveUp: true }>): Promise<void> {
  try {
    post({ answer: await work(message) });
  } catch (cause) {
    const error = abort.signal.aborted ? new LamellaError('cancelled', 'Given up.') : fromModelError(cause);
    post({ error: error.toBody() });
  }
}

port.listen(
  (message) => {
    const known = message as JobMessage;
    if ('giveUp' in known) abort.abort();
    else void answer(known);
  },
  () => process.exit(0),
);
