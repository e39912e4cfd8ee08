import { decimalText } from '../../model/money.js';
import { type Case, hasRow, percentOff, withCharges, withCoupons, withRow } from '../case.js';
import { countries, priceLists } from '../catalogue.js';
import type { Charge, Discount, Vat } from '../charge.js';
import type { Plant } from '../plant.js';

const launch = percentOff('LAUNCH10', '10');

const isTaxed = (one: Case) => countries[one.input.customer.country].vat !== '0';
const isUndiscounted = (one: Case) => one.input.customer.coupons.length === 0;
const isSubscription = (one: Case) => one.input.customer.plan === 'team' || one.input.customer.plan === 'growth';

/** Coupons. The customers get theirs here, in both systems, before Solvimon's is changed. */
export const discountPlants: readonly Plant[] = [
  {
    name: 'coupon-not-migrated',
    cause: 'discount.missing',
    sentence: 'The coupon LAUNCH10 was not migrated.',
    who: 'lasting',
    count: 2,
    fits: (one) => isSubscription(one) && isUndiscounted(one),
    apply: (one) => withRow(withCoupons(one, [launch]), 'solvimon', 'fee', (charge) => ({ ...charge, discounts: [] })),
  },
  {
    name: 'coupon-of-fifteen-percent',
    cause: 'discount.rate',
    sentence: 'The coupon LAUNCH10 was created in Solvimon with 15 percent.',
    who: 'lasting',
    count: 1,
    fits: (one) => isSubscription(one) && isUndiscounted(one),
    apply: (one) =>
      withRow(withCoupons(one, [launch]), 'solvimon', 'fee', (charge) => ({
        ...charge,
        discounts: [percentOff('LAUNCH10', '15')],
      })),
  },
  {
    name: 'coupon-on-everything',
    cause: 'discount.scope',
    sentence: 'The coupon is for the fee; in Solvimon it applies to the seats as well.',
    who: 'lasting',
    count: 1,
    fits: (one) => isSubscription(one) && isUndiscounted(one) && hasRow(one, 'seats'),
    apply: (one) =>
      withRow(withCoupons(one, [launch]), 'solvimon', 'seats', (charge) => ({ ...charge, discounts: [launch] })),
  },
  {
    name: 'coupons-in-another-order',
    cause: 'discount.order',
    sentence: 'Solvimon takes the fixed amount off before the percentage, the old system after it.',
    who: 'lasting',
    count: 1,
    fits: (one) => isSubscription(one) && isUndiscounted(one),
    apply: (one) => {
      const welcome: Discount = { name: 'WELCOME', off: decimalText(priceLists[one.input.currency].welcome) };
      const percent = percentOff('PARTNER15', '15');
      return withRow(withCoupons(one, [percent, welcome]), 'solvimon', 'fee', (charge) => ({
        ...charge,
        discounts: [welcome, percent],
      }));
    },
  },
];

const withVat = (one: Case, change: Partial<Vat>) =>
  withCharges(one, 'solvimon', (charges) =>
    charges.map((charge): Charge => ({ ...charge, vat: { ...charge.vat, ...change } })),
  );

export const taxPlants: readonly Plant[] = [
  {
    name: 'no-irish-registration',
    cause: 'tax.missing',
    sentence: 'Solvimon has no VAT registration for Ireland, so Irish customers are billed without tax.',
    who: 'everybody',
    count: 0,
    cohort: 'ireland',
    fits: () => true,
    apply: (one) => withVat(one, { rate: decimalText('0') }),
  },
  {
    name: 'vat-of-2020',
    cause: 'tax.rate',
    sentence: 'The tax code of 2020 is still set: 16 percent where 19 are due.',
    who: 'lasting',
    count: 1,
    fits: (one) => one.input.customer.country === 'DE' && isSubscription(one),
    apply: (one) => withVat(one, { rate: decimalText('16') }),
  },
  {
    name: 'tax-before-discount',
    cause: 'tax.base',
    sentence: 'Solvimon takes the tax on the fee before its discount.',
    who: 'lasting',
    count: 1,
    fits: (one) => isTaxed(one) && isSubscription(one) && isUndiscounted(one),
    apply: (one) =>
      withRow(withCoupons(one, [launch]), 'solvimon', 'fee', (charge) => ({
        ...charge,
        vat: { ...charge.vat, base: 'full' },
      })),
  },
  {
    name: 'prices-with-tax-inside',
    cause: 'tax.inclusive',
    sentence: 'The plan was created for consumers, so Solvimon reads its prices as containing the tax.',
    who: 'lasting',
    count: 1,
    fits: (one) => isTaxed(one) && one.input.customer.plan === 'team' && isUndiscounted(one),
    apply: (one) => withVat(one, { isIncluded: true }),
  },
];

export const roundingPlants: readonly Plant[] = [
  {
    name: 'half-to-even-in-sterling',
    cause: 'rounding.mode',
    sentence: 'The sterling price list rounds halves to even, the old system rounds them up.',
    who: 'everybody',
    count: 0,
    fits: (one) => one.input.currency === 'GBP' && hasRow(one, 'sms'),
    apply: (one) => withRow(one, 'solvimon', 'sms', (charge) => ({ ...charge, rounding: 'half_even' })),
  },
  {
    name: 'tax-rounded-once',
    cause: 'rounding.level',
    sentence: 'Solvimon rounds the tax of the invoice once, the old system that of each line.',
    who: 'each_cycle',
    count: 3,
    fits: (one) =>
      one.input.currency === 'EUR' && isUndiscounted(one) && (hasRow(one, 'api') || hasRow(one, 'added-seats')),
    apply: (one) => withVat(one, { rounding: 'document' }),
  },
];
