/** Entry of the process for work on models; the service starts one for each job of modelJobs.ts. */
import { openProcessPort } from '../inference/processPort.ts';
import { serveModelJobs } from './serveModelJobs.ts';

serveModelJobs(openProcessPort());
