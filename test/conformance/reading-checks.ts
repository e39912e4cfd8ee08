import assert from 'node:assert/strict';
import { AppError } from '../../src/errors.js';
import { cyclePeriod } from '../../src/model/period.js';
import type { CycleId } from '../../src/model/ids.js';
import { decimalText } from '../../src/model/money.js';
import { assertComplete, assertDocuments, capabilitiesOf, type Check, one, withOpened } from './check.js';
import type { Harness, SampleDocument } from './harness.js';
import { documentEvents, expected, ownDocuments, pull, rejectedDocuments, shown } from './pulling.js';
import {
  document,
  exactAmounts,
  line,
  many,
  nextPeriod,
  pagedCount,
  plusMs,
  scopeOf,
  tiered,
  variety,
} from './samples.js';

/** What comes out of an undisturbed pull. */
export const readingChecks: readonly Check[] = [
  { name: 'an empty cycle is complete and has no documents', run: emptyCycle },
  { name: 'a cycle that is not billed yet is never an empty one', run: unbilledCycle },
  { name: 'periods are half-open in the zone of the source', run: edges },
  { name: 'pages are read to the last one', run: paging },
  { name: 'every line of every document is there, however many there are', run: nestedLines },
  { name: 'every shape of money arrives as it was billed', run: moneyShapes },
  { name: 'amounts are exact to the last digit', run: exactDigits },
  { name: 'an unknown currency rejects its document and no other', run: unknownCurrency },
  { name: 'a draft is not ready, and a void document owes nothing', run: states },
  { name: 'credit notes are there when they are declared, and negative', run: creditNotes },
  { name: 'tiers are where they are declared', run: tiers },
  { name: 'tax is stated on the level that is declared', run: taxLevel },
  { name: 'only the customers asked for are read', run: someCustomers },
];

async function emptyCycle(harness: Harness): Promise<void> {
  const pulled = await withOpened(harness, { documents: [] }, (opened) => pull(harness, opened));
  assertComplete(pulled);
  assert.deepEqual(pulled.done?.counts, { listed: 0, emitted: 0, rejected: 0, skipped: 0 });
  assert.equal(documentEvents(pulled).length, 0);
}

async function unbilledCycle(harness: Harness): Promise<void> {
  const setup = { documents: [], isCycleBilled: false };
  const pulled = await withOpened(harness, setup, (opened) => pull(harness, opened));
  if (!harness.knowsUnbilled) {
    assertComplete(pulled);
    return;
  }
  if (pulled.thrown instanceof AppError) {
    assert.equal(pulled.thrown.code, 'source_not_ready');
    return;
  }
  if (pulled.thrown !== undefined) throw pulled.thrown;
  assert.equal(pulled.done?.complete, false, 'an unbilled cycle is not complete');
  assert.notDeepEqual(pulled.done.incompleteBecause, [], 'it says why');
}

/** Documents on the very edge of the cycle, an instant inside or outside of it. */
async function edges(harness: Harness): Promise<void> {
  const { period } = scopeOf(harness);
  const before = cyclePeriod('2026-09' as CycleId, harness.timezone);
  const next = nextPeriod(harness);
  const samples: readonly SampleDocument[] = [
    document(harness, 'in_first', [line(harness, 'il_first')], { issuedAt: period.start }),
    document(harness, 'in_before', [line(harness, 'il_before', { period: before })], {
      issuedAt: plusMs(period.start, -1000),
    }),
    document(harness, 'in_last', [line(harness, 'il_last', { kind: 'usage' })], {
      issuedAt: plusMs(period.end, -1000),
    }),
    document(harness, 'in_next', [line(harness, 'il_next', { period: next })], { issuedAt: period.end }),
  ];
  const pulled = await withOpened(harness, { documents: samples }, (opened) => pull(harness, opened));
  assertComplete(pulled);
  const inside = harness.cycleIsCutBy === 'input' ? samples : samples.filter(({ id }) => /first|last/.test(id));
  assert.deepEqual(
    ownDocuments(pulled)
      .map((one) => one.source.id as string)
      .sort(),
    inside.map((sample) => sample.id).sort(),
  );
  for (const event of documentEvents(pulled)) {
    const sample = one(samples, ({ id }) => id === event.document.source.id, 'the sample');
    assert.deepEqual(
      event.document.lines.map((one) => one.period),
      sample.lines.map((one) => one.period),
    );
  }
}

