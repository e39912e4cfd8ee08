import { expect, test } from 'vitest';
import { solvimonInvoice, type SolvimonLineInput } from '../../test/support/solvimon-invoice.js';
import type { Document } from '../model/document.js';
import { isObject, parseJson } from './shape.js';
import { toDocument, type ToDocumentOptions } from './to-document.js';

const seat: SolvimonLineInput = { product: 'seat', net: '100', tax: '21', quantity: '4', unitPrice: '25' };

function translate(invoice: unknown, options: Partial<ToDocumentOptions> = {}) {
  // Through text, as it comes from the wire: numbers without quotes stay what they are.
  const json = parseJson(typeof invoice === 'string' ? invoice : JSON.stringify(invoice));
  if (!isObject(json)) throw new Error('an object was expected');
  return toDocument(json, {
    place: { file: 'page.json', line: 3 },
    account: '',
    customerKey: { kind: 'reference' },
    customerReferences: new Map(),
    requireHold: true,
    ...options,
  });
}

function made(lines: readonly SolvimonLineInput[], more: Readonly<Record<string, unknown>> = {}) {
  return solvimonInvoice({ id: 'I', customer: 'C', lines, more });
}

function documentOf(invoice: unknown, options: Partial<ToDocumentOptions> = {}): Document {
  const translated = translate(invoice, options);
  if (translated.type === 'rejected') throw new Error(JSON.stringify(translated.rejected.problems));
  return translated.document;
}

function faultsOf(invoice: unknown, options: Partial<ToDocumentOptions> = {}): readonly string[] {
  const translated = translate(invoice, options);
  if (translated.type === 'document') throw new Error('a rejection was expected');
  return translated.rejected.problems.map((one) => `${one.code} ${one.field ?? ''}`);
}

/** One group with one line as the API writes it, net 100 and tax 21 unless told otherwise. */
function withLine(line: Readonly<Record<string, unknown>>, group: object = {}, more: object = {}) {
  const amount = (quantity: string) => ({ quantity, currency: 'EUR' });
  return {
    ...made([seat]),
    periods: [
      {
        start_at: '2026-10-01T00:00:00Z',
        end_at: '2026-11-01T00:00:00Z',
        groups: [
          {
            ...group,
            lines: [
              {
                id: 'L',
                type: 'REVENUE',
                amount_excluding_tax: amount('100'),
                amount_including_tax: amount('121'),
                ...line,
              },
            ],
          },
        ],
      },
    ],
    ...more,
  };
}

const lineOf = (...args: Parameters<typeof withLine>) => {
  const [line] = documentOf(withLine(...args)).lines;
  if (line === undefined) throw new Error('a line was expected');
  return line;
};

test('lines stand in the order of periods and groups, each with the period of its group, else of its period', () => {
  const invoice = made([seat, { ...seat, start: '2026-11-01T00:00:00+01:00', end: '2026-12-01T00:00:00+01:00' }]);
  const { lines } = documentOf(invoice);
  expect(lines.map((line) => [line.ordinal, line.id, line.period?.start])).toEqual([
    [1, 'I-1', '2026-10-01T00:00:00.000Z'],
    [2, 'I-2', '2026-10-31T23:00:00.000Z'],
  ]);
  const own = { start_at: '2026-10-05T00:00:00Z', end_at: '2026-10-06T00:00:00Z' };
  expect(lineOf({}, own).period).toEqual({ start: '2026-10-05T00:00:00.000Z', end: '2026-10-06T00:00:00.000Z' });
  expect(lineOf({}).period).toEqual({ start: '2026-10-01T00:00:00.000Z', end: '2026-11-01T00:00:00.000Z' });
});

