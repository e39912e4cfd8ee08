import { currency, currencyDigits } from '../../src/model/currency.js';
import type { TierSlice } from '../../src/model/document.js';
import type { ChargeKey } from '../../src/model/ids.js';
import { decimalText } from '../../src/model/money.js';
import type { Instant, Period } from '../../src/model/period.js';
import type { Cause } from '../../src/model/verdict.js';
import { build, type DocumentText, type LineText, netText, october, text } from './build.js';
import { type Fraction, frac, isLess, isSame, type Mode, negate, over, plus, rounded, times } from './exact.js';
import { buildMapping } from '../../src/reconcile/mapping.js';
import type { Random } from './random.js';
import type { Generated } from './run-case.js';

/** A customer with one planted fault, or none, and what a perfect judge would say. */
export type Planted = { readonly case: Generated; readonly cause: Cause | null };

type Draft = { readonly legacy: LineText; readonly solvimon: LineText };
type Plant = (random: Random, at: Context) => Draft | Whole;
/** A fault of whole documents. */
type Whole = {
  readonly documents: (clean: readonly LineText[]) => Omit<Generated, 'customer'>;
};
type Context = { readonly customer: string; readonly digits: number; readonly currency: DocumentText['currency'] };

const money = (value: Fraction, digits: number, mode: Mode = 'half_up') => rounded(value, digits, mode);
const product = (a: string, b: string): Fraction => times(frac(a), frac(b));

/** An amount or price with `places` fraction digits, whose last digit is not zero. */
function price(random: Random, whole: number, places: number): string {
  const part =
    places === 0
      ? ''
      : `.${String(random.int(0, 10 ** (places - 1) - 1)).padStart(places - 1, '0')}${random.int(1, 9)}`;
  return `${random.int(1, whole)}${part}`;
}

function usageLine(truth: string, quantity: string, unitPrice: string, at: Context, mode: Mode = 'half_up'): LineText {
  return {
    truth,
    product: 'api',
    kind: 'usage',
    quantity,
    unitPrice,
    amount: money(product(quantity, unitPrice), at.digits, mode),
    taxRate: '21',
  };
}

/** Draws again until both sides' nets differ in money; a plant without effect is none. */
function until(draw: () => Draft): Draft {
  for (let attempt = 0; attempt < 2000; attempt += 1) {
    const draft = draw();
    if (!isSame(frac(netText(draft.legacy)), frac(netText(draft.solvimon))) || draft.legacy.tax !== draft.solvimon.tax)
      return draft;
  }
  throw new Error('no draw of this plant has an effect');
}

function tiersOf(random: Random, places: number): readonly TierSlice[] {
  const first = random.int(5, 40) * 10;
  const second = first + random.int(5, 60) * 10;
  const prices = [0, 1, 2].map(
    (index) => `${9 - index * 2}.${String(random.int(1, 9)).padEnd(Math.max(1, places), '1')}`,
  );
  const bounds = [0, first, second];
  return bounds.map((from, index) => ({
    from: decimalText(String(from)),
    to: index === 2 ? null : decimalText(String(bounds[index + 1])),
    quantity: decimalText('0'),
    unitPrice: decimalText(prices[index] ?? '1'),
    flat: null,
    amount: decimalText('0'),
  }));
}

/** The generator's own rating, apart from the product's. Bounds are upper-inclusive. */
function rate(
  tiers: readonly TierSlice[],
  quantity: bigint,
  mode: string,
  shift = 0n,
  isUpperExclusive = false,
): Fraction {
  const from = (index: number) => (index === 0 ? 0n : BigInt(tiers[index]?.from ?? '0') + shift);
  const priceAt = (index: number) => frac(tiers[index]?.unitPrice ?? '0');
  const reached = tiers
    .map((_tier, index) => index)
    .filter((index) => quantity > from(index) || (isUpperExclusive && index > 0 && quantity === from(index)));
  const last = reached.at(-1) ?? 0;
  if (mode === 'volume') return times([quantity, 1n], priceAt(last));
  if (mode === 'stair_step') return priceAt(last);
  let total: Fraction = [0n, 1n];
  for (const index of reached) {
    const end = index === last ? quantity : from(index + 1);
    total = plus(total, mode === 'graduated' ? times([end - from(index), 1n], priceAt(index)) : priceAt(index));
  }
  return total;
}