async function paging(harness: Harness): Promise<void> {
  const samples = many(harness, pagedCount(harness));
  const can = await capabilitiesOf(harness);
  const pulled = await withOpened(harness, { documents: samples }, (opened) => pull(harness, opened));
  assertComplete(pulled);
  assertDocuments(pulled, samples, can);
}

async function nestedLines(harness: Harness): Promise<void> {
  const inline = harness.inlineLines;
  const counts = inline === null ? [1, 37] : [inline, inline + 1, 37, inline * 10 + 37];
  const samples = counts.map((count) =>
    document(
      harness,
      `in_with_${count}`,
      Array.from({ length: count }, (_, index) =>
        line(harness, `il_${count}_${index + 1}`, { amount: decimalText('1.01') }),
      ),
    ),
  );
  const can = await capabilitiesOf(harness);
  const pulled = await withOpened(harness, { documents: samples }, (opened) => pull(harness, opened));
  assertComplete(pulled);
  assertDocuments(pulled, samples, can);
  if (can.linesInline === 'all') assert.equal(inline, null, 'linesInline all means that no line is ever paged');
  else assert.notEqual(inline, null, `linesInline ${can.linesInline} means that lines are paged`);
}

async function moneyShapes(harness: Harness): Promise<void> {
  const can = await capabilitiesOf(harness);
  const samples = variety(harness, can).filter(({ id, state }) => id !== 'in_tiered' && state === 'final');
  const pulled = await withOpened(harness, { documents: samples }, (opened) => pull(harness, opened));
  assertComplete(pulled);
  assertDocuments(pulled, samples, can);
  for (const document of ownDocuments(pulled))
    for (const check of document.checks)
      assert.ok(check.holds, `${document.source.id}: ${check.name} is ${check.actual}, not ${check.expected}`);
}

async function exactDigits(harness: Harness): Promise<void> {
  const can = await capabilitiesOf(harness);
  const samples = (['EUR', 'JPY', 'KWD'] as const).map((currency, index) =>
    document(
      harness,
      `in_exact_${currency}`,
      exactAmounts(harness.amountDigits(currency))
        // Stripe's three-decimal amounts end in 0, and everybody can send those.
        .filter((amount) => currency !== 'KWD' || !/\.\d\d[1-9]$/.test(amount))
        .map((amount, at) => line(harness, `il_exact_${currency}_${at}`, { amount })),
      { currency, hour: 10 + index },
    ),
  );
  const pulled = await withOpened(harness, { documents: samples }, (opened) => pull(harness, opened));
  assertComplete(pulled);
  assertDocuments(pulled, samples, can);
}

async function unknownCurrency(harness: Harness): Promise<void> {
  const can = await capabilitiesOf(harness);
  const good = document(harness, 'in_good', [line(harness, 'il_good')], { hour: 10 });
  const bad = document(harness, 'in_bad', [line(harness, 'il_bad')], { hour: 11, currency: 'ZZZ' });
  const pulled = await withOpened(harness, { documents: [good, bad] }, (opened) => pull(harness, opened));
  assertComplete(pulled);
  assertDocuments(pulled, [good], can);
  const rejected = one(rejectedDocuments(pulled), ({ id }) => id === 'in_bad', 'the rejected document');
  assert.equal(
    rejected.customerRef,
    bad.customer,
    'its customer is kept, so that the counterpart is not called missing',
  );
  assert.ok(rejected.problems.some((problem) => problem.code === 'currency_unknown'));
}