test.each([
  // 23:59:59 of the day, in the zone of the invoice or as written.
  ['2026-10-31T23:59:59Z', null, '2026-11-01T00:00:00.000Z', 'closed_end_fixed'],
  ['2026-10-31T23:59:59.999+01:00', null, '2026-10-31T23:00:00.000Z', 'closed_end_fixed'],
  ['2026-10-31T22:59:59Z', 'Europe/Amsterdam', '2026-10-31T23:00:00.000Z', 'closed_end_fixed'],
  // A second 59 in the middle of a day is an end like every other.
  ['2026-10-31T15:03:59Z', 'Europe/Amsterdam', '2026-10-31T15:03:59.000Z', 'exact'],
  ['2026-10-31T22:59:59Z', 'UTC', '2026-10-31T22:59:59.000Z', 'exact'],
  ['2026-09-30T00:00:00Z', 'UTC', '2026-09-30T00:00:00.000Z', 'inverted'],
])('an end at %s in zone %s ends at %s and is %s', (end, timezone, expected, quality) => {
  const line = lineOf({}, { end_at: end }, { timezone });
  expect([line.period?.end, line.periodQuality]).toEqual([expected, quality]);
});

test.each([
  ['REVENUE', 'RECURRING', 'recurring'],
  ['REVENUE', 'PER_SEAT', 'recurring'],
  ['REVENUE', 'USAGE_BASED', 'usage'],
  ['REVENUE', 'ONE_OFF', 'one_time'],
  ['REVENUE', 'SOMETHING_NEW', 'unknown'],
  ['COMMITMENT', 'USAGE_BASED', 'minimum'],
  ['DISCOUNT', 'RECURRING', 'discount'],
  ['MARKUP', 'RECURRING', 'unknown'],
])('a line of type %s and model %s is of kind %s, and its own words are kept', (type, model, kind) => {
  const line = lineOf({ type, pricing_type: 'FLAT', product_items: [{ reference: 'p', model_type: model }] });
  expect([line.kind, line.rawKind]).toEqual([kind, `${type} FLAT`]);
});

test.each([
  ['TIERED', 'graduated'],
  ['TOP_TIERED', 'volume'],
  ['STAIR_STEP', 'cumulative_stair_step'],
  ['FLAT', null],
  ['NEWLY_INVENTED', null],
])('pricing of type %s has the tier mode %s', (pricingType, mode) => {
  expect(lineOf({ pricing_type: pricingType }).facts.tierMode).toBe(mode);
});

test('the quantity is that of the line, else of its details, else of its tiers, else one for a fee and unknown for usage', () => {
  const fee = { product_items: [{ reference: 'p', model_type: 'RECURRING' }] };
  const usage = { product_items: [{ reference: 'p', model_type: 'USAGE_BASED' }] };
  const tier = (number: string, amount: string) => ({
    details: { band: {}, meter_value: { number }, amount: { quantity: amount, currency: 'EUR' } },
  });
  expect(lineOf({ ...usage, meter_value: { number: '7' }, details: { meter_value: { number: '8' } } }).quantity).toBe(
    '7',
  );
  expect(lineOf({ ...usage, details: { meter_value: { number: '8' } } }).quantity).toBe('8');
  expect(lineOf({ ...usage, sub_lines: [tier('1000', '60'), tier('500.5', '40')] }).quantity).toBe('1500.5');
  expect(lineOf(fee).quantity).toBe('1');
  expect(lineOf(usage).quantity).toBeNull();
});

test('a unit price is stated for flat prices only', () => {
  const details = { band: { amount: { quantity: '25.000', currency: 'EUR' } } };
  expect(lineOf({ pricing_type: 'FLAT', details }).unitPrice).toBe('25');
  expect(lineOf({ pricing_type: 'TIERED', details }).unitPrice).toBeNull();
});

test('facts of the price are read from the details: included volume, minimum, block, proration, discount and currency', () => {
  const eur = (quantity: string) => ({ quantity, currency: 'EUR' });
  const line = lineOf({
    details: {
      amount: eur('100'),
      pricing_amount: { quantity: '110', currency: 'USD' },
      used_exchange_rates: [{ rate: '0.90909' }],
      band: { amount: eur('200'), percentage: '10', minimum_amount: eur('50'), block_size: { number: '1000' } },
      meter_value: { ratio: '0.5' },
      included_volume_details: { included_volume: { number: '250' } },
    },
  });
  expect(line.facts).toEqual({
    tierMode: null,
    includedVolume: '250',
    minimumAmount: '50',
    blockSize: '1000',
    prorationFactor: '0.5',
    fullPrice: '200',
    discountRate: '10',
    pricing: { amount: '110', currency: 'USD', rate: '0.90909' },
  });
});

