/** For tests: the process for work on models, in which WebGPU is in disguise. */
import { openProcessPort } from '../inference/processPort.ts';
import { serveModelJobs } from '../models/serveModelJobs.ts';
import { disguised } from './disguise.ts';

serveModelJobs(openProcessPort(), disguised(), () => {});
