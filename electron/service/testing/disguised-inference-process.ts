/** For tests: the inference process, in which WebGPU is in disguise. */
import { openProcessPort } from '../inference/processPort.ts';
import { serveInference } from '../inference/serveInference.ts';
import { disguised } from './disguise.ts';

serveInference(openProcessPort(), disguised().create);
