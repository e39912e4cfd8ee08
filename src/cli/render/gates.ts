import type { Check } from '../../confidence/checks.js';
import type { DecisionKind } from '../../model/cohort.js';
import { fromMinorUnits } from '../../model/money.js';
import type { Evaluation } from '../../run/evaluate-cohort.js';
import type { StoredCohort, StoredMember } from '../../store/cohorts.js';
import type { historyRow } from './gate-rows.js';
import { amount } from './money.js';
import { table } from './table.js';

/** A share of one as people read it; "?" for one that could not be measured. */
export function share(value: number | null, digits = 2): string {
  return value === null || Number.isNaN(value) ? '?' : `${(value * 100).toFixed(digits)} %`;
}

const marks = { pass: '✓ pass', quiet: '✓ quiet', fail: '✗ fail', triggered: '✗ triggered' } as const;

const meanings: Readonly<Record<DecisionKind, string>> = {
  EXPAND: 'may expand: a person still decides',
  HOLD: 'no new customers',
  FIX_FORWARD: 'mend the cause, replay everybody, go on counting',
  ROLLBACK: 'one step back',
};

/** One look at a cohort for people: the recommendation, the chain behind it, what is missing, and the tree. */
export function renderEvaluation(one: Evaluation): string {
  const { cohort, decision, snapshot } = one;
  const failing = decision.chain.filter(({ outcome }) => outcome === 'fail' || outcome === 'triggered');
  const parts = [
    `cohort ${cohort.id}  stage ${cohort.stage}  step ${snapshot.step}  ${cohort.members} customers  cycle ${one.cycle}  ${snapshot.mode}`,
    `${decision.decision} ${decision.reason}: ${meanings[decision.decision]}`,
    '',
    renderChain(decision.chain),
    '',
    ...evidenceLines(one),
    ...missingLines(one),
    ...diagnosticLines(one),
    ...one.critical.map((line) => `blocks: ${line}`),
    ...one.notes.map((line) => `note: ${line}`),
  ];
  if (one.pointOfNoReturn !== null) parts.push(returnLine(one.pointOfNoReturn));
  if (failing.some(({ rule }) => rule === 'SEVERE' || rule === 'CATASTROPHIC') || snapshot.mode === 'live')
    parts.push('', 'Rollback or fix forward, with this cohort’s numbers:', ...treeLines(one));
  parts.push(
    '',
    `frame ${cohort.frame} · selection ${cohort.selection}${cohort.seed === null ? '' : ` seed ${cohort.seed}`} · ${one.evidence.counted.mode} counting · epoch ${one.evidence.epoch} · attempt ${snapshot.evidence.attempt} · ${decision.gridVersion}`,
    `as of ${one.asOf} · policy ${shortHash(decision.policyHash)} · inputs ${shortHash(decision.inputsHash)}${one.id === null ? '' : ` · look ${one.id}`}`,
  );
  return parts.join('\n');
}

/** All checks in the order of the rules. */
export function renderChain(chain: readonly Check[]): string {
  return table(
    [
      { head: 'rule' },
      { head: 'looked at' },
      { head: 'required' },
      { head: 'observed', isAmount: true },
      { head: 'result' },
    ],
    chain.map((check) => [check.rule, check.field, check.required, observedText(check), marks[check.outcome]]),
  );
}

function observedText({ observed }: Check): string {
  if (typeof observed !== 'number') return String(observed);
  if (Number.isNaN(observed)) return 'not measured';
  return Number.isInteger(observed) ? String(observed) : String(Number(observed.toPrecision(6)));
}

function evidenceLines({ evidence, outlook, textbookUpper }: Evaluation): readonly string[] {
  const { n, k } = evidence.counted;
  if (outlook === null) return [];
  const textbook = textbookUpper === null ? '' : ` (one planned look, as auditors print it: ${share(textbookUpper)})`;
  return [
    `evidence: ${k} bad of ${n} customers drawn at random; the true rate may be up to ${share(outlook.upperLimit)} at any look${textbook}; the step tolerates ${share(outlook.tolerance)}`,
  ];
}

