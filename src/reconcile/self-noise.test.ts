import { describe, expect, test } from 'vitest';
import { exactRules } from '../model/compare-rules.js';
import { currency } from '../model/currency.js';
import { type Document, type Line, noPriceFacts } from '../model/document.js';
import { parseDocumentId, parseLineId } from '../model/ids.js';
import { decimalText } from '../model/money.js';
import { parseInstant } from '../model/period.js';
import { isNoisy, printsOf, type Reading, selfNoise } from './self-noise.js';

const present = <Item>(item: Item | undefined): Item => item ?? expect.fail('there is one');

function line(id: string, net: string, over: Partial<Line> = {}): Line {
  const amount = decimalText(net);
  return {
    id: present(parseLineId(id)),
    idIsSynthetic: false,
    ordinal: 1,
    parentLineId: null,
    kind: 'recurring',
    rawKind: '',
    description: 'Seats',
    productRef: 'prod_1',
    priceRef: 'price_1',
    subscriptionRef: null,
    meterRef: null,
    appliesTo: null,
    dimensions: {},
    period: null,
    periodQuality: 'missing',
    quantity: decimalText('1'),
    unitPrice: null,
    unitPriceIsBlended: false,
    tiers: [],
    amount,
    discount: decimalText('0'),
    net: amount,
    tax: decimalText('0'),
    taxes: [],
    exactness: 'exact',
    facts: noPriceFacts,
    ...over,
  };
}

function document(id: string, over: Partial<Document> = {}): Document {
  const ten = decimalText('10');
  return {
    source: { system: 'x', account: '', objectType: 'invoice', id: present(parseDocumentId(id)) },
    kind: 'invoice',
    state: 'final',
    rawStatus: 'paid',
    number: 'A-1',
    customerRef: 'cus_1',
    currency: currency('EUR'),
    issuedAt: present(parseInstant('2026-10-01T00:00:00Z')),
    updatedAt: null,
    timezone: null,
    period: null,
    taxMode: 'none',
    totals: { net: ten, discount: decimalText('0'), tax: decimalText('0'), gross: ten, asReported: {} },
    lines: [line(`${id}_1`, '4'), line(`${id}_2`, '6', { productRef: 'prod_2', priceRef: 'price_2' })],
    relatesTo: [],
    checks: [],
    notReady: [],
    place: {},
    apiVersion: null,
    ...over,
  };
}

const reading = (documents: readonly Document[], rejected: Readonly<Record<string, string>> = {}): Reading => ({
  documents: new Map(documents.map((one) => [one.source.id, printsOf(one)])),
  rejected: new Map(Object.entries(rejected)),
});

const noiseOf = (first: Document, second: Document, rules = exactRules) =>
  selfNoise(reading([first]), reading([second]), rules);

describe('the noise of a source', () => {
  test('is none between equal readings, in whatever order the lines come', () => {
    const one = document('in_1');
    expect(isNoisy(noiseOf(one, document('in_1')))).toBe(false);
    const turned = noiseOf(one, { ...one, lines: [...one.lines].reverse() });
    expect(turned.unstable).toEqual([{ field: 'line order', isCompared: false, documentCount: 1, examples: ['in_1'] }]);
    expect(isNoisy(turned)).toBe(false);
  });

  test('names the amount that moved, before it is called a mismatch', () => {
    const one = document('in_1');
    const [first, second] = one.lines;
    const moved = {
      ...one,
      lines: [present(first), line('in_1_2', '6.01', { ...present(second), net: decimalText('6.01') })],
    };
    const noise = noiseOf(one, moved);
    expect(noise.unstable).toEqual([{ field: 'line net', isCompared: true, documentCount: 1, examples: ['in_1'] }]);
    expect(isNoisy(noise)).toBe(true);
  });

  test('is harmless where the rules do not compare', () => {
    const one = document('in_1');
    const other = { ...one, lines: one.lines.map((each) => ({ ...each, quantity: decimalText('2') })) };
    expect(isNoisy(noiseOf(one, other))).toBe(true);
    const quiet = noiseOf(one, other, { ...exactRules, quantity: false });
    expect(quiet.unstable).toMatchObject([{ field: 'line quantity', isCompared: false }]);
    expect(isNoisy(quiet)).toBe(false);
  });

  test('flags ids and texts that change, without calling them noise', () => {
    const one = document('in_1');
    const other = {
      ...one,
      number: 'A-2',
      lines: one.lines.map((each) => ({ ...each, id: present(parseLineId(`${each.id}x`)), description: 'Seat' })),
    };
    const noise = noiseOf(one, other);
    expect(noise.unstable.map(({ field }) => field)).toEqual(['number', 'line id', 'line description']);
    expect(isNoisy(noise)).toBe(false);
  });

  test('is a document that came or went, or was readable only once', () => {
    const first = reading([document('in_1'), document('in_2')], { in_4: 'currency_unknown' });
    const second = reading([document('in_1'), document('in_3')], { in_2: 'lines_missing' });
    const noise = selfNoise(first, second, exactRules);
    expect(noise.documentCount).toBe(1);
    // in_2 was rejected the second time, which is told there and not as missing.
    expect(noise.onlyFirst.count).toBe(0);
    expect(noise.onlySecond).toEqual({ count: 1, examples: ['in_3'] });
    expect(noise.rejectedDifferently).toEqual({ count: 2, examples: ['in_2', 'in_4'] });
    expect(isNoisy(noise)).toBe(true);
  });

  test('lists what is compared first, then by the number of documents, with five examples each', () => {
    const many = Array.from({ length: 7 }, (_, index) => document(`in_${index}`));
    const others = many.map((one, index) => ({ ...one, number: 'B', ...(index < 2 && { state: 'void' as const }) }));
    const noise = selfNoise(reading(many), reading(others), exactRules);
    expect(noise.unstable.map(({ field, documentCount, examples }) => [field, documentCount, examples.length])).toEqual(
      [
        ['state', 2, 2],
        ['number', 7, 5],
      ],
    );
  });
});
