import { currency } from '../../src/model/currency.js';
import { Decimal, type DecimalText, decimalText, toDecimal, toDecimalText } from '../../src/model/money.js';
import { type Instant, instantOfMs, msOfInstant, type Period } from '../../src/model/period.js';
import { type DocumentSpec, type LineSpec, netOf, ticksPerMinor } from './build-document.js';

/*
 * What a second system does differently: each near-miss takes the legacy document and gives the documents that Solvimon
 * has for it. `pick` chooses the line; a near-miss that does not apply gives the document unchanged.
 */

const dayMs = 86_400_000;

const month: Period = { start: '2026-10-01T00:00:00.000Z' as Instant, end: '2026-11-01T00:00:00.000Z' as Instant };

export type NearMiss = (document: DocumentSpec, pick: number) => readonly DocumentSpec[];

function onLine(document: DocumentSpec, pick: number, change: (line: LineSpec) => LineSpec): readonly DocumentSpec[] {
  const at = pick % document.lines.length;
  return [{ ...document, lines: document.lines.map((line, index) => (index === at ? change(line) : line)) }];
}

const isCharge = (line: LineSpec) => line.kind !== 'discount' && line.kind !== 'tax';

/** A change for charges only: a discount or tax line stays as it is. */
const onCharge = (document: DocumentSpec, pick: number, change: (line: LineSpec) => LineSpec) =>
  onLine(document, pick, (line) => (isCharge(line) ? change(line) : line));

function withoutIndex(document: DocumentSpec, at: number): DocumentSpec {
  const kept = document.lines.filter((_unused, index) => index !== at);
  return {
    ...document,
    lines: kept.map((line) => ({
      ...line,
      appliesTo:
        line.appliesTo === null || line.appliesTo === at
          ? null
          : line.appliesTo > at
            ? line.appliesTo - 1
            : line.appliesTo,
    })),
  };
}

function shifted(period: Period | null, days: number): Period | null {
  if (period === null) return null;
  const move = (instant: Instant) => instantOfMs(msOfInstant(instant) + days * dayMs);
  return { start: move(period.start), end: move(period.end) };
}

/** Share of `whole` in per cent, cut to whole ticks. */
const share = (whole: bigint, percent: bigint) => (whole * percent) / 100n;

/** The same money in `count` lines: what one system bills as tiers and the other as one row. */
function splitLine(line: LineSpec, charge: string | null): readonly LineSpec[] {
  const firstAmount = share(line.amount, 30n);
  const firstDiscount = share(line.discount, 30n);
  const firstTax = line.tax === null ? null : share(line.tax, 30n);
  const quantity = line.quantity;
  const firstQuantity = quantity === null ? null : toDecimalText(toDecimal(quantity).times('0.25'));
  return [
    { ...line, amount: firstAmount, discount: firstDiscount, tax: firstTax, quantity: firstQuantity, unitPrice: null },
    {
      ...line,
      charge,
      amount: line.amount - firstAmount,
      discount: line.discount - firstDiscount,
      tax: line.tax === null || firstTax === null ? null : line.tax - firstTax,
      quantity:
        quantity === null || firstQuantity === null ? null : toDecimalText(toDecimal(quantity).minus(firstQuantity)),
      unitPrice: null,
    },
  ];
}

function splitInto(document: DocumentSpec, pick: number, charge: (line: LineSpec) => string | null): DocumentSpec {
  const at = pick % document.lines.length;
  const chosen = document.lines[at];
  if (chosen === undefined || !isCharge(chosen)) return document;
  const [first, second] = splitLine(chosen, charge(chosen));
  if (first === undefined || second === undefined) return document;
  return { ...document, lines: [...document.lines.map((line, index) => (index === at ? first : line)), second] };
}

function detachDiscount(document: DocumentSpec, pick: number): readonly DocumentSpec[] {
  const at = pick % document.lines.length;
  const line = document.lines[at];
  if (line === undefined || line.discount === 0n) return [document];
  const discount: LineSpec = {
    ...line,
    kind: 'discount',
    amount: line.discount,
    discount: 0n,
    quantity: null,
    unitPrice: null,
    tax: line.tax === null ? null : 0n,
    taxRate: null,
    appliesTo: at,
    tiers: [],
    facts: {},
  };
  return [
    {
      ...document,
      lines: [...document.lines.map((one, index) => (index === at ? { ...one, discount: 0n } : one)), discount],
    },
  ];
}

/** One minor unit of tax from one line to the next; the document's tax stays. */
function moveTax(document: DocumentSpec, pick: number): readonly DocumentSpec[] {
  const at = pick % document.lines.length;
  const to = (at + 1) % document.lines.length;
  if (at === to || document.lines[at]?.tax === null || document.lines[to]?.tax === null) return [document];
  const moved = (line: LineSpec, by: bigint) => ({ ...line, tax: (line.tax ?? 0n) + by });
  return [
    {
      ...document,
      lines: document.lines.map((line, index) =>
        index === at ? moved(line, -ticksPerMinor) : index === to ? moved(line, ticksPerMinor) : line,
      ),
    },
  ];
}

/** The lines of one invoice on two. */
function splitDocument(document: DocumentSpec, pick: number): readonly DocumentSpec[] {
  if (document.lines.length < 2) return [document];
  const cut = 1 + (pick % (document.lines.length - 1));
  const free = (lines: readonly LineSpec[]) => lines.map((line) => ({ ...line, appliesTo: null }));
  return [
    { ...document, lines: free(document.lines.slice(0, cut)) },
    { ...document, lines: free(document.lines.slice(cut)), ownTax: 0n },
  ];
}

