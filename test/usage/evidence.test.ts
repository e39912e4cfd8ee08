import { afterAll, beforeAll, expect, test } from 'vitest';
import { decimalText } from '../../src/model/money.js';
import type { UsageRecord } from '../../src/model/usage.js';
import { reconcileCustomer } from '../../src/reconcile/reconcile-customer.js';
import { runCycle } from '../../src/run/run-cycle.js';
import { usageCheckOfRun } from '../../src/store/usage/checks.js';
import { findUsageCheck, streamUsageFindings } from '../../src/store/usage/views.js';
import type { MismatchView } from '../../src/store/views.js';
import { aDocument, aLine } from '../support/documents.js';
import { createTestDatabase, keepOnFailure, type TestDatabase } from '../support/test-database.js';
import { newTestRun, testContext, verdictsOf } from '../support/test-run.js';
import { anEvent, memorySettings, type UsageInput } from '../support/usage.js';

/* What the events of a run do to the causes of its mismatches. */

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const price = '0.05';
const invoice = (side: string, quantity: string, amount: string) => ({
  documents: [
    aDocument(`${side}-1`, 'C1', [
      aLine('l1', amount, {
        kind: 'usage',
        productRef: 'calls',
        quantity: decimalText(quantity),
        unitPrice: decimalText(price),
      }),
    ]),
  ],
});
/** Legacy bills 100 calls, Solvimon 80: the ten events of 2 are the difference. */
const sides = { legacy: invoice('L', '100', '5'), solvimon: invoice('S', '80', '4') };
const meters = [{ legacy: 'api', solvimon: 'api_calls', product: 'calls', aggregation: '' }];

const kept = Array.from({ length: 80 }, (_unused, index) => anEvent(`kept-${index}`));
const lost = Array.from({ length: 10 }, (_unused, index) => anEvent(`lost-${index}`, { q: '2' }));
const inSolvimon = (events: readonly UsageRecord[]) =>
  events.map((event) => (event.type === 'rejected' ? event : { ...event, meter: 'api_calls' }));

async function run(
  usage: UsageInput | null,
): Promise<{ readonly mismatch: MismatchView | undefined; readonly id: string }> {
  keepOnFailure(database);
  const context = testContext(database, sides);
  const settings = usage === null ? null : memorySettings({ ...usage, meters });
  const started = await newTestRun(database);
  const withUsage = {
    ...context,
    settingsOf: async (of: typeof started) => ({ ...(await context.settingsOf(of)), usage: settings }),
  };
  await runCycle(withUsage, started, reconcileCustomer);
  const { mismatches } = await verdictsOf(database, started);
  expect(mismatches).toHaveLength(1);
  return { mismatch: mismatches[0], id: started.id };
}

const workingOf = (mismatch: MismatchView | undefined) => JSON.stringify(mismatch?.detail);

test('a line that is short by ten missing events is labelled so, with those ten references', async () => {
  const { mismatch, id } = await run({ legacy: [...kept, ...lost], solvimon: inSolvimon(kept) });
  expect(mismatch).toMatchObject({ cause: 'usage.missing_events', confidence: 'proven', delta: '-1' });
  for (const event of lost) expect(workingOf(mismatch)).toContain(event.reference ?? 'no reference');
  expect(workingOf(mismatch)).not.toContain('kept-');
  const check = await usageCheckOfRun(database.db, id);
  expect(check).toMatchObject({ kind: 'run', state: 'compared', isComplete: true });
  const references: (string | null)[] = [];
  const filter = { customer: 'C1', class: 'missing' };
  const found = await findUsageCheck(database.db, { id });
  if (found !== undefined)
    for await (const finding of streamUsageFindings(database.db, found, filter, null))
      references.push(finding.reference);
  expect(references).toEqual(lost.map((event) => event.reference));
});

test('the same delta without evidence stays a difference of quantity', async () => {
  expect((await run(null)).mismatch).toMatchObject({ cause: 'usage.quantity', delta: '-1' });
  const agreeing = await run({ legacy: [...kept, ...lost], solvimon: inSolvimon([...kept, ...lost]) });
  expect(agreeing.mismatch).toMatchObject({ cause: 'usage.quantity', delta: '-1' });
});

test('events that add up to another quantity than the difference prove nothing', async () => {
  const { mismatch } = await run({ legacy: [...kept, ...lost.slice(1)], solvimon: inSolvimon(kept) });
  expect(mismatch?.cause).toBe('usage.quantity');
});

test('what a side did not read completely is not called missing', async () => {
  const { mismatch, id } = await run({
    legacy: [...kept, ...lost],
    solvimon: inSolvimon(kept),
    done: { solvimon: { complete: false, incompleteBecause: ['page 3 is missing'] } },
  });
  expect(mismatch?.cause).toBe('usage.quantity');
  expect(await usageCheckOfRun(database.db, id)).toMatchObject({ isComplete: false });
});

test('events of two kinds whose quantities both fit leave the cause open', async () => {
  const unmatched = lost.map((event) => ({ ...event, reference: `${event.reference ?? ''}-u` }));
  const { mismatch } = await run({
    legacy: [...kept, ...lost, ...unmatched],
    solvimon: inSolvimon([...kept, ...unmatched.map((event) => ({ ...event, outcome: 'not_matched' as const }))]),
  });
  expect(mismatch?.cause).toBe('usage.quantity');
});