const monthPart = (random: Random): { readonly period: Period; readonly day: number } => {
  const day = random.int(3, 27);
  const date = `2026-10-${String(day).padStart(2, '0')}`;
  // Amsterdam is two hours ahead of UTC until the clocks change on 25 October 2026, one hour after it.
  const before = new Date(Date.parse(`${date}T00:00:00Z`) - (day <= 25 ? 2 : 1) * 3_600_000).toISOString();
  return { period: { start: before as Instant, end: october.end }, day };
};

/** Share of October from a day to its end, as systems count it. */
const shares = {
  actual: (day: number): Fraction => [BigInt(32 - day), 31n],
  thirty: (day: number): Fraction => [BigInt(32 - day), 30n],
  thirty360: (day: number): Fraction => [BigInt(31 - Math.min(day, 30)), 30n],
  inclusive: (day: number): Fraction => [BigInt(33 - day), 31n],
  hours: (day: number): Fraction => [BigInt((32 - day) * 24 + (day <= 25 ? 1 : 0)), 745n],
} as const;

function prorated(
  truth: string,
  full: string,
  share: Fraction,
  period: Period,
  at: Context,
  isStated: boolean,
): LineText {
  const amount = money(times(frac(full), share), at.digits);
  return {
    truth,
    product: 'seat',
    kind: 'proration_charge',
    period,
    quantity: '1',
    unitPrice: isStated ? full : amount,
    amount,
    taxRate: '21',
    facts: isStated ? { fullPrice: decimalText(full) } : {},
  };
}

function withDiscount(line: LineText, discount: Fraction, digits: number, facts: LineText['facts'] = {}): LineText {
  return { ...line, discount: money(negate(discount), digits), facts: { ...line.facts, ...facts } };
}

const percentOf = (amount: string, percent: string): Fraction => times(frac(amount), times(frac(percent), [1n, 100n]));

function seats(random: Random, truth: string, at: Context): LineText {
  const quantity = String(random.int(2, 80));
  const unitPrice = price(random, 60, at.digits);
  return {
    truth,
    product: 'seat',
    quantity,
    unitPrice,
    amount: money(product(quantity, unitPrice), at.digits),
    taxRate: '21',
  };
}

function other(solvimon: LineText, change: Partial<LineText>): LineText {
  return { ...solvimon, ...change };
}

/** Ties in the tax that one system rounds up and the other to even, on every line of the invoice. */
function taxInAnotherMode(random: Random, at: Context): Whole {
  const exact = (line: LineText) => times(frac(netText(line)), [21n, 100n]);
  const inMode = (line: LineText, mode: Mode): LineText => ({ ...line, tax: rounded(exact(line), at.digits, mode) });
  let line = seats(random, 'x', at);
  while (inMode(line, 'half_up').tax === inMode(line, 'half_even').tax) line = seats(random, 'x', at);
  return {
    documents: (clean) =>
      twoDocuments(
        at,
        [...clean, line].map((one) => inMode(one, 'half_up')),
        [...clean, line].map((one) => inMode(one, 'half_even')),
      ),
  };
}

/** A product that one system rounds in another mode. */
function amountInAnotherMode(random: Random, at: Context): Draft {
  return until(() => {
    const quantity = String(random.int(3, 900));
    const unitPrice = price(random, 90, at.digits + random.int(1, 2));
    const [a, b] = random.pick([
      ['half_up', 'down'],
      ['half_up', 'half_even'],
      ['half_even', 'down'],
      ['down', 'half_up'],
    ] as const);
    return {
      legacy: usageLine('l', quantity, unitPrice, at, a),
      solvimon: usageLine('s', quantity, unitPrice, at, b),
    };
  });
}