const more = (text: DecimalText, by: string) => toDecimalText(new Decimal(text).plus(by));

export const nearMisses = {
  same: (document) => [document],
  'one minor unit more': (document, pick) =>
    onCharge(document, pick, (line) => ({ ...line, amount: line.amount + ticksPerMinor })),
  'one minor unit less': (document, pick) =>
    onCharge(document, pick, (line) => ({ ...line, amount: line.amount - ticksPerMinor })),
  'half a minor unit': (document, pick) =>
    onCharge(document, pick, (line) => ({ ...line, amount: line.amount + ticksPerMinor / 2n })),
  'ten per cent': (document, pick) =>
    onCharge(document, pick, (line) => ({ ...line, amount: line.amount + share(line.amount, 10n) })),
  'sign turned': (document, pick) => onCharge(document, pick, (line) => ({ ...line, amount: -line.amount })),
  'one day later': (document, pick) => onLine(document, pick, (line) => ({ ...line, period: shifted(line.period, 1) })),
  'period dropped': (document, pick) => onLine(document, pick, (line) => ({ ...line, period: null })),
  'quantity by one': (document, pick) =>
    onCharge(document, pick, (line) => ({
      ...line,
      quantity: line.quantity === null ? decimalText('1') : more(line.quantity, '1'),
    })),
  'quantity unknown': (document, pick) => onLine(document, pick, (line) => ({ ...line, quantity: null })),
  'price per unit': (document, pick) =>
    onCharge(document, pick, (line) => ({ ...line, unitPrice: (line.unitPrice ?? 0n) + 1n })),
  'tax of the document by one': (document) => [{ ...document, ownTax: document.ownTax + ticksPerMinor }],
  'tax of a line by one': (document, pick) =>
    onLine(document, pick, (line) => ({ ...line, tax: line.tax === null ? null : line.tax + ticksPerMinor })),
  'tax of a line gone': (document, pick) =>
    onLine(document, pick, (line) => ({ ...line, tax: line.tax === null ? null : 0n, taxRate: decimalText('0') })),
  'tax only for the document': (document) => [
    {
      ...document,
      ownTax: document.lines.reduce((sum, line) => sum + (line.tax ?? 0n), document.ownTax),
      lines: document.lines.map((line) => ({ ...line, tax: null, taxRate: null })),
    },
  ],
  'tax moved': moveTax,
  'discount detached': detachDiscount,
  'discount gone': (document, pick) => onLine(document, pick, (line) => ({ ...line, discount: 0n })),
  'lines swapped': (document) => [
    {
      ...document,
      lines: document.lines
        .map((line) => ({
          ...line,
          appliesTo: line.appliesTo === null ? null : document.lines.length - 1 - line.appliesTo,
        }))
        .toReversed(),
    },
  ],
  'line missing': (document, pick) =>
    document.lines.length < 2 ? [document] : [withoutIndex(document, pick % document.lines.length)],
  'line twice': (document, pick) => {
    const line = document.lines[pick % document.lines.length];
    return line === undefined ? [document] : [{ ...document, lines: [...document.lines, line] }];
  },
  'zero line': (document) => [
    {
      ...document,
      lines: [
        ...document.lines,
        {
          charge: 'free',
          kind: 'recurring',
          period: month,
          quantity: decimalText('1'),
          unitPrice: 0n,
          amount: 0n,
          discount: 0n,
          tax: document.lines.some((line) => line.tax === null) ? null : 0n,
          taxRate: null,
          appliesTo: null,
          tiers: [],
          facts: {},
        },
      ],
    },
  ],
  'balance shown': (document) => [
    {
      ...document,
      lines: [
        ...document.lines,
        {
          charge: null,
          kind: 'balance',
          period: null,
          quantity: null,
          unitPrice: null,
          amount: -5000n,
          discount: 0n,
          tax: null,
          taxRate: null,
          appliesTo: null,
          tiers: [],
          facts: {},
        },
      ],
    },
  ],
  'tiers instead of one line': (document, pick) => [splitInto(document, pick, (line) => line.charge)],
  'two periods instead of one': (document, pick) => {
    const split = splitInto(document, pick, (line) => line.charge);
    const last = split.lines.length - 1;
    return [
      {
        ...split,
        lines:
          split === document
            ? split.lines
            : split.lines.map((line, index) => (index === last ? { ...line, period: shifted(line.period, 10) } : line)),
      },
    ];
  },
  'two charges instead of one': (document, pick) => [splitInto(document, pick, () => 'other')],
  'another product': (document, pick) => onLine(document, pick, (line) => ({ ...line, charge: 'renamed' })),
  'another currency': (document) => [{ ...document, currency: currency(document.currency === 'USD' ? 'EUR' : 'USD') }],
  'two invoices': splitDocument,
  'a credit note beside it': (document, pick) => {
    const line = document.lines[pick % document.lines.length];
    if (line === undefined || !isCharge(line) || netOf(line) === 0n) return [document];
    const credit = {
      ...line,
      amount: -line.amount,
      discount: -line.discount,
      tax: line.tax === null ? null : -line.tax,
      appliesTo: null,
    };
    return [document, { ...document, kind: 'credit_note', lines: [credit], ownTax: 0n }];
  },
  'billed twice': (document) => [document, document],
  'not billed': () => [],
  void: (document) => [{ ...document, state: 'void' }],
  'not ready': (document) => [{ ...document, notReady: ['to_be_reprocessed'] }],
  'state unknown': (document) => [{ ...document, state: 'unknown' }],
} as const satisfies Record<string, NearMiss>;

export type NearMissName = keyof typeof nearMisses;
export const nearMissNames = Object.keys(nearMisses) as readonly NearMissName[];
