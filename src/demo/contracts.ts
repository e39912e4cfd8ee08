import type { CycleId } from '../model/ids.js';
import { decimalText, type DecimalText, toDecimal, toDecimalText } from '../model/money.js';
import type { Customer } from './business.js';
import {
  apiBounds,
  type BilledCurrency,
  blockSize,
  codeOf,
  connectorUsd,
  countries,
  dollarRates,
  includedMessages,
  type Meter,
  priceLists,
  storageBounds,
  workflowBounds,
} from './catalogue.js';
import type { BillDocument, Charge, Discount, Tier, Vat } from './charge.js';
import type { Random } from './random.js';
import { rate } from './rate.js';

/** What the meters counted for one customer in one cycle, as decimal text. */
export type Counted = Readonly<Partial<Record<Meter, DecimalText>>>;

/** Day "YYYY-MM-DD" of a cycle's month, or of the month `monthsLater` after it. */
export function dayOf(cycle: CycleId, day: number, monthsLater = 0): string {
  const [year = 0, month = 0] = cycle.split('-').map(Number);
  return new Date(Date.UTC(year, month - 1 + monthsLater, day)).toISOString().slice(0, 10);
}

/** Days of a cycle's month. */
export function daysIn(cycle: CycleId): number {
  return Number(dayOf(cycle, 0, 1).slice(8));
}

/** This month's counts: the usual month, a fifth more or less. Storage is counted in tenths. */
export function countUsage(customer: Customer, random: Random): Counted {
  return Object.fromEntries(
    Object.entries(customer.usage).map(([meter, usual]) => {
      const count = Math.trunc((usual * random.int(80, 120)) / 100);
      return [meter, decimalText(meter === 'storage' ? `${count}.${random.int(0, 9)}` : String(count))];
    }),
  );
}

export type BillInput = {
  readonly customer: Customer;
  readonly cycle: CycleId;
  readonly counted: Counted;
  /** The currency whose price list is used. */
  readonly currency: BilledCurrency;
  readonly random: Random;
};

/** The one invoice that a contract gives for a cycle: usage of the cycle's month, fees of the month after. */
export function mainInvoice(input: BillInput): BillDocument {
  const usage = usageCharges(input);
  return invoice(codeOf(input.currency), [...feeCharges(input), ...usage, ...topUp(input, usage)]);
}

/** An ordinary document: posted in the old system, a draft on hold in Solvimon. */
export function invoice(currency: BillDocument['currency'], charges: readonly Charge[], pair = 'main'): BillDocument {
  return {
    pair,
    kind: 'invoice',
    currency,
    charges,
    state: 'final',
    isOnHold: true,
    isFinal: false,
    isToBeReprocessed: false,
    isHeldByValidation: false,
    issuedAfterDays: 0,
  };
}

/** A charge with everything that is usual filled in. */
export function charge(
  input: BillInput,
  given: Pick<Charge, 'row' | 'product' | 'kind' | 'quantity' | 'price'>,
): Charge {
  const isAdvance = given.kind === 'fee' || given.kind === 'seat';
  return {
    ...given,
    from: dayOf(input.cycle, 1, isAdvance ? 1 : 0),
    to: dayOf(input.cycle, 1, isAdvance ? 2 : 1),
    cut: 'local',
    share: null,
    discounts: [],
    vat: vatOf(input.customer),
    rounding: 'half_up',
    adjustment: null,
  };
}

function vatOf(customer: Customer): Vat {
  return {
    rate: decimalText(countries[customer.country].vat),
    base: 'discounted',
    isIncluded: false,
    rounding: 'line',
  };
}

const one = decimalText('1');

function feeCharges(input: BillInput): readonly Charge[] {
  const { customer } = input;
  const list = priceLists[input.currency];
  const unit = (text: string) => ({ model: 'unit', unit: decimalText(text) }) as const;
  const charges: Charge[] = [
    {
      ...charge(input, {
        row: 'fee',
        product: customer.plan,
        kind: 'fee',
        quantity: one,
        price: unit(list.fee[customer.plan]),
      }),
      discounts: discountsOf(input),
    },
  ];
  const seats = decimalText(String(customer.seats));
  if (customer.seats > 0)
    charges.push(
      charge(input, { row: 'seats', product: 'seat', kind: 'seat', quantity: seats, price: unit(list.seat) }),
    );
  if (customer.hasSupport)
    charges.push(
      charge(input, { row: 'support', product: 'support', kind: 'fee', quantity: one, price: unit(list.support) }),
    );
  if (customer.hasConnector)
    charges.push(
      charge(input, {
        row: 'connector',
        product: 'connector',
        kind: 'fee',
        quantity: one,
        price: {
          model: 'foreign',
          amount: connectorUsd,
          currency: codeOf('USD'),
          rate: dollarRates[input.cycle] ?? one,
        },
      }),
    );
  return [...charges, ...addedSeats(input), ...onboarding(input)];
}