/** Beside the gates: who comes back, how few causes there are, and which events nobody has seen work yet. */
function diagnosticLines({ diagnostics }: Evaluation): readonly string[] {
  const { recurrence, concentration, unseenCauses, events } = diagnostics;
  const lines: string[] = [];
  if (recurrence !== null && (recurrence.recurring.length > 0 || recurrence.fresh.length > 0))
    lines.push(
      `bad customers since the last cycle: ${recurrence.fresh.length} new, ${recurrence.recurring.length} again, ${recurrence.resolved.length} resolved, ${recurrence.regressed.length} back`,
    );
  if (concentration !== null)
    lines.push(
      `the difference is ${concentration.effectiveCauses.toFixed(1)} causes, the largest has ${share(concentration.topShare)} of it; ${share(unseenCauses)} of next customers would show a new one`,
    );
  const unseen = events.filter(({ isEnough }) => !isEnough).map(({ event }) => event);
  if (events.length > 0)
    lines.push(
      `events seen to work often enough: ${events.length - unseen.length} of ${events.length}${unseen.length === 0 ? '' : ` (not ${unseen.join(', ')})`}; a checklist, not a gate`,
    );
  return lines;
}

/** "N more customers or M more cycles", or that more data cannot help. */
function missingLines({ outlook, decision, evidence, policy }: Evaluation): readonly string[] {
  if (outlook === null || decision.decision !== 'HOLD') return [];
  const lines: string[] = [];
  const customers = `${outlook.moreCustomers} more clean ${outlook.moreCustomers === 1 ? 'customer' : 'customers'}`;
  const cycles = (count: number) => `${count} more ${count === 1 ? 'cycle' : 'cycles'}`;
  if (outlook.moreCustomers > 0) {
    lines.push(
      outlook.moreCycles === null
        ? `missing: ${customers}; waiting does not bring them (nobody else matures), add them: they count after ${cycles(policy.cycles.minObserved)}`
        : `missing: ${customers} or ${cycles(outlook.moreCycles)} (${evidence.counted.immature} customers are maturing)`,
    );
    if (outlook.atRate.kind === 'remove_causes_first')
      lines.push('at the rate seen so far more data cannot help: remove the causes first');
    else if (outlook.atRate.more > outlook.moreCustomers)
      lines.push(`at the rate seen so far: ${outlook.atRate.more} more customers`);
  } else if (outlook.moreCycles !== null && outlook.moreCycles > 0)
    lines.push(`missing: ${cycles(outlook.moreCycles)}`);
  return lines;
}

/** The point of no return, counted down. */
export function returnLine(point: NonNullable<Evaluation['pointOfNoReturn']>): string {
  const days = Math.floor(Math.abs(point.hoursLeft) / 24);
  const hours = Math.floor(Math.abs(point.hoursLeft) % 24);
  return point.isPassed
    ? `point of no return passed ${days} d ${hours} h ago: ${point.because}`
    : `point of no return in ${days} d ${hours} h (${point.at}): ${point.because}`;
}

function treeLines({ tree }: Evaluation): readonly string[] {
  return tree.flatMap((node, index) => [
    `${node.isOnPath ? '→' : ' '} ${'  '.repeat(Math.min(index, 4))}${node.question} ${node.answer.toUpperCase()}${node.isOnPath && node.leadsTo !== null ? `  ⇒ ${node.leadsTo}` : ''}`,
    `  ${'  '.repeat(Math.min(index, 4))}  ${node.numbers}`,
  ]);
}

/** Several looks side by side: one line each, the reason, and what is missing. */
export function renderEvaluations(evaluations: readonly Evaluation[]): string {
  if (evaluations.length === 0) return 'No cohort yet. Make one: shadowbill cohort create <id>';
  return table(
    [
      { head: 'cohort' },
      { head: 'stage' },
      { head: 'step' },
      { head: 'customers', isAmount: true },
      { head: 'recommendation' },
      { head: 'reason' },
      { head: 'bad', isAmount: true },
      { head: 'may be up to', isAmount: true },
      { head: 'tolerated', isAmount: true },
    ],
    evaluations.map(({ cohort, decision, evidence, outlook, snapshot }) => [
      cohort.id,
      cohort.stage,
      snapshot.step,
      String(cohort.members),
      decision.decision,
      decision.reason,
      `${evidence.counted.k} of ${evidence.counted.n}`,
      share(outlook?.upperLimit ?? null),
      share(outlook?.tolerance ?? null),
    ]),
  );
}

