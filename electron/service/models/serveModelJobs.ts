import { constants, setPriority } from 'node:os';
import { addModel } from '../../../native-models/packages/installModel.ts';
import { verifyModel } from '../../../native-models/packages/verifyModel.ts';
import { type TrialNeeds, tryProvider } from '../../../native-models/trials/tryProvider.ts';
import { LamellaError } from '../errors.ts';
import { chooseDevice, threadsOf } from '../inference/chooseDevice.ts';
import { fromModelError } from '../inference/modelErrors.ts';
import type { ProcessPort } from '../inference/processPort.ts';
import type { JobMessage, JobName, JobReply, Jobs } from './modelJobs.ts';

/** The person at the workbench goes first. */
const giveWay = () => setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

/** Answers one job of modelJobs.ts; `trialNeeds` for its trials, `beforeTrial` runs before one. */
export function serveModelJobs(port: ProcessPort, trialNeeds: TrialNeeds = {}, beforeTrial = giveWay): void {
  const abort = new AbortController();
  const post = (reply: JobReply) => port.post(reply);
  const tell = (fraction: number, what: string) => post({ progress: { fraction, what } });

  async function work(message: Exclude<JobMessage, { giveUp: true }>): Promise<Jobs[JobName]['answer']> {
    if (message.job === 'verify') {
      const { model, device, dataFolder } = message.request;
      return verifyModel(model, await chooseDevice(model, device, { dataFolder, failed: [] }), tell, abort.signal);
    }
    if (message.job === 'try') {
      const { model, provider, threads } = message.request;
      beforeTrial();
      const onCompared = () => tell(0.5, provider);
      return tryProvider(model, provider, threadsOf({ threads }), { ...trialNeeds, onCompared });
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
}
