/** Runs `work`, or `stop` and the signal's reason when it is aborted first. */
export async function untilAborted<Result>(
  signal: AbortSignal,
  work: Promise<Result>,
  stop: () => void,
): Promise<Result> {
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      stop();
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
    // The loser of the race may still fail; nobody waits for it any more.
    work.catch(() => undefined);
  }
}
