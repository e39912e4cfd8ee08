import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acknowledge } from '../../src/run/alerts/act.js';
import type { AlertContext } from '../../src/run/alerts/context.js';
import { sendAlerts } from '../../src/run/alerts/send.js';
import { watchForAlerts } from '../../src/run/alerts/watch.js';
import { alertId, listAlerts, type ListedAlert } from '../../src/store/alerts.js';
import { noteFailure } from '../../src/store/runs.js';
import { emptyAlerts, openTestAlerts, testClock } from '../support/alerts.js';
import { matched, storeRun, type TestPair } from '../support/cohort-data.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const known = `known:
  - { id: KD-7, match: { cause: tax.rate }, reason: r, owner: tax@example.com, expires: 2026-11-12, max_amount: '5.00' }
`;
const day = 86_400_000;

let database: TestDatabase;
let receiver: Receiver;
const clock = testClock('2026-11-05T05:00:00Z');
const opened: { close(): Promise<void> }[] = [];
function open(alerts: string) {
  const context = openTestAlerts(database, {
    alerts,
    extra: known,
    variables: { OPS: receiver.url },
    now: clock.now,
  });
  opened.push(context);
  return context;
}
let context: AlertContext;

beforeAll(async () => {
  database = await createTestDatabase();
  receiver = await startReceiver();
  context = open("  unexplained_above: { EUR: '50.00' }\n");
});
afterAll(async () => {
  for (const one of opened) await one.close();
  await receiver.close();
  await database.drop();
});

/** Looks twice, of which the second time must find nothing, and answers what is new. */
async function look(kind?: string): Promise<readonly ListedAlert[]> {
  const found = await watchForAlerts(context);
  expect(await watchForAlerts(context)).toEqual([]);
  const all = await Promise.all(found.map(async (id) => (await listAlerts(database.db, { id, limit: 1 }))[0]));
  return all.filter((one) => one !== undefined).filter((one) => kind === undefined || one.kind === kind);
}

const differs = (customer: string, delta: string, cause = 'tax.rate', currency = 'EUR'): TestPair => ({
  customer,
  currency,
  state: 'mismatch',
  legacy: '100.00',
  solvimon: '100.00',
  mismatches: [{ cause, confidence: cause === 'unexplained' ? 'unknown' : 'proven', delta }],
});
const run = (pairs: readonly TestPair[], over: { cycle?: string; isComplete?: boolean; isFinished?: boolean } = {}) =>
  storeRun(database.db, { cycle: '2026-10', pairs, now: clock.now(), ...over });

describe('runs', () => {
  test('a digest says what is new, worse and resolved against the run before, per currency, and names nobody', async () => {
    await run([matched('C1'), differs('C2', '1.10'), differs('C3', '-2.00', 'tax.rate', 'USD'), differs('C4', '3.00')]);
    const [first] = await look('run.digest');
    expect(first?.title).toBe('2026-10 reconciled: 3 new, 0 worse, 0 resolved, 0 expired');
    expect(first?.lines).toEqual([
      '1 of 4 pairs match',
      'new: 2 with EUR 4.10, 1 with USD 2.00',
      'the first run: everything is new',
    ]);
    clock.pass(day);
    await run([
      matched('C1'),
      differs('C2', '-1.20'),
      differs('C3', '-1.00', 'tax.rate', 'USD'),
      differs('C5', '0.05'),
    ]);
    const [second] = await look('run.digest');
    expect(second?.title).toBe('2026-10 reconciled: 1 new, 1 worse, 1 resolved, 0 expired');
    expect(second?.lines).toEqual([
      '1 of 4 pairs match',
      'new: 1 with EUR 0.05',
      'worse: 1 with EUR 1.20',
      'resolved: 1 with EUR 3.00',
      'against the run before it',
    ]);
    expect(second?.detail).toMatchObject({ worse: [{ currency: 'EUR', keys: 1, gross: '1.2' }] });
    expect(JSON.stringify([first, second])).not.toMatch(/C[1-5]\b/);
  });

  test('a channel that asks for some parts only gets digests with one of them, and those that are not complete', async () => {
    await emptyAlerts(database);
    const quiet = open('  digest: { slack_webhook_env: OPS, only: [new, expired] }\n');
    receiver.received.length = 0;
    const turn = async () => {
      await watchForAlerts(quiet);
      return (await sendAlerts(quiet)).sent;
    };
    await turn();
    receiver.received.length = 0;
    clock.pass(day);
    await run([matched('C1'), differs('C2', '-1.20'), differs('C5', '0.05')]);
    expect([await turn(), receiver.received.map(({ body }) => body)]).toEqual([0, []]);
    await run([matched('C1')], { isComplete: false });
    expect(await turn()).toBe(1);
    await run([matched('C1'), differs('C9', '0.01')]);
    expect(await turn()).toBe(1);
    expect(receiver.received[0]?.body).toContain('reconciled in part');
    await look();
  });

  test('the same trouble is told once until a run is without it, and what a system said stays out', async () => {
    const fail = async (code: string) => {
      const begun = await run([], { isFinished: false, cycle: '2026-09' });
      await noteFailure(database.db, begun.id, { code, detail: 'customer ACME was refused', exitCode: 5 }, true);
      clock.pass(day);
      return (await look('run.incomplete')).map(({ title, lines }) => [title, lines[0]]);
    };
    const told = ['A run of 2026-09 did not finish', 'A billing system could not be reached.'];
    expect(await fail('source_unreachable')).toEqual([told]);
    expect(await fail('source_unreachable')).toEqual([]);
    expect(await fail('source_unauthorised')).toEqual([[told[0], 'A billing system refused our credentials.']]);
    await run([matched('C1')], { cycle: '2026-09' });
    expect(await look('run.incomplete')).toEqual([]);
    expect(await fail('source_unreachable')).toEqual([told]);
    expect(JSON.stringify(await listAlerts(database.db, { kind: 'run.incomplete', limit: 50 }))).not.toContain('ACME');
  });

  test('an unexplained difference above its limit is told once per key, with its side in words', async () => {
    const pairs = [
      differs('C1', '-50.01', 'unexplained'),
      differs('C2', '50.00', 'unexplained'),
      differs('C3', '900', 'unexplained', 'USD'),
    ];
    await run(pairs);
    const found = await look('mismatch.unexplained');
    expect(found.map(({ title, lines }) => [title, lines[0]])).toEqual([
      ['EUR 50.01 in 2026-10 have no explanation', 'under: Solvimon bills less, at line level'],
    ]);
    clock.pass(day);
    await run(pairs);
    expect(await look('mismatch.unexplained')).toEqual([]);
  });
});

describe('usage', () => {
  test('findings of the newest check are told once, and again only when their number changes', async () => {
    const check = async (id: string, missing: number, isComplete = true) => {
      await sql`insert into usage_check (id, kind, cycle, timezone, state, is_complete, incomplete_because, closes_at, created_at, finished_at)
        values (${id.padEnd(26, '0')}, 'check', '2026-10', 'UTC', 'compared', ${isComplete}, ${isComplete ? [] : ['legacy: a file is missing']}::text[],
          ${clock.now()}, ${clock.now()}, ${clock.now()})`.execute(database.db);
      for (let no = 1; no <= missing; no += 1)
        await sql`insert into usage_finding (check_seq, no, class, customer, meter, effect)
          values ((select max(seq) from usage_check), ${no}, 'missing', 'ACME', 'calls', -1)`.execute(database.db);
      return (await look('usage.events')).map(({ title }) => title);
    };
    expect(await check('a', 0)).toEqual([]);
    expect(await check('b', 2)).toEqual(['Usage of 2026-10: 2 events are not as they should be']);
    expect(await check('c', 2)).toEqual([]);
    expect(await check('d', 1, false)).toEqual([
      'Usage of 2026-10: 1 event is not as it should be, not all of it was there',
    ]);
    expect(JSON.stringify(await listAlerts(database.db, { kind: 'usage.events', limit: 9 }))).not.toContain('ACME');
    expect(await check('e', 0)).toEqual([]);
  });
});

describe('acceptances', () => {
  test('what was accepted together is one alert a week before its day and one when it has come; known differences too', async () => {
    // The clock stands some days before the known difference ends.
    const today = clock.now().toISOString().slice(0, 10);
    expect(today < '2026-11-20').toBe(true);
    const insert = (key: string, expires: string) =>
      sql`
      insert into work_item (cycle, key, status, version, accepted_in, accepted_by, approved_by, accepted_at, reason, expires_on, max_amount, content, updated_at)
      values ('2026-10', ${key}, 'accepted', 1, '2026-10', 'ann@example.com', 'bob', now(), 'rounding', ${expires}, 5, 'x', now())`.execute(
        database.db,
      );
    const inDays = (count: number) => new Date(clock.now().getTime() + count * day).toISOString().slice(0, 10);
    for (const key of ['W-1', 'W-2']) await insert(key, inDays(8));
    await insert('W-3', inDays(30));
    expect(await look('acceptance.expiring')).toEqual([]);
    clock.pass(day);
    const [soon, ...others] = await look('acceptance.expiring');
    expect(others).toEqual([]);
    expect(soon).toMatchObject({ owners: ['ann@example.com', 'bob'], detail: { keys: 2 } });
    expect(soon?.title).toBe(`2 acceptances in 2026-10 end on ${inDays(7)}`);
    await sql`update work_item set status = 'expired' where key = 'W-1' or key = 'W-2'`.execute(database.db);
    clock.pass(7 * day);
    const [gone] = await look('acceptance.expired');
    expect(gone?.title).toBe(`2 acceptances in 2026-10 ended on ${inDays(0)}`);
    const all = await listAlerts(database.db, { limit: 200 });
    const ofKnown = all.filter(({ title }) => title.includes('KD-7')).map(({ kind, owners }) => [kind, owners]);
    expect(ofKnown.toReversed()).toEqual([
      ['acceptance.expiring', ['tax@example.com']],
      ['acceptance.expired', ['tax@example.com']],
    ]);
  });
});

async function aCohort(): Promise<void> {
  await sql`insert into cohort (id, stage, step, selection, frame, created_by, created_at)
    values ('pilot-nl', 'pilot', 'first', 'convenience', 'f', 'eve@example.com', ${clock.now()})`.execute(database.db);
  await sql`insert into policy_version (hash, policy, weakened, restarts_evidence, adopted_by, adopted_at)
    values ('h', '{}', '[]', false, '{eve}', ${clock.now()})`.execute(database.db);
}

async function evaluation(decision: string): Promise<void> {
  await sql`insert into evaluation (cohort_id, cycle, as_of, night, decision, reason, leaning, snapshot, chain, detail, policy_seq, policy_hash,
      inputs_hash, grid_version, mode, epoch, frame, selection, created_at)
    values ('pilot-nl', '2026-10', ${clock.now()}, ${clock.now()}, ${decision}, 'COVERAGE', ${decision}, '{}', '[]', '{}',
      (select max(seq) from policy_version), 'h', 'i', 'g', 'strict', 1, 'f', 'convenience', ${clock.now()})`.execute(
    database.db,
  );
}

describe('decisions', () => {
  test('a changed recommendation is told once, to the owner of the cohort', async () => {
    await aCohort();
    await evaluation('HOLD');
    await evaluation('HOLD');
    expect(await look('gate.changed')).toEqual([]);
    await evaluation('EXPAND');
    const [found] = await look('gate.changed');
    expect(found).toMatchObject({
      title: 'pilot-nl: HOLD became EXPAND',
      owners: ['eve@example.com'],
      cycle: '2026-10',
    });
  });

  test('a proposal waits, is reminded of after a day, and of no more; one that is acknowledged is not reminded of', async () => {
    const propose = async () =>
      sql`insert into decision_proposal (cohort_id, evaluation_id, decision, recommendation, reason, effective_on, affected, needed_approvals, proposed_by, proposed_at)
        values ('pilot-nl', (select max(id) from evaluation), 'EXPAND', 'EXPAND', 'all is well', ${clock.now()}, '[]', 1, 'eve', ${clock.now()})`.execute(
        database.db,
      );
    await propose();
    expect((await look('decision.waiting')).map(({ title }) => title)).toEqual([
      'EXPAND for pilot-nl waits for approval',
    ]);
    clock.pass(day - 1);
    await propose();
    const [second] = await look('decision.waiting');
    await acknowledge(
      { db: database.db, now: clock.now },
      { id: second?.id ?? '', actor: { name: 'bob', via: 'cli' }, note: 'after lunch' },
    );
    clock.pass(1);
    expect((await look('decision.waiting')).map(({ title }) => title)).toEqual([
      'Reminder: EXPAND for pilot-nl waits for approval',
    ]);
    clock.pass(2 * day);
    expect(await look('decision.waiting')).toEqual([]);
    await expect(
      acknowledge(
        { db: database.db, now: clock.now },
        { id: second?.id ?? '', actor: { name: 'cy', via: 'cli' }, note: null },
      ),
    ).rejects.toThrow('bob has acknowledged');
  });

  test('two live billers, a final invoice in the shadow and a suspended sign-off are told once each, without the customer', async () => {
    await sql`insert into live_biller (customer, system, from_cycle, source, recorded_by, recorded_at) values
      ('ACME', 'legacy', '2026-01', 's', 'eve', now()), ('ACME', 'solvimon', '2026-11', 's', 'eve', now())`.execute(
      database.db,
    );
    await sql`insert into solvimon_incident values ('shadow_invoice_final', 'a', 'invo-1', 'ACME', 'webhook', ${clock.now()}, ${clock.now()}, 1)`.execute(
      database.db,
    );
    await sql`insert into cycle_state values ('2026-08', 'suspended', 2, 'h', 3, ${clock.now()})`.execute(database.db);
    const found = await look();
    expect(found.map(({ kind, severity, title }) => [kind, severity, title])).toEqual([
      ['billing.two_billers', 'critical', 'A customer has two live billing systems in 2026-11'],
      ['invoice.final_in_shadow', 'critical', 'Invoice invo-1 became FINAL in Solvimon while it only shadows'],
      ['signoff.suspended', 'warning', 'The sign-off of 2026-08 is suspended'],
    ]);
    for (const { customers: _customers, ...rest } of found) expect(JSON.stringify(rest)).not.toContain('ACME');
    expect(found[0]?.id).toBe(alertId('billing.two_billers', JSON.stringify(['ACME', '2026-11'])));
  });
});
