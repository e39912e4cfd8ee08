import { parseDecimalText, sumText } from '../../model/money.js';
import type { LineLink } from '../../model/verdict.js';
import type { MismatchView, PairView } from '../../store/views.js';
import { amount, delta } from './money.js';
import { table } from './table.js';

const relations: Readonly<Record<LineLink['relation'], string>> = {
  equal: '=',
  within_tolerance: '≈',
  differs: '≠',
  split: '1→n',
  merged: 'n→1',
  only_legacy: 'only legacy',
  only_solvimon: 'only solvimon',
  ambiguous: '?',
  not_summed: 'not summed',
};

type Detail = {
  readonly links?: readonly LineLink[];
  readonly notes?: readonly { readonly cause: string; readonly text: string }[];
  readonly notReady?: readonly string[];
  readonly problems?: readonly {
    readonly expected: string;
    readonly field: string | null;
    readonly value: string | null;
  }[];
};

/** Both invoices line by line, with the row that proves the deltas of the lines are the delta of the invoice. */
export function renderDiff(pair: PairView, mismatches: readonly MismatchView[]): string {
  const detail = (pair.detail ?? {}) as Detail;
  const links = detail.links ?? [];
  const parts = [
    `${pair.id}  ${pair.customer ?? '(no customer)'}  cycle ${pair.cycle}  ${pair.state}`,
    `legacy ${pair.legacy.join(', ') || '–'}  ↔  solvimon ${pair.solvimon.join(', ') || '–'}`,
    '',
  ];
  if (links.length > 0) {
    parts.push(
      table(
        [
          { head: 'legacy lines' },
          { head: 'legacy', isAmount: true },
          { head: '' },
          { head: 'solvimon', isAmount: true },
          { head: 'solvimon lines' },
          { head: 'delta' },
        ],
        links.map((link) => [
          link.legacyLines.join(' ') || '–',
          amount(link.legacy, pair.currency),
          relations[link.relation],
          amount(link.solvimon, pair.currency),
          link.solvimonLines.join(' ') || '–',
          delta(link.delta, pair.currency),
        ]),
      ),
      '',
    );
  }
  parts.push(
    `footing  Σ differences ${delta(sumOf(mismatches), pair.currency)}  =  invoices ${amount(pair.solvimonGross, pair.currency)} − ${amount(pair.legacyGross, pair.currency)} = ${delta(pair.delta, pair.currency)} ${pair.currency ?? ''}`.trimEnd(),
  );
  if (links.length === 0 && pair.state === 'matched')
    parts.push('Every line agrees; the pair was settled by its digest.');
  for (const mismatch of mismatches) parts.push('', renderMismatch(mismatch));
  for (const note of detail.notes ?? []) parts.push('', `note  ${note.cause}: ${note.text}`);
  for (const reason of detail.notReady ?? []) parts.push(`not ready  ${reason}`);
  for (const fault of detail.problems ?? [])
    parts.push(`unreadable  ${fault.field ?? ''} ${fault.value ?? ''}: ${fault.expected}`);
  return parts.join('\n');
}

function sumOf(mismatches: readonly MismatchView[]): string {
  return sumText(mismatches.map((one) => parseDecimalText(one.delta)).filter((text) => text !== undefined));
}

/** One mismatch with its working, as on the back of an envelope. */
export function renderMismatch(view: MismatchView): string {
  const { working = [], rivals = [] } = view.detail as {
    readonly working?: readonly { readonly label: string; readonly text: string }[];
    readonly rivals?: readonly string[];
  };
  const width = Math.max(0, ...working.map((step) => step.label.length));
  return [
    `${view.id}  ${view.customer ?? '–'}  ${view.level} ${view.chargeKey ?? ''}`.trimEnd(),
    `legacy ${amount(view.legacy, view.currency)}  solvimon ${amount(view.solvimon, view.currency)}  delta ${delta(view.delta, view.currency)} ${view.currency ?? ''}`.trimEnd(),
    `cause ${view.cause}  confidence ${view.confidence}${rivals.length > 0 ? `  rivals ${rivals.join(', ')}` : ''}`,
    ...working.map((step) => `  ${step.label.padEnd(width)}  ${step.text}`),
    ...(Object.keys(view.components).length > 0
      ? [
          `  made of ${Object.entries(view.components)
            .map(([name, part]) => `${name} ${amount(part, view.currency)}`)
            .join(', ')}`,
        ]
      : []),
  ].join('\n');
}
