import { runbookName } from '../../model/alert.js';
import type { TestOutcome } from '../../run/alerts/act.js';
import type { DeliveryState, ListedAlert } from '../../store/alerts.js';
import { table } from './table.js';

/** Alerts as a table; what is still open has no name in its last column. */
export function drawAlerts(rows: readonly ListedAlert[]): string {
  if (rows.length === 0) return 'There are no alerts.';
  return table(
    ['raised', 'severity', 'kind', 'what', 'delivered', 'acknowledged by', 'id'].map((head) => ({ head })),
    rows.map((row) => [
      row.raisedAt,
      row.severity,
      row.kind,
      row.title,
      deliveredWords(row.deliveries),
      row.acknowledgedBy ?? '–',
      row.id,
    ]),
  );
}

/** "2 of 3" or, when something was given up, that. */
function deliveredWords(deliveries: readonly DeliveryState[]): string {
  if (deliveries.length === 0) return 'listed only';
  const count = (state: DeliveryState['state']) => deliveries.filter((one) => one.state === state).length;
  const dead = count('dead');
  return `${count('sent')} of ${deliveries.length}${dead === 0 ? '' : `, ${dead} given up`}`;
}

export function drawAlert(alert: ListedAlert): string {
  const { id, kind, severity, title, lines, deliveries, raisedAt, acknowledgedBy, acknowledgedAt, note } = alert;
  return [
    `${id}  ${kind}  ${severity}  ${raisedAt}`,
    title,
    ...lines.map((line) => `  ${line}`),
    acknowledgedBy === null
      ? 'nobody has acknowledged it'
      : `acknowledged by ${acknowledgedBy} at ${acknowledgedAt ?? ''}${note === null ? '' : `: ${note}`}`,
    `what to do: docs/runbooks/${runbookName(kind)}.md`,
    '',
    deliveries.length === 0 ? 'It went to nobody: no channel takes it.' : drawDeliveries(deliveries),
  ].join('\n');
}

function drawDeliveries(deliveries: readonly DeliveryState[]): string {
  return table(
    ['channel', 'to', 'state', 'attempts', 'next or end', 'last trouble', 'message'].map((head) => ({ head })),
    deliveries.map((one) => [
      one.channel,
      one.recipient === '' ? '–' : one.recipient,
      one.state,
      String(one.attempts),
      one.at,
      one.lastError ?? '–',
      one.message ?? '–',
    ]),
  );
}

export function drawTests(rows: readonly TestOutcome[]): string {
  return table(
    ['channel', 'to', 'outcome'].map((head) => ({ head })),
    rows.map((row) => [row.channel, row.recipient === '' ? '–' : row.recipient, row.problem ?? 'taken']),
  );
}