/** Every cause that a line can have, each as two systems that differ in one rule or one input. */
const linePlants: Partial<Record<Cause, Plant>> = {
  'usage.quantity': (random, at) =>
    until(() => {
      const unitPrice = price(random, 3, at.digits + 2);
      const quantity = random.int(100, 90_000);
      const changed = quantity + random.pick([-1, 1]) * random.int(1, Math.ceil(quantity / 10));
      return {
        legacy: usageLine('l', String(quantity), unitPrice, at),
        solvimon: usageLine('s', String(changed), unitPrice, at),
      };
    }),
  'price.unit_price': (random, at) =>
    until(() => {
      const quantity = String(random.int(3, 5000));
      const [a, b] = [price(random, 40, at.digits), price(random, 40, at.digits)];
      return { legacy: usageLine('l', quantity, a, at), solvimon: usageLine('s', quantity, b, at) };
    }),
  'rounding.price_precision': (random, at) =>
    until(() => {
      const quantity = String(random.int(5_000, 900_000));
      const fine = price(random, 2, at.digits + 3);
      const coarse = rounded(frac(fine), at.digits + 1, random.pick(['half_up', 'half_even', 'down'] as const));
      return random.chance(50)
        ? { legacy: usageLine('l', quantity, fine, at), solvimon: usageLine('s', quantity, coarse, at) }
        : { legacy: usageLine('l', quantity, coarse, at), solvimon: usageLine('s', quantity, fine, at) };
    }),
  'rounding.mode': (random, at) => (random.chance(30) ? taxInAnotherMode(random, at) : amountInAnotherMode(random, at)),
  'price.tier_mode': (random, at) =>
    until(() => {
      const tiers = tiersOf(random, at.digits);
      const quantity = random.int(60, 2500);
      const [a, b] = random.pick([
        ['graduated', 'volume'],
        ['volume', 'graduated'],
        ['stair_step', 'cumulative_stair_step'],
      ] as const);
      const line = (
        truth: string,
        mode: 'graduated' | 'volume' | 'stair_step' | 'cumulative_stair_step',
        isStated: boolean,
      ): LineText => ({
        truth,
        product: 'api',
        kind: 'usage',
        quantity: String(quantity),
        amount: money(rate(tiers, BigInt(quantity), mode), at.digits),
        taxRate: '21',
        ...(isStated && { tiers, facts: { tierMode: mode } }),
      });
      return { legacy: line('l', a, random.chance(50)), solvimon: line('s', b, true) };
    }),
  'price.tier_boundary': (random, at) =>
    until(() => {
      const tiers = tiersOf(random, at.digits);
      const bound = Number(tiers[1]?.from ?? 0);
      const isVolume = random.chance(50);
      const mode = isVolume ? 'volume' : 'graduated';
      const quantity = isVolume ? bound : bound + random.int(10, 900);
      const line = (truth: string, amount: Fraction, isStated: boolean): LineText => ({
        truth,
        product: 'api',
        kind: 'usage',
        quantity: String(quantity),
        amount: money(amount, at.digits),
        taxRate: '21',
        ...(isStated && { tiers, facts: { tierMode: mode } }),
      });
      const legacy = isVolume
        ? rate(tiers, BigInt(quantity), mode, 0n, true)
        : rate(tiers, BigInt(quantity), mode, random.pick([-1n, 1n]));
      return { legacy: line('l', legacy, false), solvimon: line('s', rate(tiers, BigInt(quantity), mode), true) };
    }),
  'price.included_volume': (random, at) =>
    until(() => {
      const included = random.int(1, 30) * 100;
      const quantity = included + random.int(50, 9000);
      const unitPrice = price(random, 2, at.digits + 1);
      const line = (truth: string, billed: number, facts: LineText['facts']): LineText => ({
        truth,
        product: 'api',
        kind: 'usage',
        quantity: String(quantity),
        unitPrice,
        amount: money(product(String(billed), unitPrice), at.digits),
        taxRate: '21',
        ...(facts !== undefined && { facts }),
      });
      const free = line('l', quantity - included, { includedVolume: decimalText(String(included)) });
      const all = line('s', quantity, random.chance(50) ? { includedVolume: decimalText('0') } : {});
      return random.chance(50)
        ? { legacy: free, solvimon: all }
        : { legacy: other(all, { truth: 'l' }), solvimon: other(free, { truth: 's' }) };
    }),
  'price.minimum_commitment': (random, at) =>
    until(() => {
      const quantity = String(random.int(10, 500));
      const unitPrice = price(random, 2, at.digits);
      const used = usageLine('l', quantity, unitPrice, at);
      const least = money(plus(frac(used.amount), [BigInt(random.int(10, 900)), 1n]), at.digits);
      const lifted = { ...used, truth: 's', amount: least, facts: { minimumAmount: decimalText(least) } };
      return random.chance(50)
        ? { legacy: used, solvimon: lifted }
        : { legacy: other(lifted, { truth: 'l' }), solvimon: other(used, { truth: 's' }) };
    }),
  'price.block_size': (random, at) =>
    until(() => {
      const block = random.pick([10, 100, 1000]);
      const quantity = random.int(2, 90) * block + random.int(1, block - 1);
      const perBlock = price(random, 20, at.digits);
      const blocks = String(Math.ceil(quantity / block));
      const whole: LineText = {
        truth: 's',
        product: 'api',
        kind: 'usage',
        quantity: String(quantity),
        unitPrice: perBlock,
        amount: money(product(blocks, perBlock), at.digits),
        taxRate: '21',
        facts: { blockSize: decimalText(String(block)) },
      };
      const part: LineText = {
        truth: 'l',
        product: 'api',
        kind: 'usage',
        quantity: String(quantity),
        amount: money(times([BigInt(quantity), BigInt(block)], frac(perBlock)), at.digits),
        taxRate: '21',
      };
      return { legacy: part, solvimon: whole };
    }),
  'proration.day_count': (random, at) =>
    until(() => {
      const { period, day } = monthPart(random);
      const names = random.shuffle(Object.keys(shares) as (keyof typeof shares)[]);
      const [a = 'actual', b = 'thirty'] = names;
      const full = price(random, 900, at.digits);
      const isStated = random.chance(60);
      return {
        legacy: prorated('l', full, shares[a](day), period, at, isStated),
        solvimon: prorated('s', full, shares[b](day), period, at, true),
      };
    }),
  'proration.missing': (random, at) =>
    until(() => {
      const { period, day } = monthPart(random);
      const full = price(random, 900, at.digits);
      return {
        legacy: prorated('l', full, shares.actual(day), period, at, true),
        solvimon: prorated('s', full, [1n, 1n], period, at, true),
      };
    }),
  'proration.extra': (random, at) =>
    until(() => {
      const { period, day } = monthPart(random);
      const full = price(random, 900, at.digits);
      return {
        legacy: prorated('l', full, [1n, 1n], period, at, true),
        solvimon: prorated('s', full, shares[random.pick(['actual', 'thirty'] as const)](day), period, at, true),
      };
    }),
  'period.boundary_shift': (random, at) =>
    until(() => {
      const unitPrice = price(random, 3, at.digits + 1);
      const quantity = random.int(100, 90_000);
      const utc: Period = { start: '2026-10-01T00:00:00.000Z' as Instant, end: '2026-11-01T00:00:00.000Z' as Instant };
      return {
        legacy: usageLine('l', String(quantity), unitPrice, at),
        solvimon: {
          ...usageLine('s', String(quantity + random.pick([-1, 1]) * random.int(1, 40)), unitPrice, at),
          period: utc,
        },
      };
    }),
  'discount.missing': (random, at) =>
    until(() => {
      const line = seats(random, 'l', at);
      const percent = String(random.int(3, 50));
      const lowered = withDiscount(
        line,
        percentOf(line.amount, percent),
        at.digits,
        random.chance(50) ? { discountRate: decimalText(percent) } : {},
      );
      return random.chance(50)
        ? { legacy: lowered, solvimon: other(line, { truth: 's' }) }
        : { legacy: line, solvimon: other(lowered, { truth: 's' }) };
    }),
  'discount.rate': (random, at) =>
    until(() => {
      const line = seats(random, 'l', at);
      const [a, b] = [random.int(3, 30), random.int(31, 60)];
      const isStated = random.chance(60);
      const lower = (truth: string, percent: number) =>
        withDiscount(
          { ...line, truth },
          percentOf(line.amount, String(percent)),
          at.digits,
          isStated ? { discountRate: decimalText(String(percent)) } : {},
        );
      return { legacy: lower('l', a), solvimon: lower('s', b) };
    }),
  'tax.rate': (random, at) => {
    const line = seats(random, 'l', at);
    return { legacy: line, solvimon: other(line, { truth: 's', taxRate: random.pick(['19', '9', '6', '25']) }) };
  },
  'tax.missing': (random, at) => {
    const line = seats(random, 'l', at);
    return { legacy: line, solvimon: other(line, { truth: 's', taxRate: null }) };
  },
  'tax.base': (random, at) => {
    const line = seats(random, 'l', at);
    const lowered = withDiscount(line, percentOf(line.amount, String(random.int(5, 40))), at.digits);
    const taxOn = (base: string) => money(times(frac(base), [21n, 100n]), at.digits);
    return random.chance(50)
      ? { legacy: lowered, solvimon: { ...lowered, truth: 's', tax: taxOn(line.amount) } }
      : { legacy: lowered, solvimon: { ...lowered, truth: 's', taxable: line.amount, tax: taxOn(line.amount) } };
  },
  'tax.inclusive': (random, at) =>
    until(() => {
      const line = seats(random, 'l', at);
      const net = money(over(frac(line.amount), frac('1.21')), at.digits);
      const tax = text(plus(frac(line.amount), negate(frac(net))));
      return { legacy: line, solvimon: { ...line, truth: 's', net, tax } };
    }),
  'fx.rate': (random, at) =>
    until(() => {
      const amount = price(random, 900, 2);
      const rateText = () => `0.${random.int(8000, 9999)}`;
      const line = (truth: string, fx: string): LineText => ({
        truth,
        product: 'seat',
        quantity: '1',
        amount: money(product(amount, fx), at.digits),
        taxRate: '21',
        facts: { pricing: { amount: decimalText(amount), currency: currency('GBP'), rate: decimalText(fx) } },
      });
      return { legacy: line('l', rateText()), solvimon: line('s', rateText()) };
    }),
  unexplained: (random, at) =>
    until(() => {
      const amount = price(random, 900, at.digits);
      const line: LineText = { truth: 'l', product: 'seat', amount, taxRate: '21' };
      return {
        legacy: line,
        solvimon: {
          ...line,
          truth: 's',
          amount: money(plus(frac(amount), [BigInt(random.int(2, 300)), 1n]), at.digits),
        },
      };
    }),
};

