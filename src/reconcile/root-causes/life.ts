/**
 * Where a root cause stands. `unknown`: seen, and nobody has said what it is. `known`: somebody answers for it.
 * `fix-ready`: a fix is said to be in place. `fix-verified`: it is gone after such a fix. `accepted`: allowed to be there
 * until its date. `closed`: gone without anybody fixing it. `regressed`: back after it was gone.
 */
export const rootCauseStates = [
  'unknown',
  'known',
  'fix-ready',
  'fix-verified',
  'accepted',
  'closed',
  'regressed',
] as const;
export type RootCauseState = (typeof rootCauseStates)[number];

/**
 * What happens to a root cause. `seen`, `gone` and `changed` come from comparing a complete cycle with the one before,
 * `expired` from the calendar, the rest from people.
 */
export const rootCauseEvents = [
  'seen',
  'changed',
  'gone',
  'expired',
  'name',
  'declare_fixed',
  'accept',
  'reopen',
] as const;
export type RootCauseEvent = (typeof rootCauseEvents)[number];

/** Events that people cause; the others are found. */
export const decisions = ['name', 'declare_fixed', 'accept', 'reopen'] as const satisfies readonly RootCauseEvent[];
export type Decision = (typeof decisions)[number];

/** The whole life of a root cause: code, SQL and tests read this one table. */
export const life = {
  unknown: {
    seen: 'unknown',
    changed: 'unknown',
    gone: 'closed',
    expired: 'refused',
    name: 'known',
    declare_fixed: 'fix-ready',
    accept: 'accepted',
    reopen: 'refused',
  },
  known: {
    seen: 'known',
    changed: 'known',
    gone: 'closed',
    expired: 'refused',
    name: 'known',
    declare_fixed: 'fix-ready',
    accept: 'accepted',
    reopen: 'unknown',
  },
  'fix-ready': {
    seen: 'fix-ready',
    changed: 'known',
    gone: 'fix-verified',
    expired: 'refused',
    name: 'known',
    declare_fixed: 'fix-ready',
    accept: 'accepted',
    reopen: 'unknown',
  },
  'fix-verified': {
    seen: 'regressed',
    changed: 'regressed',
    gone: 'fix-verified',
    expired: 'refused',
    name: 'refused',
    declare_fixed: 'refused',
    accept: 'refused',
    reopen: 'unknown',
  },
  accepted: {
    seen: 'accepted',
    changed: 'unknown',
    gone: 'closed',
    expired: 'known',
    name: 'known',
    declare_fixed: 'fix-ready',
    accept: 'accepted',
    reopen: 'unknown',
  },
  closed: {
    seen: 'regressed',
    changed: 'regressed',
    gone: 'closed',
    expired: 'refused',
    name: 'refused',
    declare_fixed: 'refused',
    accept: 'refused',
    reopen: 'unknown',
  },
  regressed: {
    seen: 'regressed',
    changed: 'regressed',
    gone: 'fix-verified',
    expired: 'refused',
    name: 'known',
    declare_fixed: 'fix-ready',
    accept: 'accepted',
    reopen: 'unknown',
  },
} as const satisfies Record<RootCauseState, Record<RootCauseEvent, RootCauseState | 'refused'>>;

/** The state after an event, or `refused` when the event makes no sense there. */
export function nextState(state: RootCauseState, event: RootCauseEvent): RootCauseState | 'refused' {
  return life[state][event];
}

/** The first state of a root cause that was never seen before. */
export const firstState: RootCauseState = 'unknown';

/** Money may grow to this many times of what was there when people decided before the cause counts as changed. */
export const changedFactor = 2;
