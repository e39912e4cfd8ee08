import type { NewAlert } from '../../model/alert.js';
import { finalInvoices, gateChanges } from '../../store/alert-facts-work.js';
import { acknowledgedOf, alertId } from '../../store/alerts.js';
import { listProposals } from '../../store/decisions.js';
import { doubleBillers } from '../../store/golive-rows.js';
import { listWorkProposals } from '../../store/proposals.js';
import { stateOf } from '../approve-decision.js';
import { type AlertContext, newsSince, type Watcher } from './context.js';

const reminderMs = 24 * 3_600_000;

/** Cohorts for which something else is recommended than before. */
export const watchGates: Watcher = async (context) =>
  (await gateChanges(context.db, newsSince(context))).map(({ evaluation, cohort, cycle, from, to, reason, owner }) => ({
    kind: 'gate.changed',
    about: JSON.stringify([cohort, cycle, from, to]),
    cycle,
    run: null,
    title: `${cohort}: ${from} became ${to}`,
    lines: [reason, 'It is a recommendation: nothing happens until somebody decides.'],
    detail: { cohort, evaluation, from, to, reason },
    customers: [],
    owners: [owner],
    link: `/cohorts/${encodeURIComponent(cohort)}`,
  }));

/** Decisions and acceptances that wait for a second person; once more after a day, unless somebody has said that they look. */
export const watchDecisions: Watcher = async (context) => {
  const since = newsSince(context).toISOString();
  const decisions = (await listProposals(context.db, { limit: 500 }))
    .filter((one) => one.proposedAt >= since && stateOf(context, one) === 'waiting')
    .map((one) => ({
      proposedAt: one.proposedAt,
      alert: {
        kind: 'decision.waiting' as const,
        about: `decision ${one.id}`,
        cycle: null,
        run: null,
        title: `${one.decision} for ${one.cohortId} waits for approval`,
        lines: [
          `proposed by ${one.proposedBy}; ${one.approvals.length} of ${one.neededApprovals} have agreed`,
          'Who proposed may not approve.',
        ],
        detail: { proposal: one.id, cohort: one.cohortId, decision: one.decision, effectiveOn: one.effectiveOn },
        customers: [],
        owners: [],
        link: '/decisions',
      },
    }));
  const acceptances = (await listWorkProposals(context.db, { state: 'waiting' }))
    .filter((one) => one.proposedAt >= since)
    .map((one) => ({
      proposedAt: one.proposedAt,
      alert: {
        kind: 'decision.waiting' as const,
        about: `acceptance ${one.id}`,
        cycle: one.cycle,
        run: null,
        title: `An acceptance in ${one.cycle} waits for a second person`,
        lines: [`proposed by ${one.proposedBy}: ${one.why}`],
        detail: { proposal: one.id },
        customers: [],
        owners: [],
        link: `/cycles/${encodeURIComponent(one.cycle)}/mismatches`,
      },
    }));
  return withReminders(context, [...decisions, ...acceptances]);
};

async function withReminders(
  context: AlertContext,
  waiting: readonly { readonly proposedAt: string; readonly alert: NewAlert }[],
): Promise<readonly NewAlert[]> {
  const late = waiting
    .filter(({ proposedAt }) => context.now().getTime() - Date.parse(proposedAt) >= reminderMs)
    .map(({ alert }) => alert);
  const seen = await acknowledgedOf(
    context.db,
    late.map(({ kind, about }) => alertId(kind, about)),
  );
  const reminders = late
    .filter(({ kind, about }) => !seen.has(alertId(kind, about)))
    .map((alert) => ({ ...alert, about: `${alert.about} after a day`, title: `Reminder: ${alert.title}` }));
  return [...waiting.map(({ alert }) => alert), ...reminders];
}

/** Customers whom both systems bill for the same cycle. */
export const watchBillers: Watcher = async (context) =>
  (await doubleBillers(context.db, null)).map(({ customer, cycle }) => ({
    kind: 'billing.two_billers',
    about: JSON.stringify([customer, cycle]),
    cycle,
    run: null,
    title: `A customer has two live billing systems in ${cycle}`,
    lines: ['Both systems would send an invoice. Stop one of them before the next bill run.'],
    detail: {},
    customers: [customer],
    owners: [],
    link: '/cohorts',
  }));

/** Invoices of the shadow that became final: somebody may have been billed. */
export const watchFinalInvoices: Watcher = async (context) =>
  (await finalInvoices(context.db, newsSince(context))).map(({ account, invoiceId, customerRef, seenBy }) => ({
    kind: 'invoice.final_in_shadow',
    about: JSON.stringify([account, invoiceId]),
    cycle: null,
    run: null,
    title: `Invoice ${invoiceId} became FINAL in Solvimon while it only shadows`,
    lines: [
      `noticed by ${seenBy === 'pull' ? 'reading invoices' : 'a webhook of Solvimon'}`,
      'It may be sent to the customer. Look at it now.',
    ],
    detail: { invoice: invoiceId, seenBy },
    customers: customerRef === null ? [] : [customerRef],
    owners: [],
    link: null,
  }));