const evidenceCauses = [
  ['usage.missing_events', 'missing', -1],
  ['usage.duplicate_events', 'duplicate', 1],
  ['usage.late_events', 'late', -1],
  ['usage.unmatched_events', 'unmatched', -1],
] as const;

function eventPlant(kind: 'missing' | 'duplicate' | 'late' | 'unmatched', sign: number): Plant {
  return (random, at) => {
    const found = random.int(5, 400);
    const quantity = random.int(1000, 50_000);
    const unitPrice = price(random, 2, at.digits + 1);
    const none = { missing: null, duplicate: null, late: null, unmatched: null };
    return {
      documents: (clean) => ({
        ...twoDocuments(
          at,
          [...clean, usageLine('l', String(quantity), unitPrice, at)],
          [...clean, usageLine('s', String(quantity + sign * found), unitPrice, at)],
        ),
        usageEvidence: [
          { chargeKey: 'api' as ChargeKey, periodStart: october.start, ...none, [kind]: decimalText(String(found)) },
        ],
      }),
    };
  };
}

function document(at: Context, id: string, lines: readonly LineText[], more: Partial<DocumentText> = {}) {
  return build({ id: `${at.customer}-${id}`, customer: at.customer, currency: at.currency, lines, ...more });
}

const renamed = (lines: readonly LineText[], mark: string) =>
  lines.map((line) => ({ ...line, truth: `${mark}${line.truth}` }));

