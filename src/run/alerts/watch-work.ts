import { addDays } from '../../confidence/cutover-dates.js';
import type { NewAlert } from '../../model/alert.js';
import { dateInZone, instantOfMs } from '../../model/period.js';
import { type AcceptanceGroup, acceptancesEnding, largeUnexplained } from '../../store/alert-facts-work.js';
import { runsWithoutAlert } from '../../store/alert-facts.js';
import { expireDue } from '../carry-work.js';
import { amountWords } from './amount-words.js';
import { type AlertContext, newsSince, type Watcher } from './context.js';

/** How long before its day an acceptance is said to end. */
const noticeDays = 7;
/** Most unexplained differences of one run that are told one by one; the digest counts the rest. */
const mostUnexplained = 20;

/** Acceptances of people and known differences of the configuration that end within a week, or have ended. */
export const watchAcceptances: Watcher = async (context) => {
  const today = dateInZone(instantOfMs(context.now().getTime()), context.zone);
  await expireDue({ db: context.db, now: context.now(), today });
  const soon = { from: addDays(today, 1), to: addDays(today, noticeDays) };
  const past = { from: addDays(today, -noticeDays), to: today };
  const expiring = await acceptancesEnding(context.db, { status: 'accepted', ...soon });
  const expired = await acceptancesEnding(context.db, { status: 'expired', ...past });
  const isIn = (day: string, span: typeof soon) => span.from <= day && day <= span.to;
  return [
    ...expiring.map((group) => fromGroup('acceptance.expiring', group)),
    ...expired.map((group) => fromGroup('acceptance.expired', group)),
    ...context.known.filter((one) => isIn(one.expires, soon)).map((one) => fromKnown('acceptance.expiring', one)),
    ...context.known.filter((one) => isIn(one.expires, past)).map((one) => fromKnown('acceptance.expired', one)),
  ];
};

type Ending = 'acceptance.expiring' | 'acceptance.expired';

const verb = (kind: Ending) => (kind === 'acceptance.expiring' ? 'ends' : 'ended');

function fromGroup(kind: Ending, group: AcceptanceGroup): NewAlert {
  const { cycle, acceptedBy, approvedBy, expiresOn, reason, keys } = group;
  const what = keys === 1 ? 'An acceptance' : `${keys} acceptances`;
  return {
    kind,
    about: JSON.stringify([cycle, acceptedBy, expiresOn, reason]),
    cycle,
    run: null,
    title: `${what} in ${cycle} ${keys === 1 ? verb(kind) : verb(kind).replace(/s$/, '')} on ${expiresOn}`,
    lines: [
      `accepted by ${acceptedBy}${approvedBy === null ? '' : `, approved by ${approvedBy}`}`,
      'From that day on the differences are open again and count against the gates.',
    ],
    detail: { expiresOn, keys, acceptedBy, approvedBy },
    customers: [],
    owners: [acceptedBy, ...(approvedBy === null ? [] : [approvedBy])],
    link: `/cycles/${encodeURIComponent(cycle)}/mismatches?status=${kind === 'acceptance.expiring' ? 'accepted' : 'expired'}`,
  };
}

function fromKnown(kind: Ending, { id, owner, expires }: AlertContext['known'][number]): NewAlert {
  return {
    kind,
    about: JSON.stringify(['known', id, expires]),
    cycle: null,
    run: null,
    title: `The known difference ${id} ${verb(kind)} on ${expires}`,
    lines: [
      `It is in the configuration, and ${owner} answers for it.`,
      'What it covers is open again from that day on.',
    ],
    detail: { known: id, expiresOn: expires },
    customers: [],
    owners: [owner],
    link: '/settings',
  };
}

/**
 * Differences without an explanation above the configured limit, of runs whose digest is not written yet. Looks before the
 * digests do: a run with a digest has been looked through.
 */
export const watchUnexplained: Watcher = async (context) => {
  if (Object.keys(context.unexplainedAbove).length === 0) return [];
  const runs = await runsWithoutAlert(context.db, { kind: 'run.digest', since: newsSince(context) });
  const alerts: NewAlert[] = [];
  for (const run of runs) {
    const found = await largeUnexplained(context.db, {
      runSeq: run.seq,
      limits: context.unexplainedAbove,
      most: mostUnexplained,
    });
    for (const { key, mismatch, customer, currency, delta, level } of found) {
      const side = delta.startsWith('-') ? 'under: Solvimon bills less' : 'over: Solvimon bills more';
      alerts.push({
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
      });
    }
  }
  return alerts;
};
