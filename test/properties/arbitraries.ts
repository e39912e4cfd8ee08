import fc from 'fast-check';
import { type CompareRules, exactRules } from '../../src/model/compare-rules.js';
import { type CurrencyCode, currency } from '../../src/model/currency.js';
import type { Document, LineKind } from '../../src/model/document.js';
import type { CustomerKey, DocumentId } from '../../src/model/ids.js';
import { Decimal, type DecimalText, decimalText, toDecimalText } from '../../src/model/money.js';
import type { Instant, Period } from '../../src/model/period.js';
import type { CustomerCase, PreparedDocument } from '../../src/model/prepared.js';
import { problem, type RejectedDocument } from '../../src/model/problem.js';
import { identityMapping } from '../../src/reconcile/mapping.js';
import { prepare } from '../../src/reconcile/prepare.js';
import { buildDocument, type DocumentSpec, type LineSpec, ticksPerMinor } from './build-document.js';
import { nearMisses, type NearMissName, nearMissNames } from './near-misses.js';

/*
 * Generators of the properties. They draw an invoice and then what a second system makes of it, so that most cases are
 * near-misses: one cent, one day, one line swapped. Random noise differs everywhere and teaches nothing about the edge.
 */

const at = (day: string) => `${day}T00:00:00.000Z` as Instant;
const periods: readonly (Period | null)[] = [
  { start: at('2026-10-01'), end: at('2026-11-01') },
  { start: at('2026-10-01'), end: at('2026-10-16') },
  { start: at('2026-10-16'), end: at('2026-11-01') },
  null,
];

/** Two digits mostly; none, three and four as well. */
const currencies = ['EUR', 'EUR', 'EUR', 'USD', 'JPY', 'KWD', 'CLF'].map((code) => currency(code));
export const currencyArb: fc.Arbitrary<CurrencyCode> = fc.constantFrom(...currencies);

const charges = ['seats', 'storage', 'calls', null];
const chargeKinds: readonly LineKind[] = ['recurring', 'usage', 'one_time', 'minimum', 'proration_credit', 'unknown'];
const rates = ['0', '9', '19', '21'].map((text) => decimalText(text));

/** Half-up to whole minor units, by hand: the tax that a system states. */
function taxOf(net: bigint, rate: DecimalText): bigint {
  const percent = BigInt(rate);
  const scaled = net * percent;
  const unit = 100n * ticksPerMinor;
  const size = ((scaled < 0n ? -scaled : scaled) + unit / 2n) / unit;
  return (scaled < 0n ? -size : size) * ticksPerMinor;
}

const whole = (max: number) => fc.integer({ min: 0, max });

const quantityArb = fc.oneof(
  { weight: 4, arbitrary: whole(500).map((units) => decimalText(String(units))) },
  { weight: 1, arbitrary: whole(99_999).map((units) => toDecimalText(new Decimal(units).div(1000))) },
);

/** One charge: quantity × price is the amount, or the amount alone; few prices, so that equal money on two lines happens. */
const lineArb = (hasLineTax: boolean): fc.Arbitrary<LineSpec> =>
  fc
    .record({
      charge: fc.constantFrom(...charges),
      kind: fc.constantFrom(...chargeKinds),
      period: fc.constantFrom(...periods),
      quantity: fc.option(quantityArb, { freq: 3, nil: null }),
      price: fc.constantFrom(1n, 50n, 100n, 999n, 1000n, 1250n, 33_300n),
      discountPercent: fc.constantFrom(0n, 0n, 0n, 10n, 100n),
      rate: fc.constantFrom(...rates),
    })
    .map((drawn) => {
      const units = drawn.quantity === null ? 3n : BigInt(new Decimal(drawn.quantity).times(100).floor().toFixed());
      const sign = drawn.kind === 'proration_credit' ? -1n : 1n;
      const amount = sign * (drawn.quantity === null ? drawn.price * 100n : (units * drawn.price) / 100n);
      const discount = -(amount * drawn.discountPercent) / 100n;
      return {
        charge: drawn.charge,
        kind: drawn.kind,
        period: drawn.period,
        quantity: drawn.quantity,
        unitPrice: drawn.quantity === null ? null : sign * drawn.price,
        amount,
        discount,
        tax: hasLineTax ? taxOf(amount + discount, drawn.rate) : null,
        taxRate: hasLineTax ? drawn.rate : null,
        appliesTo: null,
        tiers: [],
        facts: drawn.discountPercent === 0n ? {} : { discountRate: decimalText(drawn.discountPercent.toString()) },
      };
    });

export const documentArb: fc.Arbitrary<DocumentSpec> = fc
  .record({
    currency: currencyArb,
    hasLineTax: fc.constantFrom(true, true, false),
    isCredit: fc.constantFrom(false, false, false, true),
  })
  .chain(({ currency: code, hasLineTax, isCredit }) =>
    fc.array(lineArb(hasLineTax), { minLength: 1, maxLength: 4 }).map((lines): DocumentSpec => {
      const net = lines.reduce((sum, line) => sum + line.amount + line.discount, 0n);
      const turned = isCredit ? lines.map(negated) : lines;
      const ownTax = hasLineTax ? 0n : taxOf(isCredit ? -net : net, decimalText('21'));
      return {
        kind: isCredit ? 'credit_note' : 'invoice',
        state: 'final',
        currency: code,
        lines: turned,
        ownTax,
        notReady: [],
      };
    }),
  );

const negated = (line: LineSpec): LineSpec => ({
  ...line,
  amount: -line.amount,
  discount: -line.discount,
  tax: line.tax === null ? null : -line.tax,
  unitPrice: line.unitPrice === null ? null : -line.unitPrice,
});