test('exclusive prices: the amount is the net; inclusive prices: it is the gross, and tax is inside', () => {
  expect(documentOf(withLine({}))).toMatchObject({
    taxMode: 'exclusive',
    lines: [{ amount: '100', net: '100', tax: '21' }],
  });
  expect(documentOf(withLine({}, {}, { pricing_amount_type: 'INCLUDING_TAX' }))).toMatchObject({
    taxMode: 'inclusive',
    totals: { net: '100', tax: '21', gross: '121' },
    lines: [{ amount: '121', net: '100', tax: '21' }],
  });
});

test('a tax percentage may be written 21 or 0.21: the tax itself tells which', () => {
  const category = (percentage: string) => ({
    name: 'VAT',
    percentage,
    base_amount: { quantity: '100', currency: 'EUR' },
    tax_amount: { quantity: '21', currency: 'EUR' },
  });
  for (const percentage of ['21', '21.00', '0.21'])
    expect(lineOf({ tax_categories: [category(percentage)] }).taxes).toEqual([
      { code: 'VAT', rate: '21', taxable: '100', amount: '21', behaviour: 'exclusive' },
    ]);
});

test('a credit document that is stated positive is turned: lines, taxes and totals; a negative one stays', () => {
  const credit = { type: 'CREDIT', credit: { original_invoice_id: 'I0' } };
  const positive = documentOf(made([seat], credit));
  expect(positive).toMatchObject({
    kind: 'credit_note',
    relatesTo: ['I0'],
    totals: { net: '-100', tax: '-21', gross: '-121', asReported: { invoice_amount_including_tax: '121' } },
    lines: [{ amount: '-100', net: '-100', tax: '-21', quantity: '4' }],
  });
  const negative = documentOf(made([{ ...seat, net: '-100', tax: '-21' }], { type: 'ONE_OFF_CREDIT' }));
  expect(negative).toMatchObject({ kind: 'credit_note', totals: { net: '-100', tax: '-21', gross: '-121' } });
  expect([...positive.checks, ...negative.checks].every((check) => check.holds)).toBe(true);
});

test.each([
  ['DRAFT', true, 'draft', []],
  ['DRAFT', false, 'draft', ['draft_not_on_hold']],
  ['FINAL', false, 'final', []],
  ['OPEN', false, 'preview', ['open']],
  ['ARCHIVED', true, 'unknown', ['unknown_status']],
  ['Bezahlt!', true, 'unknown', ['unknown_status']],
])(
  'status %s, on hold %s, is %s and not ready because of %j; the word itself is kept',
  (status, onHold, state, notReady) => {
    const document = documentOf(made([seat], { status, on_hold: onHold }));
    expect([document.state, document.rawStatus, document.notReady]).toEqual([state, `${status} STANDARD`, notReady]);
  },
);

test('what is to be reprocessed or failed its validation is not judged', () => {
  const document = documentOf(made([seat], { to_be_reprocessed: true, validation_result: [{ status: 'FAILED' }] }));
  expect(document.notReady).toEqual(['held_by_validation', 'to_be_reprocessed']);
});

test('an invoice whose own numbers contradict each other is marked and never judged, and both numbers are kept', () => {
  const invoice = made([seat], { invoice_amount_including_tax: { quantity: '121.01', currency: 'EUR' } });
  const document = documentOf(invoice);
  expect(document.notReady).toContain('source_inconsistent');
  expect(document.checks.filter((check) => !check.holds)).toEqual([
    { name: 'net + tax = gross', holds: false, expected: '121.01', actual: '121' },
  ]);
});

