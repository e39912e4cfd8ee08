import { hasUsage } from '../business.js';
import { hasRow, rowOf, withAdded, withDocuments, withoutRow } from '../case.js';
import { priceLists } from '../catalogue.js';
import { charge, goodwill, mainInvoice, onboardingOn } from '../contracts.js';
import { decimalText } from '../../model/money.js';
import type { Plant } from '../plant.js';

/** Invoices and lines that only one system has, or has twice. */
export const existencePlants: readonly Plant[] = [
  {
    name: 'subscription-not-migrated',
    cause: 'invoice.missing_in_solvimon',
    sentence: 'The subscription was never created in Solvimon, so there is no invoice.',
    who: 'each_cycle',
    count: 1,
    fits: ({ input }) => input.customer.plan === 'team',
    apply: (one) => withDocuments(one, 'solvimon', () => []),
  },
  {
    name: 'credit-note-not-repeated',
    cause: 'invoice.missing_in_solvimon',
    sentence: 'Support gave a goodwill credit in the old system only.',
    who: 'each_cycle',
    count: 1,
    fits: ({ input }) => input.customer.plan === 'team' || input.customer.plan === 'growth',
    apply: (one) => withDocuments(one, 'legacy', (documents) => [...documents, goodwill(one.input)]),
  },
  {
    name: 'cancelled-in-legacy-only',
    cause: 'invoice.missing_in_legacy',
    sentence: 'The contract was ended in the old system and goes on in Solvimon.',
    who: 'each_cycle',
    count: 1,
    fits: ({ input }) => input.customer.plan === 'starter' || input.customer.plan === 'team',
    apply: (one) => withDocuments(one, 'legacy', () => []),
  },
  {
    name: 'subscription-created-twice',
    cause: 'invoice.duplicate_in_solvimon',
    sentence: 'The import ran twice for these customers: two subscriptions, two invoices.',
    who: 'lasting',
    count: 2,
    cohort: 'de-growth',
    fits: ({ input }) => input.customer.seats < 15 && !input.customer.hasConnector && !input.customer.hasSupport,
    apply: (one) =>
      withDocuments(one, 'solvimon', (docs) => [...docs, ...docs.map((doc) => ({ ...doc, pair: 'copy' }))]),
  },
  {
    name: 'posted-twice-in-legacy',
    cause: 'invoice.duplicate_in_legacy',
    sentence: 'The old system posted the invoice a second time under a new number.',
    who: 'each_cycle',
    count: 1,
    fits: ({ input }) => input.customer.plan === 'starter' || input.customer.plan === 'team',
    apply: (one) => withDocuments(one, 'legacy', (docs) => [...docs, ...docs.map((doc) => ({ ...doc, pair: 'copy' }))]),
  },
  {
    name: 'support-left-out',
    cause: 'line.missing_in_solvimon',
    sentence: 'The support contract was left out of the Solvimon subscription.',
    who: 'lasting',
    count: 1,
    fits: (one) => hasRow(one, 'support'),
    apply: (one) => withoutRow(one, 'solvimon', 'support'),
  },
  {
    name: 'support-never-agreed',
    cause: 'line.missing_in_legacy',
    sentence: 'Solvimon bills a support contract that the customer never had.',
    who: 'lasting',
    count: 1,
    fits: (one) => !hasRow(one, 'support') && one.input.customer.plan === 'growth',
    apply: (one) =>
      withAdded(
        one,
        'solvimon',
        charge(one.input, {
          row: 'support',
          product: 'support',
          kind: 'fee',
          quantity: decimalText('1'),
          price: { model: 'unit', unit: decimalText(priceLists[one.input.currency].support) },
        }),
      ),
  },
  {
    name: 'line-twice-in-solvimon',
    cause: 'line.duplicate_in_solvimon',
    sentence: 'The support item was added to the Solvimon subscription twice.',
    who: 'lasting',
    count: 1,
    fits: (one) => hasRow(one, 'support'),
    apply: (one) => withAdded(one, 'solvimon', rowOf(one, 'support')),
  },
  {
    name: 'line-twice-in-legacy',
    cause: 'line.duplicate_in_legacy',
    sentence: 'The old system billed the support contract twice.',
    who: 'each_cycle',
    count: 1,
    fits: (one) => hasRow(one, 'support'),
    apply: (one) => withAdded(one, 'legacy', rowOf(one, 'support')),
  },
];

