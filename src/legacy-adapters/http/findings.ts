import { instantOfMs } from '../../model/period.js';
import type { CheckFinding } from '../../model/source.js';

export const ok = (topic: string, sentence: string): CheckFinding => ({ level: 'ok', topic, sentence, next: null });
export const warning = (topic: string, sentence: string, next: string): CheckFinding => ({
  level: 'warning',
  topic,
  sentence,
  next,
});
export const wrong = (topic: string, sentence: string, next: string): CheckFinding => ({
  level: 'problem',
  topic,
  sentence,
  next,
});

/** A clock that is off by more puts documents into the wrong cycle at its edges. */
const maxSkewMs = 60_000;

/** Compares this machine's clock with the other side's; `serverMs` is null when the other side does not state its time. */
export function clockFinding(system: string, serverMs: number | null, nowMs: number): CheckFinding {
  if (serverMs === null) return ok('clock', `${system} does not state its time, so the clocks were not compared.`);
  const skewMs = Math.abs(serverMs - nowMs);
  if (skewMs <= maxSkewMs) return ok('clock', `The clock of this machine agrees with that of ${system}.`);
  return warning(
    'clock',
    `The clock of this machine is ${Math.round(skewMs / 1000)} seconds off: ${system} says it is ${instantOfMs(serverMs)}.`,
    'Set the clock of this machine, for example with chrony.',
  );
}