function twoDocuments(
  at: Context,
  legacy: readonly LineText[],
  solvimon: readonly LineText[],
  more: Partial<DocumentText> = {},
) {
  return {
    legacy: [document(at, 'L', renamed(legacy, 'l:'), more)],
    solvimon: [document(at, 'S', renamed(solvimon, 's:'), more)],
  };
}

const seatPair = (random: Random, at: Context) => seats(random, 'x', at);

/** Tax stated for the document, rounded on every line or once for all of them. */
const taxByLine = (lines: readonly LineText[], code: DocumentText['currency']) =>
  text(
    lines.reduce<Fraction>(
      (sum, line) => plus(sum, frac(rounded(times(frac(netText(line)), [21n, 100n]), currencyDigits(code)))),
      [0n, 1n],
    ),
  );
const taxOnce = (lines: readonly LineText[], code: DocumentText['currency']) =>
  rounded(
    lines.reduce<Fraction>((sum, line) => plus(sum, times(frac(netText(line)), [21n, 100n])), [0n, 1n]),
    currencyDigits(code),
  );

/** Tax of the document given to the lines by largest remainder, as a system that rounds once does. */
function taxSpread(lines: readonly LineText[], code: DocumentText['currency']): readonly LineText[] {
  const digits = currencyDigits(code);
  const exact = lines.map((line) => times(frac(netText(line)), [21n, 100n]));
  const floors = exact.map((tax) => rounded(tax, digits, 'down'));
  const total = frac(
    rounded(
      exact.reduce<Fraction>((sum, tax) => plus(sum, tax), [0n, 1n]),
      digits,
    ),
  );
  let missing = Number(
    rounded(
      times(plus(total, negate(floors.reduce<Fraction>((sum, tax) => plus(sum, frac(tax)), [0n, 1n]))), [
        10n ** BigInt(digits),
        1n,
      ]),
      0,
    ),
  );
  const order = exact
    .map((tax, index) => ({ index, rest: plus(tax, negate(frac(floors[index] ?? '0'))) }))
    .sort((a, b) => (isLess(b.rest, a.rest) ? -1 : isLess(a.rest, b.rest) ? 1 : a.index - b.index));
  const lifted = new Set<number>();
  for (const { index } of order)
    if (missing > 0) {
      lifted.add(index);
      missing -= 1;
    }
  const unit: Fraction = [1n, 10n ** BigInt(digits)];
  return lines.map((line, index) => ({
    ...line,
    tax: text(lifted.has(index) ? plus(frac(floors[index] ?? '0'), unit) : frac(floors[index] ?? '0')),
  }));
}

