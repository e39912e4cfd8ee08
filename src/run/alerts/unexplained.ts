import type { NewAlert } from '../../model/alert.js';
import { largeUnexplained } from '../../store/alert-facts-work.js';
import type { UntoldRun } from '../../store/alert-facts.js';
import { amountWords } from './amount-words.js';
import type { AlertContext } from './context.js';

/** Most unexplained differences of one run that are told one by one; the digest counts the rest. */
const mostTold = 20;

/** Differences of a run without an explanation above the configured limit of their currency, the largest first. */
export async function unexplainedOf(context: AlertContext, run: UntoldRun): Promise<readonly NewAlert[]> {
  const limits = context.unexplainedAbove;
  if (Object.keys(limits).length === 0) return [];
  const found = await largeUnexplained(context.db, { runSeq: run.seq, limits, most: mostTold });
  return found.map(({ key, mismatch, customer, currency, delta, level }) => {
    const side = delta.startsWith('-') ? 'under: Solvimon bills less' : 'over: Solvimon bills more';
    return {
      kind: 'mismatch.unexplained',
      about: key,
      cycle: run.cycle,
      run: run.id,
      title: `${amountWords(delta.replace(/^-/, ''), currency)} in ${run.cycle} have no explanation`,
      lines: [`${side}, at ${level} level`, `shadowbill mismatch show ${mismatch}`],
      detail: { key, mismatch, currency, delta, level },
      customers: customer === null ? [] : [customer],
      owners: [],
      link: `/cycles/${encodeURIComponent(run.cycle)}/mismatches?cause=unexplained`,
    };
  });
}
