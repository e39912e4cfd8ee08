import { randomBytes } from 'node:crypto';
import os from 'node:os';
import { beat, forgetProcesses, type ProcessKind, type ProcessState } from '../store/processes.js';
import type { RunContext } from './context.js';

const beatEveryMs = 5000;
/** A process that was not heard of for this long is taken for dead: three beats lost, and some room for a slow database. */
export const silentAfterMs = 60_000;
const forgetAfterMs = 7 * 86_400_000;

/** A process that writes down that it is alive, until it stops. */
export type Heartbeat = {
  readonly id: string;
  /** It takes no more work and ends what it has. */
  drain(): Promise<void>;
  stop(): Promise<void>;
};

/** Starts to beat. A beat that the database does not take is logged and the next one tried: others then see the silence. */
export async function startHeartbeat(
  context: Pick<RunContext, 'db' | 'now' | 'log'>,
  kind: ProcessKind,
): Promise<Heartbeat> {
  const host = os.hostname();
  const id = `${host}-${process.pid}-${randomBytes(4).toString('hex')}`;
  const write = (state: ProcessState) =>
    beat(context.db, { id, kind, host, pid: process.pid, state, now: context.now() });
  let state: ProcessState = 'working';
  await write(state);
  await forgetProcesses(context.db, new Date(context.now().getTime() - forgetAfterMs));
  let inFlight = Promise.resolve();
  const timer = setInterval(() => {
    inFlight = write(state).catch((error: unknown) => context.log('a heartbeat was lost', { error }));
  }, beatEveryMs);
  const become = async (next: ProcessState) => {
    state = next;
    await inFlight;
    await write(next);
  };
  return {
    id,
    drain: () => become('draining'),
    stop: async () => {
      clearInterval(timer);
      await become('stopped');
    },
  };
}