/**
 * Whether all that the spreading moved are taxes of exactly half a minor unit: then another rounding mode gives the same
 * invoice, and no judge could know which of the two was planted.
 */
function isOnlyTies(lines: readonly LineText[], spread: readonly LineText[], digits: number): boolean {
  return lines.every((line, index) => {
    const exact = times(frac(netText(line)), [21n, 100n]);
    const halves = exact[0] * 2n * 10n ** BigInt(digits);
    const isTie = halves % exact[1] === 0n && (halves / exact[1]) % 2n !== 0n;
    const own = rounded(exact, digits);
    return isTie || isSame(frac(own), frac(spread[index]?.tax ?? own));
  });
}

const wholePlants: Partial<Record<Cause, Plant>> = {
  'rounding.level': (random, at) => ({
    documents: (clean) => {
      for (let attempt = 0; attempt < 500; attempt += 1) {
        const lines = [
          ...clean,
          ...Array.from({ length: random.int(2, 9) }, (_unused, index) => ({
            ...seats(random, `r${index}`, at),
            product: `p${index}`,
          })),
        ];
        if (isSame(frac(taxByLine(lines, at.currency)), frac(taxOnce(lines, at.currency)))) continue;
        if (random.chance(50)) {
          return {
            legacy: [document(at, 'L', renamed(lines, 'l:'), { tax: 'document', taxOf: taxByLine })],
            solvimon: [document(at, 'S', renamed(lines, 's:'), { tax: 'document', taxOf: taxOnce })],
          };
        }
        const spread = taxSpread(lines, at.currency);
        if (isOnlyTies(lines, spread, at.digits)) continue;
        return {
          legacy: [document(at, 'L', renamed(lines, 'l:'))],
          solvimon: [document(at, 'S', renamed(spread, 's:'))],
        };
      }
      throw new Error('no draw rounds apart');
    },
  }),
  'discount.scope': (random, at) => ({
    documents: (clean) => {
      const [a, b] = [seats(random, 'a', at), { ...seats(random, 'b', at), product: 'addon' }];
      const percent = String(random.int(5, 40));
      const lower = (line: LineText) =>
        withDiscount(
          line,
          percentOf(line.amount, percent),
          at.digits,
          random.chance(50) ? { discountRate: decimalText(percent) } : {},
        );
      return twoDocuments(at, [...clean, lower(a), lower(b)], [...clean, lower(a), b]);
    },
  }),
  'discount.order': (random, at) => ({
    documents: (clean) => {
      const line = { ...seats(random, 'a', at), taxRate: null };
      const percent = String(random.int(5, 40));
      const fixed = price(random, 20, at.digits);
      const [first, last] = [
        percentOf(line.amount, percent),
        percentOf(money(plus(frac(line.amount), negate(frac(fixed))), at.digits), percent),
      ];
      if (money(first, at.digits) === money(last, at.digits)) return wholeOf('discount.order', random, at)(clean);
      const twin = (first: 'percent' | 'fixed'): readonly LineText[] => {
        const base = first === 'percent' ? frac(line.amount) : plus(frac(line.amount), negate(frac(fixed)));
        const off = money(negate(times(base, times(frac(percent), [1n, 100n]))), at.digits);
        return [
          line,
          {
            truth: 'd1',
            product: 'seat',
            kind: 'discount',
            amount: off,
            appliesTo: 'a',
            facts: { discountRate: decimalText(percent) },
          },
          { truth: 'd2', product: 'seat', kind: 'discount', amount: `-${fixed}`, appliesTo: 'a' },
        ];
      };
      const mark = (lines: readonly LineText[], side: string) =>
        lines.map((one) => ({
          ...one,
          truth: `${side}${one.truth}`,
          ...(one.appliesTo !== undefined && { appliesTo: `${side}${one.appliesTo}` }),
        }));
      return {
        legacy: [document(at, 'L', mark([...clean, ...twin('percent')], 'l:'))],
        solvimon: [document(at, 'S', mark([...clean, ...twin('fixed')], 's:'))],
      };
    },
  }),
  'period.other_cycle': (random, at) => ({
    documents: (clean) => {
      const line = seatPair(random, at);
      const both = twoDocuments(at, [...clean, line], clean);
      return { ...both, solvimonNeighbours: [document(at, 'SN', renamed([line], 'n:'))] };
    },
  }),
  'line.missing_in_solvimon': (random, at) => ({
    documents: (clean) => twoDocuments(at, [...clean, seatPair(random, at)], clean),
  }),
  'line.missing_in_legacy': (random, at) => ({
    documents: (clean) => twoDocuments(at, clean, [...clean, seatPair(random, at)]),
  }),
  'line.duplicate_in_solvimon': (random, at) => ({
    documents: (clean) => {
      const line = seatPair(random, at);
      return twoDocuments(at, [...clean, line], [...clean, line, { ...line, truth: 'copy' }]);
    },
  }),
  'line.duplicate_in_legacy': (random, at) => ({
    documents: (clean) => {
      const line = seatPair(random, at);
      return twoDocuments(at, [...clean, line, { ...line, truth: 'copy' }], [...clean, line]);
    },
  }),
  'invoice.missing_in_solvimon': (random, at) => ({
    documents: (clean) => {
      const line = seatPair(random, at);
      if (random.chance(50)) return { legacy: [document(at, 'L', renamed([...clean, line], 'l:'))], solvimon: [] };
      // A credit note that only legacy has.
      const credit = { ...line, truth: 'credit', amount: `-${line.amount}`, quantity: null, unitPrice: null };
      const both = twoDocuments(at, [...clean, line], [...clean, line]);
      return {
        ...both,
        legacy: [...both.legacy, document(at, 'LC', renamed([credit], 'c:'), { kind: 'credit_note' })],
      };
    },
  }),
  'invoice.missing_in_legacy': (random, at) => ({
    documents: (clean) => ({
      legacy: [],
      solvimon: [document(at, 'S', renamed([...clean, seatPair(random, at)], 's:'))],
    }),
  }),
  'invoice.duplicate_in_solvimon': (random, at) => ({
    documents: (clean) => {
      const lines = [...clean, seatPair(random, at)];
      const both = twoDocuments(at, lines, lines);
      return { ...both, solvimon: [...both.solvimon, document(at, 'S2', renamed(lines, 't:'))] };
    },
  }),
  'invoice.duplicate_in_legacy': (random, at) => ({
    documents: (clean) => {
      const lines = [...clean, seatPair(random, at)];
      const both = twoDocuments(at, lines, lines);
      return { ...both, legacy: [...both.legacy, document(at, 'L2', renamed(lines, 't:'))] };
    },
  }),
  'currency.differs': (random, at) => ({
    documents: (clean) => {
      const lines = [...clean, seatPair(random, at)];
      const both = twoDocuments(at, lines, lines);
      const changed = at.currency === currency('EUR') ? currency('USD') : currency('EUR');
      return { ...both, solvimon: [document({ ...at, currency: changed }, 'S', renamed(lines, 's:'))] };
    },
  }),
  'mapping.unmapped_product': (random, at) => ({
    documents: (clean) => {
      const line = seatPair(random, at);
      return twoDocuments(at, [...clean, line], [...clean, { ...line, product: 'seat-renamed' }]);
    },
  }),
  'mapping.unmapped_customer': (random, at) => ({
    documents: (clean) => {
      const lines = [...clean, seatPair(random, at)];
      const both = twoDocuments(at, lines, lines);
      // A mapping file that has other customers and not this one.
      return {
        ...(random.chance(50) ? { ...both, solvimon: [] } : { ...both, legacy: [] }),
        mapping: othersMapped,
      };
    },
  }),
  'structure.split_line': (random, at) => ({
    documents: (clean) => {
      const { whole, parts } = byHalves(random, at);
      return twoDocuments(at, [...clean, whole], [...clean, ...parts]);
    },
  }),
  'structure.merged_line': (random, at) => ({
    documents: (clean) => {
      const { whole, parts } = byHalves(random, at);
      return twoDocuments(at, [...clean, ...parts], [...clean, whole]);
    },
  }),
  'structure.split_invoice': (random, at) => ({
    documents: (clean) => {
      const { one, several } = onInvoices(random, at, clean, 'S');
      return { legacy: [document(at, 'L', renamed(one, 'l:'))], solvimon: several };
    },
  }),
  'structure.merged_invoice': (random, at) => ({
    documents: (clean) => {
      const { one, several } = onInvoices(random, at, clean, 'L');
      return { legacy: several, solvimon: [document(at, 'S', renamed(one, 's:'))] };
    },
  }),
  'metadata.differs': (random, at) => ({
    documents: (clean) => {
      // A tenth of a thousand is whole in every currency, so that both ways to state the discount come to the same.
      const charge = (truth: string, productName: string): LineText => ({
        truth,
        product: productName,
        amount: String(random.int(1, 90) * 1000),
        taxRate: null,
      });
      const lines = [charge('a', 'seat'), charge('b', 'addon')];
      const tenth = (line: LineText) => text(over(negate(frac(line.amount)), [10n, 1n]));
      const lowered = lines.map((line) => ({ ...line, discount: tenth(line) }));
      const coupon: LineText = {
        truth: 'coupon',
        product: null,
        kind: 'discount',
        amount: text(lines.reduce<Fraction>((sum, line) => plus(sum, frac(tenth(line))), [0n, 1n])),
        taxRate: null,
      };
      return random.chance(50)
        ? twoDocuments(at, [...clean, ...lowered], [...clean, ...lines, coupon])
        : twoDocuments(at, [...clean, ...lines, coupon], [...clean, ...lowered]);
    },
  }),
  ...Object.fromEntries(evidenceCauses.map(([cause, kind, sign]) => [cause, eventPlant(kind, sign)])),
};

