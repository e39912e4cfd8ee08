import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addRational,
  multiplyRational,
  type Rational,
  rational,
  rationalFromText,
  subtractRational,
} from '../model/rational.js';
import { shapleyParts } from './shapley.js';

const product = (values: readonly Rational[]) => values.reduce(multiplyRational, rational(1n));

test('two factors get the mean-of-both-ends parts: tax base 1000 to 1010, rate 19 % to 21 %', () => {
  const legacy = { base: rationalFromText('1000.00'), rate: rationalFromText('0.19') };
  const solvimon = { base: rationalFromText('1010.00'), rate: rationalFromText('0.21') };
  const parts = shapleyParts(['base', 'rate'], (at) =>
    multiplyRational((at.has('base') ? solvimon : legacy).base, (at.has('rate') ? solvimon : legacy).rate),
  );
  // By hand: 10 * (0.19 + 0.21) / 2 = 2.00 and 0.02 * (1000 + 1010) / 2 = 20.10.
  expect(parts).toEqual(
    new Map([
      ['base', rationalFromText('2')],
      ['rate', rationalFromText('20.1')],
    ]),
  );
});

test('the parts sum to the whole change, and a factor that did not change gets nothing', () => {
  let interesting = 0;
  const amount = fc.bigInt({ min: -1000n, max: 1000n });
  fc.assert(
    fc.property(fc.array(fc.tuple(amount, amount), { minLength: 2, maxLength: 4 }), (ends) => {
      const names = ends.map((_end, index) => `f${index}`);
      const valueAt = (at: ReadonlySet<string>) =>
        product(ends.map(([legacy, solvimon], index) => rational(at.has(`f${index}`) ? solvimon : legacy, 7n)));
      const parts = shapleyParts(names, valueAt);
      const sum = [...parts.values()].reduce(addRational, rational(0n));
      expect(sum).toEqual(subtractRational(valueAt(new Set(names)), valueAt(new Set())));
      for (const [index, [legacy, solvimon]] of ends.entries()) {
        if (legacy === solvimon) expect(parts.get(`f${index}`)).toEqual(rational(0n));
      }
      if (sum.numerator !== 0n) interesting += 1;
    }),
  );
  expect(interesting).toBeGreaterThan(60);
});

test('more than six factors are refused', () => {
  expect(() => shapleyParts(['a', 'b', 'c', 'd', 'e', 'f', 'g'], () => rational(0n))).toThrow(/six factors/);
});