async function states(harness: Harness): Promise<void> {
  const can = await capabilitiesOf(harness);
  const samples = variety(harness, can).filter(({ state }) => state !== 'final');
  const pulled = await withOpened(harness, { documents: samples }, (opened) => pull(harness, opened));
  assertComplete(pulled);
  const draft = one(ownDocuments(pulled), (document) => document.source.id === 'in_draft', 'the draft');
  assert.equal(draft.state, 'draft');
  assert.notDeepEqual(draft.notReady, [], 'a draft can still change and is not judged');
  const isSkipped = pulled.events.some((event) => event.type === 'skipped' && event.id === 'in_void');
  if (isSkipped) return;
  const gone = one(ownDocuments(pulled), (document) => document.source.id === 'in_void', 'the void document');
  if (harness.knowsVoid !== false) return assert.equal(gone.state, 'void');
  assert.equal(gone.state, 'unknown');
  assert.notDeepEqual(gone.notReady, [], 'a document of unknown state is not judged');
}

async function creditNotes(harness: Harness): Promise<void> {
  const can = await capabilitiesOf(harness);
  const samples = variety(harness, { ...can, creditNotes: 'separate' }).filter(({ kind }) => kind === 'credit_note');
  if (can.creditNotes === 'none' || can.creditNotes === 'as_lines') {
    const pulled = await withOpened(harness, { documents: [] }, (opened) => pull(harness, opened));
    assert.equal(
      ownDocuments(pulled).some(({ kind }) => kind === 'credit_note'),
      false,
    );
    return;
  }
  const pulled = await withOpened(harness, { documents: samples }, (opened) => pull(harness, opened));
  assertComplete(pulled);
  assertDocuments(pulled, samples, can);
}

async function tiers(harness: Harness): Promise<void> {
  const can = await capabilitiesOf(harness);
  const sample = document(harness, 'in_tiered', [tiered(harness)]);
  const pulled = await withOpened(harness, { documents: [sample] }, (opened) => pull(harness, opened));
  assertComplete(pulled);
  const found = one(ownDocuments(pulled), (document) => document.source.id === 'in_tiered', 'the tiered document');
  assert.equal(found.totals.net, expected(sample, can).net);
  const [first] = found.lines;
  switch (can.tiers) {
    case 'on_line':
      assert.equal(found.lines.length, 1);
      assert.deepEqual(
        first?.tiers.map(({ from, to, quantity, amount }) => ({ from, to, quantity, amount })),
        tiered(harness).tiers.map(({ from, to, quantity, amount }) => ({ from, to, quantity, amount })),
      );
      return;
    case 'sibling_lines':
      assert.equal(found.lines.length, tiered(harness).tiers.length, 'one line for each tier');
      assert.equal(
        new Set(found.lines.map((one) => `${one.priceRef} ${one.period?.start} ${one.period?.end}`)).size,
        1,
      );
      assert.ok(found.lines.every((one) => one.tiers.length === 0 && one.priceRef !== null));
      return;
    case 'none':
      assert.ok(found.lines.every((one) => one.tiers.length === 0));
  }
}

async function taxLevel(harness: Harness): Promise<void> {
  const can = await capabilitiesOf(harness);
  const samples = variety(harness, can).filter(({ id }) => id === 'in_taxed');
  const pulled = await withOpened(harness, { documents: samples }, (opened) => pull(harness, opened));
  assertComplete(pulled);
  const found = one(ownDocuments(pulled), (document) => document.source.id === 'in_taxed', 'the taxed document');
  assert.equal(found.totals.tax, can.taxLevel === 'none' ? '0' : '21.9');
  for (const read of found.lines) {
    if (can.taxLevel === 'document') assert.equal(read.tax, null, 'tax is stated for the document only');
    else assert.notEqual(read.tax, null, 'tax is stated on the line');
    if (can.taxLevel === 'line' || can.taxLevel === 'both')
      assert.deepEqual(
        read.taxes.map((slice) => slice.rate),
        [read.tax === '21' ? '21' : '9'],
      );
  }
}

async function someCustomers(harness: Harness): Promise<void> {
  const samples = many(harness, 5);
  const asked = samples.slice(1, 3);
  const can = await capabilitiesOf(harness);
  const scope = { ...scopeOf(harness), customers: new Set(asked.map(({ customer }) => customer)) };
  const pulled = await withOpened(harness, { documents: samples }, (opened) => pull(harness, opened, { scope }));
  assertComplete(pulled);
  assertDocuments(pulled, asked, can);
  assert.equal(
    ownDocuments(pulled).map(shown).length,
    asked.length,
    'a customer who was not asked for is skipped and counted, or never listed',
  );
}
