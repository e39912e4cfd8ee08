import type { UsageClass } from '../../model/usage-finding.js';
import type { StoredUsageCheck } from '../../store/usage/checks.js';
import type { UsageSummary } from '../../store/usage/finish.js';
import type { UsageFinding } from '../../store/usage/views.js';
import { amount } from './money.js';
import { table } from './table.js';

/** What each class of finding means, for whoever meets it first. */
const meaning: Readonly<Record<UsageClass, string>> = {
  missing: 'in legacy, not in Solvimon',
  extra: 'in Solvimon, not in legacy',
  duplicate: 'counted again, or refused as a copy',
  late: 'came after the cycle had closed',
  unmatched: 'taken in, no price found: not billed',
  wrong_customer: 'went to another customer',
  wrong_meter: 'went to another meter',
  wrong_period: 'went to another month',
  wrong_time: 'same month, another time',
  wrong_quantity: 'another quantity',
  future: 'dated in the future',
  unknown_customer: 'customer in no mapping',
  unknown_meter: 'meter in no mapping',
  unreadable: 'could not be read on the other side',
  count_differs: 'no single events: count or sum differs',
};

const count = (text: string) => amount(text, null);

/** A whole check: what was read, meter by meter, and what is not as it should be. */
export function renderUsage(check: StoredUsageCheck): string {
  const summary = check.summary as UsageSummary;
  const verdict = check.isComplete === true ? '' : '  INCOMPLETE';
  const blocks = [
    `usage of ${check.cycle}  check ${check.id}${verdict}`,
    ...check.incompleteBecause.map((because) => `  because ${because}`),
    renderSides(summary),
    renderMeters(summary),
    summary.classes.length === 0
      ? 'Every event stands in both systems, at the same customer, meter and time.'
      : renderClasses(summary),
    `${count(summary.customers.agreeing)} of ${count(summary.customers.all)} customers agree in every event.`,
  ];
  return blocks.join('\n');
}

function renderSides({ sides }: UsageSummary): string {
  return table(
    ['side', 'read', 'events', 'counts', 'unreadable', 'left out'].map((head, index) => ({
      head,
      isAmount: index > 0,
    })),
    sides.map((side) => [
      side.side,
      count(side.read),
      count(side.events),
      count(side.aggregates),
      count(side.rejected),
      count(String(Object.values(side.skipped).reduce((sum, one) => sum + one, 0))),
    ]),
  );
}

function renderMeters({ meters }: UsageSummary): string {
  return table(
    ['meter', 'events in legacy', 'in solvimon', 'arrived right', 'quantity in legacy', 'in solvimon', 'findings'].map(
      (head, index) => ({ head, isAmount: index > 0 }),
    ),
    meters.map((meter) => [
      meter.meter,
      count(meter.legacyEvents),
      count(meter.solvimonEvents),
      count(meter.arrivedEvents),
      count(meter.legacyQuantity),
      count(meter.solvimonQuantity),
      count(meter.findings),
    ]),
  );
}

function renderClasses({ classes }: UsageSummary): string {
  return table(
    [
      { head: 'finding' },
      { head: 'events', isAmount: true },
      { head: 'customers', isAmount: true },
      { head: 'meaning' },
    ],
    classes.map((one) => [one.class, count(one.events), count(one.customers), meaning[one.class]]),
  );
}

/** Findings one below the other. */
export function renderFindings(rows: readonly UsageFinding[]): string {
  if (rows.length === 0) return 'Nothing was found.';
  return table(
    [
      { head: 'finding' },
      { head: 'customer' },
      { head: 'meter' },
      { head: 'day' },
      { head: 'event' },
      { head: 'legacy', isAmount: true },
      { head: 'solvimon', isAmount: true },
      { head: 'effect', isAmount: true },
      { head: 'why' },
    ],
    rows.map((row) => [
      row.class,
      row.customer,
      row.meter,
      row.day ?? '–',
      row.reference ?? '–',
      amount(row.legacyQuantity, null),
      amount(row.solvimonQuantity, null),
      amount(row.effect, null),
      row.reason ?? '',
    ]),
  );
}
