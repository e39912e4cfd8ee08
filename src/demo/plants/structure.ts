import { invariant } from '../../model/invariant.js';
import { decimalText, toDecimal, toDecimalText } from '../../model/money.js';
import { type Case, type CaseSide, hasRow, rowOf, withCharges, withDocuments } from '../case.js';
import { codeOf, countries } from '../catalogue.js';
import type { BillDocument, Charge } from '../charge.js';
import { charge, invoice, onboardingOn } from '../contracts.js';
import type { Plant } from '../plant.js';

/** Halves of a fee must add up to it without a rounding of the tax in between. */
const isUntaxed = (one: Case) => countries[one.input.customer.country].vat === '0';
const hasPlainFee = (one: Case) => isUntaxed(one) && one.input.customer.coupons.length === 0;

/** The same money in another shape: no difference, but worth a note. */
export const structurePlants: readonly Plant[] = [
  {
    name: 'fee-in-two-parts',
    cause: 'structure.split_line',
    sentence: 'A change of plan inside the month makes Solvimon print the fee in two parts.',
    who: 'each_cycle',
    count: 1,
    isWithoutMoney: true,
    fits: hasPlainFee,
    apply: (one) => inTwoParts(one, 'solvimon'),
  },
  {
    name: 'legacy-fee-in-two-parts',
    cause: 'structure.merged_line',
    sentence: 'The old system prints the fee in two parts, Solvimon as one.',
    who: 'each_cycle',
    count: 1,
    isWithoutMoney: true,
    fits: hasPlainFee,
    apply: (one) => inTwoParts(one, 'legacy'),
  },
  {
    name: 'one-invoice-per-subscription',
    cause: 'structure.split_invoice',
    sentence: 'Solvimon writes one invoice per subscription, the old system one for both.',
    who: 'each_cycle',
    count: 1,
    isWithoutMoney: true,
    fits: (one) => hasRow(one, 'api'),
    apply: (one) => inTwoInvoices(one, 'solvimon'),
  },
  {
    name: 'legacy-invoice-for-usage',
    cause: 'structure.merged_invoice',
    sentence: 'The old system bills usage apart, Solvimon combines it with the fee.',
    who: 'each_cycle',
    count: 1,
    isWithoutMoney: true,
    fits: (one) => hasRow(one, 'api'),
    apply: (one) => inTwoInvoices(one, 'legacy'),
  },
  {
    name: 'invoice-dated-a-day-later',
    cause: 'metadata.differs',
    sentence: 'Solvimon dates the invoice a day after the old system.',
    who: 'each_cycle',
    count: 1,
    isWithoutMoney: true,
    fits: ({ input }) => input.customer.plan === 'team',
    apply: (one) => withDocuments(one, 'solvimon', (docs) => docs.map((doc) => ({ ...doc, issuedAfterDays: 1 }))),
  },
];

/** The fee until the 15th and from the 16th on, at a share of the price each. */
function inTwoParts(one: Case, side: CaseSide): Case {
  const fee = rowOf(one, 'fee');
  invariant(fee.price.model === 'unit', 'a fee has a unit price');
  // Whole units of the price for the first part; the second takes the rest.
  const first = toDecimal(fee.price.unit).div(2).floor();
  const second = toDecimal(fee.price.unit).minus(first);
  const middle = `${fee.from.slice(0, 8)}16`;
  const part = (unit: typeof first, period: Pick<Charge, 'from' | 'to'>): Charge => ({
    ...fee,
    ...period,
    price: { model: 'unit', unit: toDecimalText(unit) },
  });
  return withCharges(one, side, (charges) =>
    charges.flatMap((each) =>
      each.row === 'fee'
        ? [part(first, { from: fee.from, to: middle }), part(second, { from: middle, to: fee.to })]
        : [each],
    ),
  );
}

function inTwoInvoices(one: Case, side: CaseSide): Case {
  return withDocuments(one, side, (documents) =>
    documents.flatMap((document) => {
      const isUsage = (each: Charge) => each.kind === 'usage' || each.kind === 'minimum';
      return [
        { ...document, charges: document.charges.filter((each) => !isUsage(each)) },
        { ...document, charges: document.charges.filter(isUsage) },
      ];
    }),
  );
}

const inSolvimon = (name: string, count: number, sentence: string, change: Partial<BillDocument>): Plant => ({
  name,
  cause: null,
  sentence,
  who: 'each_cycle',
  count,
  fits: () => true,
  apply: (one) => withDocuments(one, 'solvimon', (documents) => documents.map((each) => ({ ...each, ...change }))),
});

/** What every real cycle has as well and no reconciler may call a difference. */
export const situations: readonly Plant[] = [
  inSolvimon('draft-not-on-hold', 3, 'A Solvimon draft is not on hold and may still change.', { isOnHold: false }),
  inSolvimon('waiting-for-reprocessing', 1, 'Solvimon still has to compute this invoice again.', {
    isToBeReprocessed: true,
  }),
  inSolvimon('held-by-validation', 1, 'Solvimon holds this invoice back because its validation failed.', {
    isHeldByValidation: true,
  }),
  {
    ...inSolvimon('final-in-a-shadow-cycle', 2, 'Solvimon made this shadow invoice final: the customer gets two.', {
      isFinal: true,
    }),
    cohort: 'de-growth',
  },
  {
    ...inSolvimon('proforma-in-legacy', 1, 'The old system has not posted this invoice yet.', {}),
    apply: (one) => withDocuments(one, 'legacy', (docs) => docs.map((doc) => ({ ...doc, state: 'proforma' }))),
  },
  {
    ...inSolvimon('void-and-posted-again', 4, 'The old system cancelled a first version with a seat too many.', {}),
    fits: (one) => hasRow(one, 'seats'),
    apply: (one) => withDocuments(one, 'legacy', (documents) => [...documents.map(firstVersion), ...documents]),
  },
  {
    ...inSolvimon(
      'two-sites-two-pairings',
      1,
      'Two invoices on each side, and two ways to pair them that fit alike.',
      {},
    ),
    fits: ({ input }) => input.customer.plan === 'team' && input.currency === 'USD',
    apply: twoSites,
  },
];

function firstVersion(document: BillDocument): BillDocument {
  return {
    ...document,
    pair: 'void',
    state: 'void',
    charges: document.charges.map((each) =>
      each.row === 'seats' ? { ...each, quantity: toDecimalText(toDecimal(each.quantity).plus(1)) } : each,
    ),
  };
}

/** Legacy 500 + 500 and 600 + 600, Solvimon 600 + 500 and 500 + 600: whichever way, one pair is 100 over and one 100 under. */
function twoSites(one: Case): Case {
  const site = (name: string, setUp: string, support: string) => {
    const day = onboardingOn(one.input, 12);
    const contract = charge(one.input, {
      row: 'support',
      product: 'support',
      kind: 'fee',
      quantity: decimalText('1'),
      price: { model: 'unit', unit: decimalText(support) },
    });
    return invoice(
      codeOf(one.input.currency),
      [{ ...day, price: { model: 'unit', unit: decimalText(setUp) } }, contract],
      name,
    );
  };
  return {
    ...one,
    isAmbiguous: true,
    legacy: [site('site-1', '500', '500'), site('site-2', '600', '600')],
    solvimon: [site('site-1', '600', '500'), site('site-2', '500', '600')],
  };
}
