import { suspendedCycles } from '../../store/alert-facts.js';
import type { Watcher } from './context.js';

/** Cycles whose numbers changed after they were signed. */
export const watchSignoffs: Watcher = async (context) =>
  (await suspendedCycles(context.db)).map(({ cycle, round, since, signers }) => ({
    kind: 'signoff.suspended',
    about: `${cycle} ${round}`,
    cycle,
    run: null,
    title: `The sign-off of ${cycle} is suspended`,
    lines: [
      'A later run found other numbers than those that were signed.',
      'The signatures stay readable and no longer count. Look at what changed, then prepare and review the cycle again.',
    ],
    detail: { round, since, signers },
    customers: [],
    owners: signers,
    link: `/cycles/${encodeURIComponent(cycle)}`,
  }));