const { mapping: othersMapped } = buildMapping({
  customers: [{ legacy: 'old-0', solvimon: 'new-0', place: {} }],
  products: null,
  strict: true,
});

/** One line for October, and the same as two lines that meet in the middle of it. Whole units at a price of whole cents. */
function byHalves(
  random: Random,
  at: Context,
): { readonly whole: LineText; readonly parts: readonly [LineText, LineText] } {
  const middle = monthPart(random).period.start;
  const [first, last] = [random.int(1, 400), random.int(1, 400)];
  const unitPrice = price(random, 60, at.digits);
  const of = (truth: string, count: number, period: Period): LineText => ({
    ...usageLine(truth, String(count), unitPrice, at),
    product: 'split',
    period,
    // Taxes of two halves may round apart from that of the whole: then it would be another fault.
    taxRate: null,
  });
  return {
    whole: of('whole', first + last, october),
    parts: [
      of('first', first, { start: october.start, end: middle }),
      of('last', last, { start: middle, end: october.end }),
    ],
  };
}

/** The lines of one invoice, and the same lines on two or three. */
function onInvoices(
  random: Random,
  at: Context,
  clean: readonly LineText[],
  id: string,
): { readonly one: readonly LineText[]; readonly several: Generated['legacy'] } {
  const more = Array.from({ length: 3 }, (_unused, index) => ({
    ...seats(random, `more${index}`, at),
    product: `more-${index}`,
  }));
  const one = [...clean, ...more];
  const count = random.int(2, 3);
  const several = Array.from({ length: count }, (_unused, part) =>
    document(
      at,
      `${id}${part}`,
      renamed(
        one.filter((_line, index) => index % count === part),
        `${id}${part}:`,
      ),
    ),
  );
  return { one, several };
}

