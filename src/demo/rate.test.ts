import { expect, test } from 'vitest';
import { currency } from '../model/currency.js';
import { decimalText } from '../model/money.js';
import type { Charge, Price } from './charge.js';
import { rate } from './rate.js';

const euro = currency('EUR');

function usage(quantity: string, price: Price, more: Partial<Charge> = {}): Charge {
  return {
    row: 'x',
    product: 'api',
    kind: 'usage',
    from: '2026-10-01',
    to: '2026-11-01',
    cut: 'local',
    quantity: decimalText(quantity),
    price,
    share: null,
    discounts: [],
    vat: { rate: decimalText('21'), base: 'discounted', isIncluded: false, rounding: 'line' },
    rounding: 'half_up',
    adjustment: null,
    ...more,
  };
}

const text = decimalText;
const tiers = [
  { from: text('0'), to: text('1000'), price: text('0.1') },
  { from: text('1000'), to: null, price: text('0.05') },
];
const fees = [
  { from: text('0'), to: text('100'), price: text('10') },
  { from: text('100'), to: text('200'), price: text('25') },
  { from: text('200'), to: null, price: text('45') },
];
const unit = (price: string): Price => ({ model: 'unit', unit: text(price) });

// Each amount by hand: 2,500 calls at 1,000 × 0.10 + 1,500 × 0.05 = 175, the whole at 0.05 = 125, and so on.
test.each<[string, Charge, string]>([
  ['each tier for its part', usage('2500', { model: 'graduated', tiers }), '175'],
  ['everything at the tier reached', usage('2500', { model: 'volume', tiers }), '125'],
  ['a quantity on the bound stays in the lower tier', usage('1000', { model: 'volume', tiers }), '100'],
  ['the fee of the step reached', usage('150', { model: 'stair', tiers: fees }), '25'],
  ['the fees of all steps added up', usage('150', { model: 'cumulative', tiers: fees }), '35'],
  ['free units first', usage('1646', { model: 'included', unit: text('0.0175'), included: text('200') }), '25.31'],
  ['nothing but free units', usage('150', { model: 'included', unit: text('0.0175'), included: text('200') }), '0'],
  ['a begun block', usage('12345', { model: 'blocks', unit: text('1.5'), size: text('1000'), isWhole: true }), '19.5'],
  [
    'a block in part',
    usage('12345', { model: 'blocks', unit: text('1.5'), size: text('1000'), isWhole: false }),
    '18.52',
  ],
  [
    'a price in dollars',
    usage('1', { model: 'foreign', amount: text('120'), currency: currency('USD'), rate: text('0.9185') }),
    '110.22',
  ],
  ['a part of a month', usage('2', unit('12'), { share: { days: 13, of: 31 } }), '10.06'],
  ['half a cent up', usage('7', unit('0.015')), '0.11'],
  ['half a cent to even', usage('3', unit('0.015'), { rounding: 'half_even' }), '0.04'],
])('%s', (_name, charge, amount) => {
  expect(rate(charge, euro).amount.toFixed()).toBe(amount);
});

test('coupons act one after the other, so their order changes what is left', () => {
  const percent = { name: 'P', percent: text('15') };
  const fixed = { name: 'F', off: text('15') };
  // 249 - 37.35 - 15 = 196.65, and (249 - 15) less 15 percent = 198.90.
  expect(rate(usage('1', unit('249'), { discounts: [percent, fixed] }), euro).net.toFixed()).toBe('196.65');
  expect(rate(usage('1', unit('249'), { discounts: [fixed, percent] }), euro).net.toFixed()).toBe('198.9');
});

test('tax is taken on what is left, on the whole, or out of the price, as the setting says', () => {
  const ten = [{ name: 'P', percent: text('10') }];
  const of = (vat: Partial<Charge['vat']>, discounts: Charge['discounts'] = []) => {
    const base = usage('1', unit('121'), { discounts });
    const rated = rate({ ...base, vat: { ...base.vat, ...vat } }, euro);
    return [rated.net.toFixed(), rated.tax.toFixed()];
  };
  expect(of({}, ten)).toEqual(['108.9', '22.87']);
  expect(of({ base: 'full' }, ten)).toEqual(['108.9', '25.41']);
  expect(of({ isIncluded: true })).toEqual(['100', '21']);
});

test('a yen has no digits and a dinar three', () => {
  expect(rate(usage('1646', unit('2.5')), currency('JPY')).amount.toFixed()).toBe('4115');
  expect(rate(usage('1646', unit('0.0125')), currency('KWD')).amount.toFixed()).toBe('20.575');
});