/** The wrong currency, and ids that the mapping files do not know. */
export const identityPlants: readonly Plant[] = [
  {
    name: 'dollar-price-list',
    cause: 'currency.differs',
    sentence: 'The subscription was created on the dollar price list.',
    who: 'lasting',
    count: 1,
    fits: ({ input }) => input.currency === 'EUR' && input.customer.plan === 'team',
    apply: (one) => withDocuments(one, 'solvimon', () => [mainInvoice({ ...one.input, currency: 'USD' })]),
  },
  {
    name: 'product-not-in-the-mapping',
    cause: 'mapping.unmapped_product',
    sentence: 'Both systems bill the archive, and nobody wrote it into products.csv.',
    who: 'lasting',
    count: 2,
    fits: ({ input }) => input.customer.plan === 'business',
    apply: (one) => {
      const archive = charge(one.input, {
        row: 'archive',
        product: 'archive',
        kind: 'fee',
        quantity: decimalText('1'),
        price: { model: 'unit', unit: decimalText(priceLists[one.input.currency].archive) },
      });
      return withAdded(withAdded(one, 'legacy', archive), 'solvimon', archive);
    },
  },
  {
    name: 'customer-not-in-the-mapping',
    cause: 'mapping.unmapped_customer',
    sentence: 'Both systems bill this customer, and customers.csv does not join the two ids.',
    who: 'lasting',
    count: 1,
    fits: ({ input }) => input.customer.plan === 'growth' && hasUsage(input.customer),
    apply: (one) => ({ ...one, isCustomerMapped: false }),
  },
];

/** The same charge in another period. */
export const periodPlants: readonly Plant[] = [
  {
    name: 'fee-cut-in-utc',
    cause: 'period.boundary_shift',
    sentence: 'The subscription was created in UTC, so its months begin two hours late.',
    who: 'lasting',
    count: 1,
    fits: ({ input }) => input.customer.plan === 'team',
    apply: (one) => ({
      ...one,
      solvimon: one.solvimon.map((document) => ({
        ...document,
        charges: document.charges.map((each) => (each.row === 'fee' ? { ...each, cut: 'utc' } : each)),
      })),
    }),
  },
  {
    name: 'end-date-read-as-exclusive',
    cause: 'period.boundary_shift',
    sentence: 'The last day of the old contract was entered as the end, which Solvimon does not bill any more.',
    who: 'lasting',
    count: 1,
    fits: (one) => hasRow(one, 'support'),
    apply: (one) => ({
      ...one,
      solvimon: one.solvimon.map((document) => ({
        ...document,
        charges: document.charges.map((each) => (each.row === 'support' ? { ...each, to: dayBefore(each.to) } : each)),
      })),
    }),
  },
  {
    name: 'one-time-charge-a-month-late',
    cause: 'period.other_cycle',
    sentence: 'Solvimon puts the set-up charge on the next invoice.',
    who: 'lasting',
    count: 2,
    fits: (one) => !hasRow(one, 'onboarding') && one.input.customer.plan === 'growth',
    apply: (one, _random, first) => {
      const setUp = onboardingOn(first.input, 18);
      return withAdded(one, one.input.cycle === first.input.cycle ? 'legacy' : 'solvimon', setUp);
    },
  },
];

function dayBefore(date: string): string {
  return new Date(Date.parse(date) - 86_400_000).toISOString().slice(0, 10);
}