/** Draws a fault of whole documents again. */
function wholeOf(cause: Cause, random: Random, at: Context): Whole['documents'] {
  const planted = wholePlants[cause]?.(random, at);
  if (planted === undefined || !('documents' in planted)) throw new Error(`${cause} is no fault of whole documents`);
  return planted.documents;
}

export const plants: readonly (readonly [Cause, Plant])[] = Object.entries({ ...linePlants, ...wholePlants }) as [
  Cause,
  Plant,
][];

/** Lines that both systems bill alike, under product names that no plant uses. */
function cleanLines(random: Random, at: Context): readonly LineText[] {
  return Array.from({ length: random.int(1, 6) }, (_unused, index) => ({
    ...seats(random, `clean${index}`, at),
    product: `clean-${index}`,
  }));
}

/** One customer with a planted cause (null: clean). Currencies of two, none and three digits. */
export function plant(random: Random, customer: string, cause: Cause | null): Planted {
  const code = currency(random.pick(['EUR', 'EUR', 'EUR', 'USD', 'JPY', 'KWD']));
  const at: Context = { customer, digits: currencyDigits(code), currency: code };
  const clean = cleanLines(random, at);
  if (cause === null)
    return { cause, case: { customer, ...twoDocuments(at, random.shuffle(clean), random.shuffle(clean)) } };
  const found = plants.find(([name]) => name === cause);
  if (found === undefined) throw new Error(`nothing plants ${cause}`);
  const planted = found[1](random, at);
  if ('documents' in planted) return { cause, case: { customer, ...planted.documents(clean) } };
  return {
    cause,
    case: {
      customer,
      ...twoDocuments(at, random.shuffle([...clean, planted.legacy]), random.shuffle([...clean, planted.solvimon])),
    },
  };
}
