import { decimalText } from '../../model/money.js';
import { type Case, hasRow, withAdded, withRow, withoutRow } from '../case.js';
import { type BilledCurrency, priceLists, workflowBounds } from '../catalogue.js';
import type { Charge, Price } from '../charge.js';
import { addedSeatsFrom, dayOf, tiersOf } from '../contracts.js';
import type { Plant } from '../plant.js';

/** Seat prices of the list before, by currency. */
const lastYearsSeat: Readonly<Record<BilledCurrency, string>> = {
  EUR: '11.5',
  USD: '12.9',
  GBP: '9.95',
  JPY: '1800',
  KWD: '3.95',
};

const asPrice =
  (price: (charge: Charge) => Price) =>
  (charge: Charge): Charge => ({ ...charge, price: price(charge) });

const isFree = (one: Case) => !one.input.customer.hasMinimum;

/** Prices and what belongs to them, entered wrongly in Solvimon. */
export const pricePlants: readonly Plant[] = [
  {
    name: 'french-tier-boundary',
    cause: 'price.tier_boundary',
    sentence:
      'The Growth plan for France was entered with a first tier up to 20,000 calls where the contract says 25,000.',
    who: 'everybody',
    count: 0,
    fits: ({ input }) => input.customer.country === 'FR' && input.customer.plan === 'growth',
    apply: (one) =>
      withRow(
        one,
        'solvimon',
        'api',
        asPrice(() => ({
          model: 'graduated',
          tiers: tiersOf(['20000', '250000'], priceLists[one.input.currency].api),
        })),
      ),
  },
  {
    name: 'dinar-price-rounded',
    cause: 'rounding.price_precision',
    sentence: 'Dinar prices were entered with three decimals, so 0.0125 a message became 0.013.',
    who: 'everybody',
    count: 0,
    fits: (one) => one.input.customer.country === 'KW' && hasRow(one, 'sms'),
    apply: (one) =>
      withRow(
        one,
        'solvimon',
        'sms',
        asPrice(({ price }) => (price.model === 'included' ? { ...price, unit: decimalText('0.013') } : price)),
      ),
  },
  {
    name: 'old-seat-price',
    cause: 'price.unit_price',
    sentence: 'The seat price of last year was migrated.',
    who: 'lasting',
    count: 2,
    fits: (one) => hasRow(one, 'seats'),
    apply: (one) =>
      withRow(
        one,
        'solvimon',
        'seats',
        asPrice(() => ({
          model: 'unit',
          unit: decimalText(lastYearsSeat[one.input.currency]),
        })),
      ),
  },
  {
    name: 'storage-priced-by-part',
    cause: 'price.tier_mode',
    sentence: 'Storage is priced as a whole at the tier reached; Solvimon prices each tier for its part.',
    who: 'lasting',
    count: 2,
    fits: (one) => one.input.customer.plan === 'business' && hasRow(one, 'storage') && isFree(one),
    apply: (one) =>
      withRow(
        one,
        'solvimon',
        'storage',
        asPrice(({ price }) => (price.model === 'volume' ? { model: 'graduated', tiers: price.tiers } : price)),
      ),
  },
  {
    name: 'stairs-added-up',
    cause: 'price.tier_mode',
    sentence: 'The fees of the workflow bands were copied as they are, and Solvimon adds up the steps.',
    who: 'lasting',
    count: 1,
    fits: (one) => hasRow(one, 'workflows') && isFree(one),
    apply: (one) =>
      withRow(
        one,
        'solvimon',
        'workflows',
        asPrice(() => ({
          model: 'cumulative',
          tiers: tiersOf(workflowBounds, priceLists[one.input.currency].workflows),
        })),
      ),
  },
  {
    name: 'free-messages-forgotten',
    cause: 'price.included_volume',
    sentence: 'The free messages of the plan were not set up.',
    who: 'lasting',
    count: 1,
    fits: (one) => hasRow(one, 'sms') && isFree(one),
    apply: (one) =>
      withRow(
        one,
        'solvimon',
        'sms',
        asPrice(({ price }) => (price.model === 'included' ? { model: 'unit', unit: price.unit } : price)),
      ),
  },
  {
    name: 'minimum-forgotten',
    cause: 'price.minimum_commitment',
    sentence: 'The minimum that was agreed was not set up.',
    who: 'lasting',
    count: 1,
    fits: (one) => hasRow(one, 'minimum'),
    apply: (one) => withoutRow(one, 'solvimon', 'minimum'),
  },
  {
    name: 'begun-block-in-part',
    cause: 'price.block_size',
    sentence: 'Exports are sold in blocks of 1,000 rows; Solvimon bills the last block in part.',
    who: 'lasting',
    count: 1,
    fits: (one) => hasRow(one, 'exports') && isFree(one),
    apply: (one) =>
      withRow(
        one,
        'solvimon',
        'exports',
        asPrice(({ price }) => (price.model === 'blocks' ? { ...price, isWhole: false } : price)),
      ),
  },
  {
    name: 'rate-of-another-day',
    cause: 'fx.rate',
    sentence: 'Solvimon converts the dollar price at the rate of another day.',
    who: 'lasting',
    count: 2,
    fits: (one) => hasRow(one, 'connector'),
    apply: (one) =>
      withRow(
        one,
        'solvimon',
        'connector',
        asPrice(({ price }) => (price.model === 'foreign' ? { ...price, rate: decimalText('0.9174') } : price)),
      ),
  },
  {
    name: 'amount-typed-by-hand',
    cause: 'unexplained',
    sentence: 'Somebody changed the amount by hand; no number on the invoice says why.',
    who: 'each_cycle',
    count: 1,
    fits: (one) => hasRow(one, 'support'),
    apply: (one) => withRow(one, 'solvimon', 'support', (charge) => ({ ...charge, adjustment: decimalText('37') })),
  },
  {
    name: 'fee-raised-without-trace',
    cause: 'unexplained',
    sentence: 'The fee was raised in Solvimon and no price, quantity or discount on the invoice shows it.',
    who: 'lasting',
    count: 3,
    cohort: 'de-growth',
    fits: ({ input }) => input.customer.coupons.length === 0,
    apply: (one) => withRow(one, 'solvimon', 'fee', (charge) => ({ ...charge, adjustment: decimalText('61.4') })),
  },
];