/**
 * Several looks with the reason of each: the overview, then per cohort what decided and what is missing. Checks that
 * passed are left out here; \`gate evaluate <cohort>\` has the whole chain.
 */
export function renderStories(evaluations: readonly Evaluation[]): string {
  const stories = evaluations.map((one) => {
    const { chain, decision, reason } = one.decision;
    const decisive = chain.filter(({ outcome }) => outcome === 'fail' || outcome === 'triggered');
    const counts = `${chain.length - decisive.length} of ${chain.length} checks are fine`;
    return [
      `${one.cohort.id}: ${decision} ${reason}, ${meanings[decision]} (${counts})`,
      ...decisive.map(
        (check) =>
          `  ${marks[check.outcome]}  ${check.rule} ${check.field}: ${observedText(check)}, required ${check.required}`,
      ),
      ...[...evidenceLines(one), ...missingLines(one)].map((line) => `  ${line}`),
      ...one.critical.map((line) => `  blocks: ${line}`),
      ...one.notes.map((line) => `  note: ${line}`),
    ].join('\n');
  });
  return [renderEvaluations(evaluations), ...stories].join('\n\n');
}

/** Looks of the past, newest first. */
export function renderHistory(rows: readonly ReturnType<typeof historyRow>[]): string {
  if (rows.length === 0) return 'Nobody has looked at this cohort yet.';
  return table(
    ['look', 'night', 'cycle', 'recommendation', 'reason', 'mode', 'epoch', 'inputs'].map((head) => ({ head })),
    rows.map((row) => [
      row.id,
      row.night,
      row.cycle,
      row.decision,
      row.reason,
      row.mode,
      String(row.epoch),
      shortHash(row.inputsHash),
    ]),
  );
}

export function renderCohorts(rows: readonly StoredCohort[]): string {
  if (rows.length === 0) return 'No cohort yet. Make one: shadowbill cohort create <id>';
  return table(
    [
      { head: 'cohort' },
      { head: 'stage' },
      { head: 'step' },
      { head: 'selection' },
      { head: 'members', isAmount: true },
      { head: 'left', isAmount: true },
      { head: 'frame' },
    ],
    rows.map((row) => [row.id, row.stage, row.step, row.selection, String(row.members), String(row.left), row.frame]),
  );
}

export function renderMembers(members: readonly StoredMember[]): string {
  return table(
    ['customer', 'part', 'joined', 'left'].map((head) => ({ head })),
    members.map((one) => [
      one.customer,
      one.part,
      one.joinedAt.slice(0, 10),
      one.leftAt === null ? '–' : `${one.leftAt.slice(0, 10)} ${one.leaveReason ?? ''}`,
    ]),
  );
}

/** Money per currency of the newest cycle of a look. */
export function renderMoney({ cycles }: Evaluation): string {
  const newest = cycles.at(-1);
  if (newest === undefined || newest.census === null) return 'No money was measured.';
  const rows = [...newest.census.byCurrency].map(([code, { counts, amounts, shares }]) => {
    const text = (value: { readonly numerator: bigint; readonly denominator: bigint }) =>
      value.denominator === 1n
        ? amount(fromMinorUnits(value.numerator, code), code)
        : `${value.numerator}/${value.denominator} minor`;
    return [
      code,
      String(counts.both + counts.onlyLegacy + counts.onlySolvimon),
      share(shares.invoiceMatch),
      share(shares.valueMatch),
      text(amounts.base),
      text(amounts.over),
      text(amounts.under),
      text(amounts.unexplainedGross),
      text(amounts.offsetInsideInvoice),
      String(counts.bothMissing),
    ];
  });
  return table(
    [
      { head: 'ccy' },
      ...[
        'pairs',
        'matched',
        'matched by value',
        'base',
        '▲ over',
        '▼ under',
        'unexplained',
        'offset inside',
        'in neither',
      ].map((head) => ({ head, isAmount: true })),
    ],
    rows,
  );
}

function shortHash(hash: string): string {
  return hash.replace('sha256:', '').slice(0, 12);
}
