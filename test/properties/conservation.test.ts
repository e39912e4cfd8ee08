import fc from 'fast-check';
import { expect, test } from 'vitest';
import { currency } from '../../src/model/currency.js';
import { addMoney, decimalText, money, subtractMoney, toDecimal } from '../../src/model/money.js';
import { caseArb, toCase } from './arbitraries.js';
import { holds } from './counting.js';
import { deltaMinor, inFull, owed, shown, sorted, withRules } from './judging.js';

test('each document of either side, readable or not, stands in exactly one pair (I1)', () => {
  holds(
    withRules(caseArb({ hasRejected: true })),
    { runs: 400, floor: 90 },
    ([generated, rules], seen) => {
      const verdicts = inFull(toCase(generated, rules), rules);
      for (const side of ['legacy', 'solvimon'] as const) {
        const rejected = side === 'legacy' ? generated.legacyRejected : generated.solvimonRejected;
        const given = [...generated[side].map((one) => one.source.id), ...rejected.map((one) => one.id)];
        expect(sorted(verdicts.flatMap((verdict) => verdict[side]))).toEqual(sorted(given));
        if (given.length > 1 && rejected.length > 0) seen();
      }
    },
    shown,
  );
});

test('each line of a compared pair stands in exactly one link (I1)', () => {
  holds(
    withRules(caseArb()),
    { runs: 400, floor: 90 },
    ([generated, rules], seen) => {
      for (const verdict of inFull(toCase(generated, rules), rules)) {
        if (verdict.links.length === 0) continue;
        for (const side of ['legacy', 'solvimon'] as const) {
          const documents = generated[side].filter((one) => verdict[side].includes(one.source.id));
          const linked = verdict.links.flatMap((link) => (side === 'legacy' ? link.legacyLines : link.solvimonLines));
          expect(sorted(linked)).toEqual(sorted(documents.flatMap((one) => one.lines.map((line) => line.id))));
        }
        if (verdict.links.length > 1) seen();
      }
    },
    shown,
  );
});

test('components sum to the delta of their mismatch, and the mismatches to the delta of the invoices (I2)', () => {
  holds(
    withRules(caseArb()),
    { runs: 600, floor: 72 },
    ([generated, rules], seen) => {
      for (const verdict of inFull(toCase(generated, rules), rules)) {
        if (verdict.currency === null || verdict.state === 'not_ready' || verdict.state === 'error') continue;
        const code = verdict.currency;
        for (const mismatch of verdict.mismatches) {
          const parts = Object.values(mismatch.components);
          const summed = parts.reduce((sum, part) => sum.plus(part), toDecimal(decimalText('0')));
          expect(summed.equals(mismatch.delta), `${JSON.stringify(mismatch)}`).toBe(true);
          for (const part of parts) expect(toDecimal(part).equals(toDecimal(part).toDecimalPlaces(4))).toBe(true);
        }
        const total = (side: 'legacy' | 'solvimon') =>
          owed(
            generated[side].filter((one) => verdict[side].includes(one.source.id)),
            rules,
            code,
          );
        expect(deltaMinor(verdict, code)).toBe(total('solvimon') - total('legacy'));
        if (verdict.mismatches.length > 1 || verdict.mismatches.some((one) => Object.keys(one.components).length > 1))
          seen();
      }
    },
    shown,
  );
});

test('currencies never add: each currency foots by itself, and a pair of two has no delta (I7)', () => {
  holds(
    withRules(caseArb()),
    { runs: 600, floor: 90 },
    ([generated, rules], seen) => {
      const verdicts = inFull(toCase(generated, rules), rules);
      const byId = new Map([...generated.legacy, ...generated.solvimon].map((one) => [one.source.id, one]));
      const codes = new Set([...byId.values()].map((one) => one.currency));
      for (const verdict of verdicts) {
        const documents = [...verdict.legacy, ...verdict.solvimon].flatMap((id) => byId.get(id) ?? []);
        const own = new Set(documents.map((one) => one.currency));
        expect(verdict.currency).toBe(own.size === 1 ? documents[0]?.currency : null);
        if (own.size > 1 && verdict.state !== 'not_ready')
          expect(verdict.mismatches.map((one) => [one.cause, one.delta, one.components])).toEqual([
            ['currency.differs', '0', {}],
          ]);
      }
      for (const code of codes) {
        const inCode = verdicts.filter((one) => one.currency === code && one.state !== 'not_ready');
        const sum = (side: 'legacy' | 'solvimon') =>
          inCode.reduce(
            (total, one) =>
              total +
              owed(
                one[side].flatMap((id) => byId.get(id) ?? []),
                rules,
                code,
              ),
            0n,
          );
        expect(inCode.reduce((total, one) => total + deltaMinor(one, code), 0n)).toBe(sum('solvimon') - sum('legacy'));
      }
      if (codes.size > 1) seen();
    },
    shown,
  );
});

test('adding or subtracting two currencies is refused, whatever the amounts (I7)', () => {
  const amounts = fc.tuple(fc.bigInt(), fc.bigInt());
  holds(amounts, { runs: 100, floor: 30 }, ([first, second], seen) => {
    const [eur, usd] = [
      money(decimalText(first.toString()), currency('EUR')),
      money(decimalText(second.toString()), currency('USD')),
    ];
    expect(() => addMoney(eur, usd)).toThrow(/never add/);
    expect(() => subtractMoney(usd, eur)).toThrow(/never add/);
    seen();
  });
});
