import { fork } from 'node:child_process';

/** The service's side of the channel to an inference process, whoever started it. */
export interface InferenceChild {
  /** undefined before the process runs and where it could not be started. */
  readonly pid: number | undefined;
  post(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once, also when the process could not be started; `reason` for people. */
  onEnd(listener: (reason: string) => void): void;
  /** Ends it at once, even in the middle of a session's run. */
  kill(): void;
}

export interface ForkOptions {
  /** Drops what the process prints: drivers that are tried complain of what nobody can mend. */
  quiet?: boolean;
}

/** Starts `entry` (a built inference process). */
export type ForkInference = (entry: string, options?: ForkOptions) => InferenceChild;

/** Node's child_process. Whatever the process prints goes to standard error: standard output belongs to the host. */
export const forkNodeProcess: ForkInference = (entry, { quiet = false } = {}) => {
  const output = quiet ? 'ignore' : 2;
  const child = fork(entry, [], { serialization: 'advanced', execArgv: [], stdio: ['ignore', output, output, 'ipc'] });
  return {
    get pid() {
      return child.pid;
    },
    post(message) {
      if (child.connected) child.send(message as object);
    },
    onMessage: (listener) => child.on('message', listener),
    onEnd(listener) {
      let ended = false;
      const end = (reason: string) => {
        if (ended) return;
        ended = true;
        listener(reason);
      };
      child.on('error', (error) => {
        // Also emitted when a message could not be sent; the process is of no use then.
        child.kill('SIGKILL');
        end(error.message);
      });
      child.on('exit', (code, signal) => end(signal ? `signal ${signal}` : `exit code ${code}`));
    },
    kill: () => child.kill('SIGKILL'),
  };
};

/** The part of Electron's UtilityProcess that is needed; named here so that the service does not import Electron. */
export interface UtilityProcessLike {
  readonly pid: number | undefined;
  postMessage(message: unknown): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
  kill(): boolean;
}

/** `createInferenceClient({ fork: (entry) => adaptUtilityProcess(utilityProcess.fork(entry)), … })` */
export function adaptUtilityProcess(child: UtilityProcessLike): InferenceChild {
  return {
    get pid() {
      return child.pid;
    },
    post: (message) => child.postMessage(message),
    onMessage: (listener) => {
      child.on('message', listener);
    },
    onEnd: (listener) => {
      child.on('exit', (code) => listener(`exit code ${code}`));
    },
    kill: () => {
      // Electron's kill asks politely, which a process inside a long run does not hear.
      if (child.pid === undefined) child.kill();
      else process.kill(child.pid, 'SIGKILL');
    },
  };
}
