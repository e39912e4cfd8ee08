import type { ProposalState } from '../../confidence/maker-checker.js';
import type { StoredProposal } from '../../store/decisions.js';
import type { LineRecord } from '../../store/line-stream.js';
import type { MismatchRecord } from '../../store/mismatch-pages.js';
import type { PairRecord } from '../../store/pair-pages.js';
import type { UsageFinding } from '../../store/usage/views.js';

/** text: as it is. amount: exact decimal text, a number where a spreadsheet can hold it. count: a small whole number. */
export type CellKind = 'text' | 'amount' | 'count';
export type Cell = string | number | null;

/** A column of an export. Names are public: they are only ever added. */
export type Column<Row> = {
  readonly name: string;
  readonly kind: CellKind;
  readonly width: number;
  value(row: Row): Cell;
};

const text = <Row>(name: string, width: number, value: (row: Row) => string | null): Column<Row> => ({
  name,
  kind: 'text',
  width,
  value,
});
const amount = <Row>(name: string, value: (row: Row) => string | null): Column<Row> => ({
  name,
  kind: 'amount',
  width: 16,
  value,
});
const count = <Row>(name: string, value: (row: Row) => number): Column<Row> => ({
  name,
  kind: 'count',
  width: 8,
  value,
});

const joined = (parts: readonly string[]) => (parts.length === 0 ? null : parts.join(' '));

/** The definition stands in the name of the column, so that no file can be read the wrong way round. */
const delta = 'delta_solvimon_minus_legacy';

export const mismatchColumns: readonly Column<MismatchRecord>[] = [
  text('id', 20, (row) => row.id),
  text('cycle', 9, (row) => row.cycle),
  text('customer', 18, (row) => row.customer),
  text('currency', 9, (row) => row.currency),
  text('pair', 20, (row) => row.pair.id),
  text('pair_state', 14, (row) => row.pair.state),
  text('legacy_documents', 22, (row) => joined(row.pair.legacy)),
  text('solvimon_documents', 22, (row) => joined(row.pair.solvimon)),
  text('level', 8, (row) => row.level),
  text('charge_key', 20, (row) => row.chargeKey),
  text('legacy_lines', 18, (row) => joined(row.lines.legacy)),
  text('solvimon_lines', 18, (row) => joined(row.lines.solvimon)),
  text('cause', 26, (row) => row.cause),
  text('confidence', 11, (row) => row.confidence),
  amount('legacy', (row) => row.legacy),
  amount('solvimon', (row) => row.solvimon),
  amount(delta, (row) => row.delta),
  text('direction', 10, (row) => row.direction),
  text('status', 14, (row) => row.status),
  text('assignee', 18, (row) => row.assignee),
  text('first_cycle', 11, (row) => row.firstCycle),
  count('seen_in_cycles', (row) => row.seen),
  text('accepted_by', 18, (row) => row.acceptance?.by ?? null),
  text('approved_by', 18, (row) => row.acceptance?.approvedBy ?? null),
  text('reason', 30, (row) => row.acceptance?.reason ?? null),
  text('expires_on', 12, (row) => row.acceptance?.expiresOn ?? null),
  text('known', 12, (row) => row.known),
  text('within_tolerance', 10, (row) => (row.isWithinTolerance ? 'yes' : 'no')),
  text('components', 30, (row) => joined(Object.entries(row.components).map(([name, part]) => `${name}=${part}`))),
  text('fingerprint', 22, (row) => row.fingerprint),
  text('key', 24, (row) => row.key),
];

export const pairColumns: readonly Column<PairRecord>[] = [
  text('id', 20, (row) => row.id),
  text('cycle', 9, (row) => row.cycle),
  text('customer', 18, (row) => row.customer),
  text('currency', 9, (row) => row.currency),
  text('state', 16, (row) => row.state),
  text('legacy_documents', 22, (row) => joined(row.legacy)),
  text('solvimon_documents', 22, (row) => joined(row.solvimon)),
  amount('legacy_gross', (row) => row.legacyGross),
  amount('solvimon_gross', (row) => row.solvimonGross),
  amount(delta, (row) => row.delta),
  count('mismatches', (row) => row.mismatches),
];

export const lineColumns: readonly Column<LineRecord>[] = [
  text('side', 10, (row) => row.side),
  text('document', 22, (row) => row.document),
  text('customer', 18, (row) => row.customer),
  text('currency', 9, (row) => row.currency),
  text('line', 18, (row) => row.line),
  count('ordinal', (row) => row.ordinal),
  text('kind', 14, (row) => row.kind),
  text('charge_key', 20, (row) => row.chargeKey),
  text('mapped', 8, (row) => (row.isMapped ? 'yes' : 'no')),
  text('description', 40, (row) => row.description),
  text('period_start', 22, (row) => row.periodStart),
  text('period_end', 22, (row) => row.periodEnd),
  amount('quantity', (row) => row.quantity),
  amount('unit_price', (row) => row.unitPrice),
  amount('amount', (row) => row.amount),
  amount('discount', (row) => row.discount),
  amount('net', (row) => row.net),
  amount('tax', (row) => row.tax),
];

export type DecisionRecord = StoredProposal & { readonly state: ProposalState };

export const decisionColumns: readonly Column<DecisionRecord>[] = [
  text('id', 8, (row) => row.id),
  text('proposed_at', 22, (row) => row.proposedAt),
  text('cohort', 18, (row) => row.cohortId),
  text('decision', 12, (row) => row.decision),
  text('recommendation', 14, (row) => row.recommendation),
  text('against_recommendation', 10, (row) => (row.isOverride ? 'yes' : 'no')),
  text('state', 10, (row) => row.state),
  text('effective_on', 12, (row) => row.effectiveOn),
  text('expires_on', 12, (row) => row.expiresOn),
  text('proposed_by', 22, (row) => row.proposedBy),
  text('reason', 40, (row) => row.reason),
  text('approvals', 40, ({ approvals }) =>
    joined(approvals.map((one) => `${one.approver} (${one.role}) ${one.verdict} ${one.decidedAt};`)),
  ),
  count('needed_approvals', (row) => row.neededApprovals),
  count('customers', (row) => row.affected.length),
  text('look', 8, (row) => row.evaluationId),
  text('look_reason', 24, (row) => row.evaluationReason),
  text('inputs_hash', 66, (row) => row.inputsHash),
  text('policy_hash', 66, (row) => row.policyHash),
];

export const usageColumns: readonly Column<UsageFinding>[] = [
  text('class', 16, (row) => row.class),
  text('customer', 18, (row) => row.customer),
  text('meter', 16, (row) => row.meter),
  text('day', 11, (row) => row.day),
  text('reference', 24, (row) => row.reference),
  text('other_reference', 24, (row) => row.otherReference),
  text('legacy_at', 25, (row) => row.legacyAt),
  text('solvimon_at', 25, (row) => row.solvimonAt),
  amount('legacy_quantity', (row) => row.legacyQuantity),
  amount('solvimon_quantity', (row) => row.solvimonQuantity),
  text('solvimon_customer', 18, (row) => row.solvimonCustomer),
  text('solvimon_meter', 16, (row) => row.solvimonMeter),
  text('ingested_at', 25, (row) => row.ingestedAt),
  text('reason', 40, (row) => row.reason),
  amount('effect_solvimon_minus_legacy', (row) => row.effect),
];