/** An invoice of the legacy system and what Solvimon has for it; one near-miss mostly, sometimes two. */
type Drawn = {
  readonly document: DocumentSpec;
  readonly misses: readonly { readonly name: NearMissName; readonly pick: number }[];
};

const drawnArb = (names: readonly NearMissName[]): fc.Arbitrary<Drawn> =>
  fc.record({
    document: documentArb,
    misses: fc.array(fc.record({ name: fc.constantFrom(...names), pick: fc.nat(7) }), {
      minLength: 0,
      maxLength: 2,
      size: 'max',
    }),
  });

function counterparts(drawn: Drawn): readonly DocumentSpec[] {
  return drawn.misses.reduce<readonly DocumentSpec[]>(
    (documents, miss) =>
      documents.flatMap((one) => (one.lines.length === 0 ? [one] : nearMisses[miss.name](one, miss.pick))),
    [drawn.document],
  );
}

/** One customer's cycle as both systems gave it, before it is prepared under rules. */
export type GeneratedCase = {
  readonly customer: string;
  readonly legacy: readonly Document[];
  readonly solvimon: readonly Document[];
  readonly legacyRejected: readonly RejectedDocument[];
  readonly solvimonRejected: readonly RejectedDocument[];
  /** Names of the near-misses that were asked for, to count interesting cases by. */
  readonly misses: readonly NearMissName[];
};

export type CaseOptions = {
  readonly misses?: readonly NearMissName[];
  readonly hasRejected?: boolean;
  readonly maxDocuments?: number;
};

const rejectedArb = (side: string): fc.Arbitrary<RejectedDocument> =>
  fc.record({ at: fc.nat(2), code: fc.option(currencyArb, { nil: null }) }).map(({ at: index, code }) => ({
    id: `${side}-rejected-${index}`,
    customerRef: 'c1',
    currency: code,
    problems: [problem('amount_malformed', { file: `${side}.csv`, line: index + 2 }, 'amount', '1O', 'a decimal')],
    place: { file: `${side}.csv`, line: index + 2 },
  }));

/** Cases of one customer. Document ids of the two sides are ordered independently, and line ids collide now and then. */
export function caseArb(options: CaseOptions = {}): fc.Arbitrary<GeneratedCase> {
  const rejected = (side: string) =>
    options.hasRejected === true
      ? fc.uniqueArray(rejectedArb(side), { maxLength: 2, selector: (one) => one.id })
      : fc.constant([]);
  return fc
    .record({
      drawn: fc.array(drawnArb(options.misses ?? nearMissNames), {
        minLength: 1,
        maxLength: options.maxDocuments ?? 4,
      }),
      isOneCurrency: fc.constantFrom(true, true, false),
      isBackwards: fc.boolean(),
      isOwnLineIds: fc.constantFrom(true, true, false),
      legacyRejected: rejected('legacy'),
      solvimonRejected: rejected('solvimon'),
    })
    .map((input) => {
      const first = input.drawn[0]?.document.currency ?? currency('EUR');
      const drawn = input.isOneCurrency
        ? input.drawn.map((one) => ({ ...one, document: { ...one.document, currency: first } }))
        : input.drawn;
      const solvimon = drawn.flatMap(counterparts);
      const named = (spec: DocumentSpec, id: string) =>
        buildDocument(spec, { id, customer: 'c1', linePrefix: input.isOwnLineIds ? `${id}-` : 'l' });
      return {
        customer: 'c1',
        legacy: drawn.map((one, index) => named(one.document, `in-${index + 1}`)),
        solvimon: solvimon.map((spec, index) =>
          named(spec, `invo-${input.isBackwards ? solvimon.length - index + 10 : index + 11}`),
        ),
        legacyRejected: input.legacyRejected,
        solvimonRejected: input.solvimonRejected,
        misses: drawn.flatMap((one) => one.misses.map((miss) => miss.name)),
      };
    });
}

/** The same case as another customer's, its document ids apart from everybody else's. */
export function ofCustomer(generated: GeneratedCase, customer: string): GeneratedCase {
  const own = (one: Document): Document => ({
    ...one,
    customerRef: customer,
    source: { ...one.source, id: `${customer}/${one.source.id}` as DocumentId },
  });
  const ownRejected = (one: RejectedDocument): RejectedDocument => ({
    ...one,
    id: `${customer}/${one.id}`,
    customerRef: customer,
  });
  return {
    ...generated,
    customer,
    legacy: generated.legacy.map(own),
    solvimon: generated.solvimon.map(own),
    legacyRejected: generated.legacyRejected.map(ownRejected),
    solvimonRejected: generated.solvimonRejected.map(ownRejected),
  };
}

/** A case made ready under rules, as `collect` would. */
export function toCase(generated: GeneratedCase, rules: CompareRules): CustomerCase {
  const ready = (side: 'legacy' | 'solvimon'): readonly PreparedDocument[] =>
    generated[side].map((document) => prepare(document, side, identityMapping, rules));
  return {
    customer: generated.customer as CustomerKey,
    legacy: ready('legacy'),
    solvimon: ready('solvimon'),
    legacyRejected: generated.legacyRejected,
    solvimonRejected: generated.solvimonRejected,
    legacyNeighbours: [],
    solvimonNeighbours: [],
  };
}

/** What is compared: everything exactly, mostly; each switch off now and then. */
export const rulesArb: fc.Arbitrary<CompareRules> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(exactRules) },
  {
    weight: 2,
    arbitrary: fc.record({
      quantity: fc.boolean(),
      unitPrice: fc.boolean(),
      tax: fc.constantFrom('line' as const, 'document' as const, 'off' as const),
      period: fc.constantFrom('exact' as const, 'date' as const, 'off' as const),
      timezone: fc.constant('Europe/Amsterdam'),
      tolerance: fc.constant([]),
    }),
  },
);
