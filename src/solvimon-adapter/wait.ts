/** Waits; ends early by throwing the signal's reason. Passed in so that tests own the time. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>;

export const realWait: Wait = (ms, signal) =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });

/** What the adapter takes from the world besides the network. */
export type Surroundings = {
  readonly wait: Wait;
  /** In [0, 1): spreads retries of several workers. */
  readonly random: () => number;
};

export const realSurroundings: Surroundings = { wait: realWait, random: Math.random };
