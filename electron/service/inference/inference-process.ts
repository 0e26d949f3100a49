/** Entry of the inference process; the service starts it and speaks to it in the calls of messages.ts. */
import { openProcessPort } from './processPort.ts';
import { serveInference } from './serveInference.ts';

serveInference(openProcessPort());