test('a group whose stated net is not the sum of its lines is inconsistent', () => {
  const document = documentOf(withLine({}, { amount_excluding_tax: { quantity: '99', currency: 'EUR' } }));
  expect(document.notReady).toEqual(['source_inconsistent']);
});

test('an invoice with money and without lines is refused; one that asks for nothing may have none', () => {
  expect(faultsOf(made([seat], { periods: [] }))).toEqual(['lines_missing periods[].groups[].lines[]']);
  const nothing = made([], { invoice_amount_including_tax: { quantity: '0.00', currency: 'EUR' } });
  expect(documentOf(nothing)).toMatchObject({ lines: [], totals: { net: '0', tax: '0', gross: '0' } });
});

test('what the comparison needs and what is malformed is listed at once, each with its path', () => {
  const invoice = withLine({
    amount_including_tax: { quantity: '1e2', currency: 'EUR' },
    meter_value: { number: 'many' },
  });
  expect(
    faultsOf({
      ...invoice,
      id: null,
      customer_reference: null,
      billing_currency: 'EURO',
      invoice_amount_including_tax: null,
    }),
  ).toEqual([
    'field_missing id',
    'currency_unknown billing_currency',
    'field_missing customer_reference',
    'field_missing invoice_amount_including_tax',
    'amount_malformed periods[0].groups[0].lines[0].amount_including_tax.quantity',
  ]);
});

test('a number without quotes is refused: it may have lost digits on its way', () => {
  const text = JSON.stringify(withLine({})).replace('"quantity":"100"', '"quantity":100.10');
  expect(faultsOf(text)).toEqual(['amount_malformed periods[0].groups[0].lines[0].amount_excluding_tax.quantity']);
});

test('an amount in another currency than the invoice is billed in is refused; a price in another currency is not', () => {
  const dollars = { quantity: '100', currency: 'USD' };
  expect(faultsOf(withLine({ amount_excluding_tax: dollars }))).toEqual([
    'currency_mixed periods[0].groups[0].lines[0].amount_excluding_tax.currency',
  ]);
  expect(lineOf({ pricing_type: 'FLAT', details: { band: { amount: dollars } } }).unitPrice).toBe('100');
});

test('line ids that are missing are made from invoice and position; one that stands twice is refused', () => {
  expect(lineOf({ id: null })).toMatchObject({ id: 'I#1', idIsSynthetic: true });
  const invoice = JSON.stringify(made([seat, seat])).replace('"I-2"', '"I-1"');
  expect(new Set(faultsOf(invoice))).toEqual(new Set(['id_duplicate lines[].id']));
});

test('the customer is known by its reference, on the invoice, in the customer, or looked up by its id', () => {
  const without = made([seat], { customer_reference: null });
  expect(documentOf({ ...without, customer: { reference: 'C-embedded' } }).customerRef).toBe('C-embedded');
  const customerReferences = new Map([['cust_1', 'C-looked-up']]);
  expect(documentOf({ ...without, customer_id: 'cust_1' }, { customerReferences }).customerRef).toBe('C-looked-up');
  expect(faultsOf({ ...without, customer_id: 'cust_1' })).toEqual(['field_missing customer_reference']);
});

test('a draft need not be on hold when the configuration says so', () => {
  expect(documentOf(made([seat], { on_hold: false }), { requireHold: false }).notReady).toEqual([]);
});

test.each(['', null, undefined])(
  'an amount whose quantity is %j is told, on the invoice and on a line, and loses no line',
  (quantity) => {
    const nothing = { quantity, currency: 'EUR' };
    expect(faultsOf(withLine({}, {}, { invoice_amount_including_tax: nothing }))).toEqual([
      'field_missing invoice_amount_including_tax.quantity',
    ]);
    expect(faultsOf(withLine({ amount_excluding_tax: nothing }))).toEqual([
      'field_missing periods[0].groups[0].lines[0].amount_excluding_tax.quantity',
    ]);
  },
);
