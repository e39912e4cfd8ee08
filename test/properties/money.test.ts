import fc from 'fast-check';
import { sql } from 'kysely';
import { parse } from 'lossless-json';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exactRules } from '../../src/model/compare-rules.js';
import { currencyDigits } from '../../src/model/currency.js';
import type { Document, Line } from '../../src/model/document.js';
import {
  type DecimalText,
  decimalText,
  displayText,
  fromMinorUnits,
  parseDecimalText,
  toDecimal,
  toDecimalText,
  toMinorUnits,
} from '../../src/model/money.js';
import { identityMapping } from '../../src/reconcile/mapping.js';
import { assemble, prepare } from '../../src/reconcile/prepare.js';
import { reconcileCustomer } from '../../src/reconcile/reconcile-customer.js';
import { loadsOf } from '../../src/run/pair.js';
import { runCycle } from '../../src/run/run-cycle.js';
import { arrayLiteral, copyValue, CopyWriter } from '../../src/store/copy-text.js';
import { readChunk } from '../../src/store/residue.js';
import { createTestDatabase, keepOnFailure, type TestDatabase } from '../support/test-database.js';
import { newTestRun, testContext } from '../support/test-run.js';
import { caseArb, currencyArb, ofCustomer } from './arbitraries.js';
import { holds, holdsAsync } from './counting.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** Digits as people write them: signs, leading and trailing zeros, up to thirty digits on each side of the point. */
const digits = (min: number, max: number) =>
  fc
    .array(fc.constantFrom('0', '0', '1', '5', '9'), { minLength: min, maxLength: max, size: 'max' })
    .map((all) => all.join(''));
const writtenArb = fc
  .record({ sign: fc.constantFrom('', '-', '+'), whole: digits(1, 30), fraction: digits(0, 30) })
  .map(({ sign, whole, fraction }) => `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`);
const decimalArb = writtenArb.map(decimalText);

/** The value of decimal text as a whole number of 10^-30, by text alone: an independent reading. */
function scaled(text: string): bigint {
  const [whole = '', fraction = ''] = text.replace(/^[+-]/, '').split('.');
  const size = BigInt(`${whole}${fraction.padEnd(30, '0')}`);
  return text.startsWith('-') ? -size : size;
}

test('reading and writing decimal text keeps every digit, and equal numbers have equal text (I12)', () => {
  holds(fc.tuple(writtenArb, writtenArb), { runs: 2000, floor: 300 }, ([first, second], seen) => {
    const read = parseDecimalText(first);
    if (read === undefined) throw new Error(`${first} was refused`);
    expect(scaled(read)).toBe(scaled(first));
    expect(toDecimalText(toDecimal(read))).toBe(read);
    expect(read === decimalText(second)).toBe(scaled(first) === scaled(second));
    if (read.length > 20) seen();
  });
});

test('money survives JSON: as text in our own, and as a number token in a source that sends one (I12)', () => {
  holds(decimalArb, { runs: 1000, floor: 180 }, (text, seen) => {
    expect((JSON.parse(JSON.stringify({ amount: text })) as { amount: string }).amount).toBe(text);
    const token = parse(`{"amount":${text}}`) as { amount: { toString(): string } };
    expect(decimalText(token.amount.toString())).toBe(text);
    if (String(Number(text)) !== text) seen();
  });
});

test('minor units round half away from zero at the scale of the currency, and come back as they went (I12)', () => {
  holds(fc.tuple(decimalArb, currencyArb), { runs: 1500, floor: 180 }, ([text, code], seen) => {
    const minor = toMinorUnits(text, code);
    const unit = 10n ** BigInt(30 - currencyDigits(code));
    const value = scaled(text);
    const size = value < 0n ? -value : value;
    const rounded = (size + unit / 2n) / unit;
    expect(minor).toBe(value < 0n ? -rounded : rounded);
    expect(toMinorUnits(fromMinorUnits(minor, code), code)).toBe(minor);
    expect(scaled(displayText(text, code))).toBe(value);
    if (size % unit !== 0n) seen();
  });
});

