import type { MismatchStatus } from './verdict.js';

/** Statuses that a person may set by hand. The others follow from an acceptance or from what a run finds. */
export const settableStatuses = [
  'open',
  'investigating',
  'fix_solvimon',
  'fix_legacy',
  'fix_mapping',
  'resolved',
] as const satisfies readonly MismatchStatus[];
export type SettableStatus = (typeof settableStatuses)[number];

/**
 * set: a person sets a status. accept: a person accepts. expire: the day of an acceptance has come. change: a run gives
 * other content than was accepted. vanish: a run no longer finds it. appear: a run finds what was resolved.
 */
export const workEvents = ['set', 'accept', 'expire', 'change', 'vanish', 'appear'] as const;
export type WorkEvent = (typeof workEvents)[number];

const byPeople = { set: 'set', accept: 'accepted' } as const;
const untouched = { ...byPeople, expire: 'refused', change: 'refused', vanish: 'resolved', appear: 'refused' } as const;

/**
 * The one table of what may happen to a mismatch. `set` leads to the status that was set; `refused` means that the event
 * has no meaning there and changes nothing.
 */
export const workTransitions = {
  open: untouched,
  investigating: untouched,
  fix_solvimon: untouched,
  fix_legacy: untouched,
  fix_mapping: untouched,
  reopened: untouched,
  expired: untouched,
  stale: untouched,
  accepted: { ...byPeople, expire: 'expired', change: 'stale', vanish: 'resolved', appear: 'refused' },
  resolved: { ...byPeople, expire: 'refused', change: 'refused', vanish: 'refused', appear: 'reopened' },
} as const satisfies Record<MismatchStatus, Record<WorkEvent, MismatchStatus | 'set' | 'refused'>>;

/** Longest life of an acceptance, in days. */
export const maxAcceptanceDays = 90;

/** What somebody does to one or many mismatches. */
export type Act =
  | { readonly kind: 'assign'; readonly assignee: string | null }
  | { readonly kind: 'comment'; readonly text: string }
  | { readonly kind: 'status'; readonly status: SettableStatus; readonly note: string | null }
  | {
      readonly kind: 'accept';
      readonly reason: string;
      /** First day on which it no longer holds, "YYYY-MM-DD". */
      readonly expiresOn: string;
      /** Most money each key may cover, major units of its currency, decimal text. */
      readonly maxAmount: string;
    };

/** Acts that change what counts as open, and so what somebody signs for. */
export function changesStatus(act: Act): boolean {
  return act.kind === 'status' || act.kind === 'accept';
}
