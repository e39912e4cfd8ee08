import { decimalText, sumText } from '../../model/money.js';
import type { LineLink } from '../../model/verdict.js';
import type { MismatchView, PairView } from '../../store/views.js';
import type { LineTexts } from '../../store/line-texts.js';
import { amount, delta, deltaCell } from './money.js';
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
export function renderDiff(pair: PairView, mismatches: readonly MismatchView[], texts: LineTexts): string {
  const detail = (pair.detail ?? {}) as Detail;
  const links = detail.links ?? [];
  const parts = [
    `${pair.id}  ${pair.customer ?? '(no customer)'}  cycle ${pair.cycle}  ${pair.state.replaceAll('_', ' ')}`,
    `legacy ${pair.legacy.join(', ') || '–'}  ↔  solvimon ${pair.solvimon.join(', ') || '–'}`,
    '',
  ];
  if (links.length > 0) parts.push(renderLinks(links, pair.currency, texts), '');
  parts.push(renderFooting(pair, mismatches));
  if (links.length === 0 && pair.state === 'matched' && pair.legacy.length > 0 && pair.solvimon.length > 0)
    parts.push('Every line agrees; the pair was settled by its digest.');
  for (const mismatch of mismatches) parts.push('', renderMismatch(mismatch));
  for (const note of detail.notes ?? []) parts.push('', `note  ${note.cause}: ${note.text}`);
  for (const reason of detail.notReady ?? []) parts.push(`not ready  ${reason}`);
  for (const fault of detail.problems ?? [])
    parts.push(`unreadable  ${fault.field ?? ''} ${fault.value ?? ''}: ${fault.expected}`);
  return parts.join('\n');
}

function renderLinks(links: readonly LineLink[], currency: string | null, texts: LineTexts): string {
  return table(
    [
      { head: 'legacy lines' },
      { head: 'legacy', isAmount: true },
      { head: '' },
      { head: 'solvimon', isAmount: true },
      { head: 'solvimon lines' },
      { head: 'delta', isAmount: true },
    ],
    links.map((link) => [
      linesText(link.legacyLines, texts.legacy),
      amount(link.legacy, currency),
      relations[link.relation],
      amount(link.solvimon, currency),
      linesText(link.solvimonLines, texts.solvimon),
      deltaCell(link.delta, currency),
    ]),
  );
}

/** "API calls, up to 25.000 +1": what the first line is for, and how many more belong to it. */
function linesText(ids: readonly string[], texts: ReadonlyMap<string, string>): string {
  const [first, ...more] = ids;
  if (first === undefined) return '–';
  return `${texts.get(first) ?? first}${more.length > 0 ? ` +${more.length}` : ''}`;
}

/** The proof that the differences are the whole of the difference; nothing is subtracted that was not compared. */
function renderFooting(pair: PairView, mismatches: readonly MismatchView[]): string {
  const sides = `solvimon ${amount(pair.solvimonGross, pair.currency)} − legacy ${amount(pair.legacyGross, pair.currency)}`;
  if (pair.delta === null)
    return pair.currency === null ? `${sides}: two currencies never subtract` : `${sides}: not compared`;
  const found = sumText(mismatches.map((one) => decimalText(one.delta)));
  const isWhole = found === decimalText(pair.delta);
  return `footing  differences ${delta(found, pair.currency)} = ${sides} ${pair.currency ?? ''}  ${isWhole ? '✓' : '✗ our bug'}`;
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
