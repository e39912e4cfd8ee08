import type { AlertMessage } from '../model/alert.js';

/** What a message says in one line: its worst alert, and how many others it carries. */
export function headline({ alerts, isTest }: AlertMessage): string {
  const [worst] = alerts;
  if (worst === undefined) return 'nothing to tell';
  const others = alerts.length - 1;
  const more = others === 0 ? '' : ` (and ${others} more)`;
  return `${isTest ? 'test, ' : ''}${worst.severity}: ${worst.title}${more}`;
}

export const repeatNote = 'This may have reached you before: an earlier attempt ended without an answer.';