/** A part of a month billed as another part. */
export const prorationPlants: readonly Plant[] = [
  {
    name: 'first-day-not-counted',
    cause: 'proration.day_count',
    sentence: 'Solvimon does not count the day on which the seats were added.',
    who: 'each_cycle',
    count: 1,
    fits: (one) => hasRow(one, 'seats') && !hasRow(one, 'added-seats'),
    apply: (one, random) => {
      const seats = addedSeatsFrom(one.input, random.int(6, 20), random.int(2, 5), one.input.cycle);
      const share = seats.share === null ? null : { days: seats.share.days - 1, of: seats.share.of };
      return withAdded(withAdded(one, 'legacy', seats), 'solvimon', { ...seats, share });
    },
  },
  {
    name: 'part-month-billed-whole',
    cause: 'proration.missing',
    sentence: 'Solvimon bills the added seats for the whole month.',
    who: 'each_cycle',
    count: 1,
    fits: (one) => hasRow(one, 'seats') && !hasRow(one, 'added-seats'),
    apply: (one, random) => {
      const seats = addedSeatsFrom(one.input, random.int(6, 20), random.int(2, 5), one.input.cycle);
      return withAdded(withAdded(one, 'legacy', seats), 'solvimon', { ...seats, share: null });
    },
  },
  {
    name: 'whole-month-billed-in-part',
    cause: 'proration.extra',
    sentence: 'The subscription was moved to another billing day, and Solvimon bills the fee for 20 days only.',
    who: 'each_cycle',
    count: 1,
    fits: ({ input }) => input.customer.plan === 'team' && input.customer.coupons.length === 0,
    apply: (one) => {
      const days = Number(dayOf(one.input.cycle, 0, 2).slice(8));
      return withRow(one, 'solvimon', 'fee', (charge) => ({ ...charge, share: { days: 20, of: days } }));
    },
  },
];
