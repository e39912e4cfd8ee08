/**
 * Where a cycle stands between the first record and the signatures. `suspended`: it was prepared or signed, and then a
 * run gave other numbers; the signatures stay readable and no longer count.
 */
export const cycleStates = ['collecting', 'settling', 'comparable', 'in_review', 'signed', 'suspended'] as const;
export type CycleState = (typeof cycleStates)[number];

/**
 * unsettled: a run ended incomplete, or late usage may still arrive. same, changed: a complete run
 * after the grace period gave the verdicts that the signatures are bound to, or others. prepared, reviewed: the preparer,
 * the last reviewer signed. reopened: somebody took the cycle back to work on it.
 */
export const cycleEvents = ['unsettled', 'same', 'changed', 'prepared', 'reviewed', 'reopened'] as const;
export type CycleEvent = (typeof cycleEvents)[number];

/** The one table of what may happen to a cycle. A cycle that nothing is known of begins with `collecting`. */
export const cycleTransitions = {
  collecting: {
    unsettled: 'settling',
    same: 'comparable',
    changed: 'comparable',
    prepared: 'refused',
    reviewed: 'refused',
    reopened: 'refused',
  },
  settling: {
    unsettled: 'settling',
    same: 'comparable',
    changed: 'comparable',
    prepared: 'refused',
    reviewed: 'refused',
    reopened: 'refused',
  },
  comparable: {
    unsettled: 'settling',
    same: 'comparable',
    changed: 'comparable',
    prepared: 'in_review',
    reviewed: 'refused',
    reopened: 'refused',
  },
  in_review: {
    unsettled: 'suspended',
    same: 'in_review',
    changed: 'suspended',
    prepared: 'refused',
    reviewed: 'signed',
    reopened: 'comparable',
  },
  signed: {
    unsettled: 'suspended',
    same: 'signed',
    changed: 'suspended',
    prepared: 'refused',
    reviewed: 'refused',
    reopened: 'comparable',
  },
  // Equal numbers in a later run do not bring the signatures back: somebody has to look and sign again.
  suspended: {
    unsettled: 'suspended',
    same: 'suspended',
    changed: 'suspended',
    prepared: 'in_review',
    reviewed: 'refused',
    reopened: 'comparable',
  },
} as const satisfies Record<CycleState, Record<CycleEvent, CycleState | 'refused'>>;

/** Where `event` leads from `state`; `refused` when it may not happen there. */
export function nextCycleState(state: CycleState, event: CycleEvent): CycleState | 'refused' {
  return cycleTransitions[state][event];
}

/** States in which decisions about mismatches stand still, because somebody has signed for them. */
export const frozenCycleStates: ReadonlySet<CycleState> = new Set(['in_review', 'signed']);