function discountsOf({ customer, currency }: BillInput): readonly Discount[] {
  return customer.coupons.map((coupon) =>
    coupon.percent === null
      ? { name: coupon.name, off: decimalText(priceLists[currency].welcome) }
      : { name: coupon.name, percent: decimalText(coupon.percent) },
  );
}

/** Seats that came in the middle of the month, billed for the rest of it. */
function addedSeats(input: BillInput): readonly Charge[] {
  const { customer, cycle } = input;
  const random = input.random.fork('added seats');
  if (customer.seats === 0 || !random.chance(6)) return [];
  return [addedSeatsFrom(input, random.int(4, 26), random.int(1, 4), cycle)];
}

/** Seats added on `day` of a cycle, for the days that were left. */
export function addedSeatsFrom(input: BillInput, day: number, seats: number, cycle: CycleId): Charge {
  return {
    ...charge(input, {
      row: 'added-seats',
      product: 'seat',
      kind: 'seat',
      quantity: decimalText(String(seats)),
      price: { model: 'unit', unit: decimalText(priceLists[input.currency].seat) },
    }),
    from: dayOf(cycle, day),
    to: dayOf(cycle, 1, 1),
    share: { days: daysIn(cycle) - day + 1, of: daysIn(cycle) },
  };
}

function onboarding(input: BillInput): readonly Charge[] {
  const random = input.random.fork('onboarding');
  if (input.customer.plan === 'developer' || !random.chance(2)) return [];
  return [onboardingOn(input, random.int(2, 25))];
}

/** A one-time charge on a day of the cycle. */
export function onboardingOn(input: BillInput, day: number): Charge {
  return {
    ...charge(input, {
      row: 'onboarding',
      product: 'onboarding',
      kind: 'one_time',
      quantity: one,
      price: { model: 'unit', unit: decimalText(priceLists[input.currency].onboarding) },
    }),
    from: dayOf(input.cycle, day),
    to: dayOf(input.cycle, day + 1),
  };
}

function usageCharges(input: BillInput): readonly Charge[] {
  const { counted, customer } = input;
  const list = priceLists[input.currency];
  const prices = {
    api: { model: 'graduated', tiers: tiersOf(apiBounds, list.api) },
    storage: { model: 'volume', tiers: tiersOf(storageBounds, list.storage) },
    sms: {
      model: 'included',
      unit: decimalText(list.sms),
      included: includedMessages[customer.plan] ?? decimalText('0'),
    },
    exports: { model: 'blocks', unit: decimalText(list.exports), size: blockSize, isWhole: true },
    workflows: { model: 'stair', tiers: tiersOf(workflowBounds, list.workflows) },
  } as const satisfies Record<Meter, Charge['price']>;
  return (Object.keys(prices) as Meter[]).flatMap((meter) => {
    const quantity = counted[meter];
    return quantity === undefined
      ? []
      : [charge(input, { row: meter, product: meter, kind: 'usage', quantity, price: prices[meter] })];
  });
}

/** Tiers between the bounds; the last one has no end. */
export function tiersOf(bounds: readonly string[], prices: readonly string[]): readonly Tier[] {
  return prices.map((price, index) => {
    const [from, to] = [index === 0 ? '0' : bounds[index - 1], bounds[index]];
    return {
      from: decimalText(from ?? '0'),
      to: to === undefined ? null : decimalText(to),
      price: decimalText(price),
    };
  });
}

/** What is missing to the minimum that was agreed for a month's usage. */
function topUp(input: BillInput, usage: readonly Charge[]): readonly Charge[] {
  if (!input.customer.hasMinimum) return [];
  const minimum = toDecimal(decimalText(priceLists[input.currency].minimum));
  const used = usage.reduce(
    (sum, one2) => sum.plus(rate(one2, codeOf(input.currency)).net),
    toDecimal(decimalText('0')),
  );
  if (used.greaterThanOrEqualTo(minimum)) return [];
  return [
    charge(input, {
      row: 'minimum',
      product: 'minimum',
      kind: 'minimum',
      quantity: one,
      price: { model: 'top_up', amount: toDecimalText(minimum.minus(used)), minimum: toDecimalText(minimum) },
    }),
  ];
}

/** A goodwill credit on last month's fee. */
export function goodwill(input: BillInput): BillDocument {
  const credit = charge(input, {
    row: 'goodwill',
    product: input.customer.plan,
    kind: 'fee',
    quantity: one,
    price: { model: 'unit', unit: decimalText(priceLists[input.currency].goodwill) },
  });
  return {
    ...invoice(
      codeOf(input.currency),
      [{ ...credit, from: dayOf(input.cycle, 1), to: dayOf(input.cycle, 1, 1) }],
      'credit',
    ),
    kind: 'credit_note',
  };
}
