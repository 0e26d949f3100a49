/** The process's side of the channel to the service: Electron's utility process and Node's fork look alike from here. */
export interface ProcessPort {
  post(message: unknown): void;
  /** `onClosed`: the service has gone. */
  listen(onMessage: (message: unknown) => void, onClosed: () => void): void;
}

/** What Electron gives a utility process as `process.parentPort` (it ends such a process together with its parent). */
interface ParentPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown }) => void): void;
}

export function openProcessPort(): ProcessPort {
  const { parentPort } = process as NodeJS.Process & { parentPort?: ParentPort };
  if (parentPort) {
    return {
      post: (message) => parentPort.postMessage(message),
      listen: (onMessage) => parentPort.on('message', ({ data }) => onMessage(data)),
    };
  }
  if (!process.send) throw new Error('The inference process is started by Lamella, not by hand.');
  return {
    post: (message) => {
      process.send?.(message);
    },
    listen: (onMessage, onClosed) => {
      process.on('message', onMessage);
      process.on('disconnect', onClosed);
      // A service that was killed while this process worked is met when the answer is written, before 'disconnect'.
      process.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EPIPE' && error.code !== 'ERR_IPC_CHANNEL_CLOSED') throw error;
        onClosed();
      });
    },
  };
}
