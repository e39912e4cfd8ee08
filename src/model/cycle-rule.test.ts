import { describe, expect, test } from 'vitest';
import { cycleAnchor, cyclePlacer } from './cycle-rule.js';
import { currency } from './currency.js';
import { type Document, type Line, noPriceFacts } from './document.js';
import { parseCycleId, parseDocumentId, parseLineId } from './ids.js';
import { zero } from './money.js';
import { type Instant, parseInstant } from './period.js';

const at = (text: string): Instant => {
  const read = parseInstant(text);
  if (read === undefined) throw new Error(text);
  return read;
};
const id = <Item>(item: Item | undefined): Item => {
  if (item === undefined) throw new Error('an id');
  return item;
};
const cycle = (text: string) => ({ cycle: id(parseCycleId(text)), timezone: 'Europe/Amsterdam', slackDays: 7 });

const cyclePlace = (document: Document, bornAt: Instant | null, scope: ReturnType<typeof cycle>) =>
  cyclePlacer(scope)(document, bornAt);

function line(kind: Line['kind'], start: string | null, end: string | null, over: Partial<Line> = {}): Line {
  return {
    id: id(parseLineId('il')),
    idIsSynthetic: false,
    ordinal: 1,
    parentLineId: null,
    kind,
    rawKind: '',
    description: null,
    productRef: null,
    priceRef: null,
    subscriptionRef: null,
    meterRef: null,
    appliesTo: null,
    dimensions: {},
    period: start === null || end === null ? null : { start: at(start), end: at(end) },
    periodQuality: 'exact',
    quantity: null,
    unitPrice: null,
    unitPriceIsBlended: false,
    tiers: [],
    amount: zero,
    discount: zero,
    net: zero,
    tax: zero,
    taxes: [],
    exactness: 'exact',
    facts: noPriceFacts,
    ...over,
  };
}

function documentOf(lines: readonly Line[], over: Partial<Document> = {}): Document {
  return {
    source: { system: 'stripe', account: '', objectType: 'invoice', id: id(parseDocumentId('in_1')) },
    kind: 'invoice',
    state: 'final',
    rawStatus: 'paid',
    number: null,
    customerRef: 'cus_1',
    currency: currency('EUR'),
    issuedAt: at('2026-11-01T00:10:00+01:00'),
    updatedAt: null,
    timezone: null,
    period: null,
    taxMode: 'none',
    totals: { net: zero, discount: zero, tax: zero, gross: zero, asReported: {} },
    lines,
    relatesTo: [],
    checks: [],
    notReady: [],
    place: {},
    apiVersion: null,
    ...over,
  };
}

const october = ['2026-10-01T00:00:00+02:00', '2026-11-01T00:00:00+01:00'] as const;
const november = ['2026-11-01T00:00:00+01:00', '2026-12-01T00:00:00+01:00'] as const;
const renewal = documentOf([line('recurring', ...november), line('usage', ...october)]);
const fee = documentOf([line('recurring', ...november)]);

describe('the cycle of a document', () => {
  test('is that of its usage on a renewal, which bills the next fee as well', () => {
    expect(cycleAnchor(renewal)).toBe('2026-10-31T22:59:59.999Z');
    expect(cyclePlace(renewal, renewal.issuedAt, cycle('2026-10'))).toBe('own');
    expect(cyclePlace(renewal, renewal.issuedAt, cycle('2026-11'))).toBe('neighbour');
  });

  test('is that of its fee when there is no usage', () => {
    expect(cyclePlace(fee, fee.issuedAt, cycle('2026-11'))).toBe('own');
    expect(cyclePlace(fee, fee.issuedAt, cycle('2026-10'))).toBe('neighbour');
  });

  test('is that of the fee and not of a credit for an earlier period beside it', () => {
    const changed = documentOf([line('proration_credit', ...october), line('recurring', ...november)]);
    expect(cyclePlace(changed, changed.issuedAt, cycle('2026-11'))).toBe('own');
  });

  test('is that of its making when it comes long after what it is about', () => {
    const late = documentOf([line('refund_credit', ...october)]);
    const made = at('2026-12-15T12:00:00Z');
    expect(cyclePlace(late, made, cycle('2026-12'))).toBe('own');
    expect(cyclePlace(late, made, cycle('2026-10'))).toBe('elsewhere');
  });

  test('is not told by a period whose end lies before its start, nor by a balance', () => {
    const odd = documentOf([
      line('usage', '2026-11-20T00:00:00Z', '2026-11-19T00:00:00Z', { periodQuality: 'inverted' }),
      line('balance', '2026-07-01T00:00:00Z', '2026-07-02T00:00:00Z'),
      line('recurring', null, null),
    ]);
    expect(cycleAnchor(odd)).toBe(odd.issuedAt);
    expect(
      cycleAnchor({ ...odd, period: { start: at('2026-10-03T00:00:00Z'), end: at('2026-10-03T00:00:00Z') } }),
    ).toBe('2026-10-03T00:00:00.000Z');
  });

  test('is none when nothing says when it was', () => {
    expect(cyclePlace(documentOf([], { issuedAt: null }), null, cycle('2026-10'))).toBe('elsewhere');
  });

  test('is exactly one, whenever it was made and whatever it is about', () => {
    const cycles = ['2026-07', '2026-08', '2026-09', '2026-10', '2026-11', '2026-12', '2027-01', '2027-02'].map(
      (name) => cyclePlacer(cycle(name)),
    );
    let count = 0;
    for (let made = Date.UTC(2026, 8, 1, 1); made < Date.UTC(2026, 11, 28); made += 3 * 86_400_000 + 3_599_000)
      for (let about = Date.UTC(2026, 7, 20); about < Date.UTC(2027, 0, 10); about += 2 * 86_400_000 + 7_000) {
        const start = new Date(about).toISOString();
        const one = documentOf([line('one_time', start, start)]);
        const bornAt = at(new Date(made).toISOString());
        const owners = cycles.filter((place) => place(one, bornAt) === 'own');
        expect(owners, `made ${bornAt} about ${start}`).toHaveLength(1);
        count += 1;
      }
    expect(count).toBeGreaterThan(2000);
  });
});