/** A document of arbitrary amounts: nothing of it adds up, which is what storing must not care about. */
const strangeArb = fc
  .record({
    base: caseArb({ misses: ['same'], maxDocuments: 2 }),
    amounts: fc.array(decimalArb, { minLength: 12, maxLength: 12 }),
    words: fc.array(fc.string({ unit: 'grapheme', maxLength: 12 }), { minLength: 3, maxLength: 3 }),
  })
  .map(({ base, amounts, words }) => {
    const at = (index: number): DecimalText => amounts[index] ?? decimalText('0');
    const strange = (line: Line): Line => ({
      ...line,
      quantity: at(0),
      unitPrice: at(1),
      amount: at(2),
      discount: at(3),
      net: at(4),
      tax: line.tax === null ? null : at(5),
      description: clean(words[0] ?? ''),
      dimensions: { [clean(words[1] ?? '')]: clean(words[2] ?? '') },
      tiers: [{ from: at(6), to: null, quantity: at(7), unitPrice: null, flat: at(8), amount: at(9) }],
      facts: { ...line.facts, minimumAmount: at(10), prorationFactor: at(11) },
    });
    const document = (one: Document): Document => ({
      ...one,
      // Not ready: nothing is settled by digest, so every document is read back.
      notReady: ['to_be_reprocessed'],
      totals: { net: at(0), discount: at(3), tax: at(5), gross: at(2), asReported: { [words[0] ?? '']: at(1) } },
      lines: one.lines.map(strange),
    });
    return { ...base, legacy: base.legacy.map(document), solvimon: base.solvimon.map(document) };
  });

/** NUL cannot be stored in Postgres; adapters refuse it. */
const clean = (text: string) => text.replaceAll('\0', '');

test('documents come back from COPY and NUMERIC to the last digit and character, digests too (I12)', async () => {
  keepOnFailure(database);
  const cases = fc.array(strangeArb, { minLength: 3, maxLength: 8 });
  await holdsAsync(cases, { runs: 15, floor: 36 }, async (drawn, seen) => {
    const all = drawn.map((one, index) => ofCustomer(one, `customer ${index}`));
    const context = testContext(database, {
      legacy: { documents: all.flatMap((one) => one.legacy) },
      solvimon: { documents: all.flatMap((one) => one.solvimon) },
      chunkSize: 100,
    });
    const run = await newTestRun(database);
    await runCycle(context, run, reconcileCustomer);
    const read = await readChunk(database.db, {
      runSeq: run.seq,
      chunk: 1,
      ...(await loadsOf(context, run)),
      assemble: (document, lines, customer) => assemble(document, lines, customer, exactRules),
    });
    for (const side of ['legacy', 'solvimon'] as const) {
      const before = all.flatMap((one) => one[side].map((each) => prepare(each, side, identityMapping, exactRules)));
      const after = new Map(read.flatMap((one) => one[side]).map((one) => [one.document.source.id, one]));
      for (const one of before) {
        const back = after.get(one.document.source.id);
        expect({ ...back, document: { ...back?.document, lines: back?.lines } }).toEqual({
          ...one,
          document: { ...one.document, lines: one.lines },
        });
      }
      seen(before.length);
    }
  });
});

test('whatever text is sent through COPY arrives as it was, in a column and in an array (I12)', async () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc
      .array(
        fc.constantFrom(
          '\\',
          '\t',
          '\n',
          '\r',
          '\\N',
          '\\.',
          '"',
          "'",
          '{',
          '}',
          ',',
          'NULL',
          '\v',
          '\b',
          '\f',
          'é',
          '😀',
        ),
      )
      .map((parts) => parts.join('')),
  );
  const rows = fc.array(fc.tuple(nasty.map(clean), fc.array(nasty.map(clean), { maxLength: 3 })), { minLength: 1 });
  await holdsAsync(rows, { runs: 60, floor: 18 }, async (drawn, seen) => {
    const client = await database.pool.connect();
    try {
      await client.query('create temporary table nasty (no int, one text, many text[], amount numeric)');
      const writer = new CopyWriter(client, 'copy nasty from stdin');
      for (const [index, [one, many]] of drawn.entries())
        await writer.row([String(index), copyValue(one), copyValue(many), '0.10'].join('\t'));
      await writer.end();
      const { rows: read } = await client.query<{ one: string; many: string[]; amount: string }>(
        'select one, many, amount from nasty order by no',
      );
      expect(read).toEqual(drawn.map(([one, many]) => ({ one, many, amount: '0.10' })));
      const literal = await sql<{
        many: string[];
      }>`select ${arrayLiteral(drawn[0]?.[1] ?? [])}::text[] as many`.execute(database.db);
      expect(literal.rows[0]?.many).toEqual(drawn[0]?.[1]);
      if (drawn.some(([one]) => /[\\\t\n"]/.test(one))) seen();
    } finally {
      await client.query('drop table if exists nasty');
      client.release();
    }
  });
});
