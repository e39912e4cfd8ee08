import type { Policy } from './policy.js';
import type { Snapshot } from './snapshot.js';

/** One question of the tree with this cohort's own numbers, its answer, and whether the path goes through it. */
export type TreeNode = {
  readonly question: string;
  readonly numbers: string;
  readonly answer: 'yes' | 'no' | 'unknown';
  readonly isOnPath: boolean;
  /** What the answer leads to; null when the next question follows. */
  readonly leadsTo: string | null;
};

const percent = (share: number) => (Number.isNaN(share) ? 'not measured' : `${(share * 100).toFixed(2)} %`);

/**
 * Rollback or fix forward, as people walk it (statistics 3.4), with the cohort's numbers in it. It explains decide(); it
 * never decides: the recommendation of decide() stands beside it.
 */
export function decisionTree(snapshot: Snapshot, policy: Policy): readonly TreeNode[] {
  const { census, cause, live } = snapshot;
  const { severe } = policy;
  const isLive = snapshot.mode === 'live';
  const status = cause.regressed ? 'unknown' : cause.status;
  const isKnown = status === 'known' || status === 'fix-ready' || status === 'fix-verified';
  const taxLimit = isLive ? severe.taxCustomersLive : severe.taxCustomersShadow;
  const isHarm =
    census.overShare >= severe.overShare ||
    (cause.customersShare >= severe.causeCustomersShare && cause.customers >= severe.causeCustomersMin) ||
    census.missingShare >= severe.missingShare ||
    census.taxMismatchCustomers >= taxLimit ||
    (isLive && census.duplicates >= severe.duplicatesLive);
  const harm: TreeNode = {
    question: 'Harm trigger?',
    numbers: [
      `over-billed ${percent(census.overShare)} (limit ${percent(severe.overShare)})`,
      `one cause hits ${cause.customers} customers, ${percent(cause.customersShare)} (limits ${severe.causeCustomersMin}, ${percent(severe.causeCustomersShare)})`,
      `missing ${percent(census.missingShare)} (limit ${percent(severe.missingShare)})`,
      `wrong tax at ${census.taxMismatchCustomers} customers (limit ${taxLimit})`,
      `${census.duplicates} duplicates`,
    ].join(' · '),
    answer: isHarm ? 'yes' : 'no',
    isOnPath: true,
    leadsTo: isHarm
      ? null
      : isKnown
        ? 'small known issue: FIX-FORWARD'
        : 'nothing to undo: go on, or HOLD while unknown',
  };
  const root: TreeNode = {
    question: 'Is anyone of this cohort live on Solvimon?',
    numbers: isLive ? 'live' : 'shadow: nothing has been sent, nothing to undo',
    answer: isLive ? 'yes' : 'no',
    isOnPath: true,
    leadsTo: null,
  };
  if (!isLive) return [root, harm, ...shadowNodes(snapshot, isHarm, isKnown)];
  return [root, harm, ...liveNodes(snapshot, policy, isHarm, status === 'fix-verified', live)];
}

function shadowNodes(snapshot: Snapshot, isHarm: boolean, isKnown: boolean): readonly TreeNode[] {
  return [
    {
      question: 'Is the cause known and proven?',
      numbers: `cause ${snapshot.cause.status}${snapshot.cause.regressed ? ', came back after its fix' : ''}, ${snapshot.cause.customers} customers`,
      answer: isKnown ? 'yes' : 'no',
      isOnPath: isHarm,
      leadsTo: isKnown ? 'FIX-FORWARD: mend it, replay everybody, go on counting' : null,
    },
    {
      question: 'Unknown and severe two cycles running?',
      numbers: `${snapshot.severeCycles} severe cycles running, step ${snapshot.step}`,
      answer: snapshot.severeCycles >= 2 ? 'yes' : 'no',
      isOnPath: isHarm && !isKnown,
      leadsTo:
        snapshot.severeCycles >= 2 && snapshot.step !== 'pilot'
          ? 'ROLLBACK: one rung back, no new customers'
          : 'HOLD: explain it first',
    },
  ];
}

function liveNodes(
  { census, cause }: Snapshot,
  policy: Policy,
  isHarm: boolean,
  isVerified: boolean,
  live: Snapshot['live'],
): readonly TreeNode[] {
  const wayBack = live !== null && live.rollbackWindowOpen && live.legacyInSync;
  const { catastrophic } = policy;
  const isCatastrophic =
    census.overShare >= catastrophic.overShare || cause.customersShare >= catastrophic.causeCustomersShare;
  const q2 = isCatastrophic && live?.invoicesSent === true && wayBack;
  const q3 = isVerified && live !== null && live.fixDeployHours + policy.live.fixMarginHours <= live.hoursToNextBillRun;
  return [
    {
      question: 'Contain first: drafts on hold, collection stopped for the affected?',
      numbers: `${cause.customers} customers affected`,
      answer: 'unknown',
      isOnPath: isHarm,
      leadsTo: null,
    },
    {
      question: 'Catastrophic, already sent, and a way back?',
      numbers: `over-billed ${percent(census.overShare)} (limit ${percent(catastrophic.overShare)}), one cause ${percent(cause.customersShare)} (limit ${percent(catastrophic.causeCustomersShare)}), sent ${yesNo(live?.invoicesSent)}, way back ${yesNo(wayBack)}`,
      answer: q2 ? 'yes' : 'no',
      isOnPath: isHarm,
      leadsTo: q2 ? 'ROLLBACK now, investigate then' : null,
    },
    {
      question: 'Fix verified by replay and deployable in time?',
      numbers:
        live === null
          ? 'no live facts'
          : `verified ${yesNo(isVerified)}, ${live.fixDeployHours} h to deploy + ${policy.live.fixMarginHours} h margin, ${live.hoursToNextBillRun.toFixed(0)} h to the next bill run`,
      answer: q3 ? 'yes' : 'no',
      isOnPath: isHarm && !q2,
      leadsTo: q3 ? 'FIX-FORWARD: fix, credit or re-issue, shadow one more cycle' : null,
    },
    {
      question: 'Is the way back open?',
      numbers: `window ${yesNo(live?.rollbackWindowOpen)}, legacy in sync and rollback rehearsed ${yesNo(live?.legacyInSync)}`,
      answer: live === null ? 'unknown' : wayBack ? 'yes' : 'no',
      isOnPath: isHarm && !q2 && !q3,
      leadsTo: wayBack
        ? 'ROLLBACK at the boundary'
        : 'FIX-FORWARD under incident: hold the bill run, bill by hand from legacy, credit notes',
    },
  ];
}

function yesNo(value: boolean | undefined): string {
  return value === undefined ? 'unknown' : value ? 'yes' : 'no';
}
