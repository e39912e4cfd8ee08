import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { OpenAlerts } from '../../src/app-alerts.js';
import { resend } from '../../src/run/alerts/act.js';
import { sendAlerts } from '../../src/run/alerts/send.js';
import { watchForAlerts } from '../../src/run/alerts/watch.js';
import { alertId, insertAlert, listAlerts } from '../../src/store/alerts.js';
import { emptyAlerts, openTestAlerts, someAlert, testClock } from '../support/alerts.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const secretBytes = Buffer.from('a key of thirty-two bytes, more!');
const variables = (receiver: Receiver) => ({
  PAGER_URL: `${receiver.url}/pager`,
  PAGER_SECRET: `whsec_${secretBytes.toString('base64')} an-older-secret-that-still-signs`,
  OPS_URL: `${receiver.url}/ops`,
});
const config = `  webhooks: [{ id: pager, url_env: PAGER_URL, secret_env: PAGER_SECRET }]
  slack: [{ id: ops, webhook_env: OPS_URL, kinds: [alert.undelivered] }]
`;
const hour = 3_600_000;

let database: TestDatabase;
let receiver: Receiver;
let clock: ReturnType<typeof testClock>;
let alerts: OpenAlerts;

beforeAll(async () => {
  database = await createTestDatabase();
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver.close();
  await database.drop();
});
beforeEach(async () => {
  await emptyAlerts(database);
  receiver.received.length = 0;
  receiver.answer = () => ({ status: 200 });
  clock = testClock('2026-11-05T05:00:00Z');
  alerts = openTestAlerts(database, { alerts: config, variables: variables(receiver), now: clock.now });
  return () => alerts.close();
});

const ids = () => receiver.received.map(({ headers }) => headers['webhook-id']);
const raise = (about: string) => insertAlert(database.db, someAlert(about), clock.now());
async function stateOf(about: string) {
  const [found] = await listAlerts(database.db, { id: alertId('run.incomplete', about), limit: 1 });
  return found?.deliveries.map(({ channel, state, attempts, lastError }) => [channel, state, attempts, lastError]);
}

describe('the outbox', () => {
  test('an alert is posted once, signed over the bytes as they came, and names no customer', async () => {
    await raise('x');
    expect(await sendAlerts(alerts)).toEqual({ sent: 1, again: 0, dead: 0 });
    expect(await sendAlerts(alerts)).toEqual({ sent: 0, again: 0, dead: 0 });
    const [one] = receiver.received;
    const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = one?.headers ?? {};
    const sign = (key: Buffer, body: string) =>
      `v1,${createHmac('sha256', key)
        .update(`${String(id)}.${String(timestamp)}.${body}`)
        .digest('base64')}`;
    const [newest, older] = String(signature).split(' ');
    expect(newest).toBe(sign(secretBytes, one?.body ?? ''));
    expect(older).toBe(sign(Buffer.from('an-older-secret-that-still-signs'), one?.body ?? ''));
    expect(newest).not.toBe(sign(secretBytes, `${one?.body ?? ''} `));
    expect(timestamp).toBe(String(Date.parse('2026-11-05T05:00:00Z') / 1000));
    expect(one?.body).not.toContain('ACME');
    expect(JSON.parse(one?.body ?? '')).toEqual({
      schemaVersion: 1,
      id,
      isTest: false,
      alert: alertId('run.incomplete', 'x'),
      kind: 'run.incomplete',
      severity: 'warning',
      cycle: '2026-10',
      run: null,
      title: 'A run of 2026-10 did not finish (x)',
      lines: ['A billing system could not be reached.', 'legacy <csv> & more'],
      detail: { code: 'source_unreachable', gross: '12.30' },
      customers: [],
      raisedAt: '2026-11-05T05:00:00.000Z',
      link: 'https://recon.example.com/app/cycles/2026-10',
      runbook: 'https://recon.example.com/app/runbooks/run-incomplete',
    });
  });

  test('the same thing noticed again is the same alert', async () => {
    expect(await raise('x')).toMatchObject({ isNew: true });
    expect(await raise('x')).toMatchObject({ isNew: false });
    await sendAlerts(alerts);
    expect(receiver.received).toHaveLength(1);
  });

  test('eight senders at the same moment send each message once', async () => {
    for (let index = 0; index < 40; index += 1) await raise(`x${index}`);
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => sendAlerts(alerts)));
    expect(outcomes.reduce((sum, { sent }) => sum + sent, 0)).toBe(40);
    expect(new Set(ids()).size).toBe(40);
    expect(receiver.received).toHaveLength(40);
  });

  test('a receiver in trouble is asked again after the wait that it named, with the same id', async () => {
    receiver.answer = () => ({ status: 503, headers: { 'retry-after': '1800' } });
    await raise('x');
    expect(await sendAlerts(alerts)).toEqual({ sent: 0, again: 1, dead: 0 });
    expect(await stateOf('x')).toEqual([['pager', 'waiting', 1, 'the receiver answered 503']]);
    clock.pass(1_799_000);
    expect(await sendAlerts(alerts)).toEqual({ sent: 0, again: 0, dead: 0 });
    receiver.answer = () => ({ status: 204 });
    clock.pass(1000);
    expect(await sendAlerts(alerts)).toEqual({ sent: 1, again: 0, dead: 0 });
    expect(new Set(ids()).size).toBe(1);
    expect(await stateOf('x')).toEqual([['pager', 'sent', 2, null]]);
  });

  test('a receiver that stays away for a day makes a dead letter, told elsewhere once and sent again by hand', async () => {
    receiver.answer = ({ path }) => ({ status: path === '/pager' ? 500 : 200 });
    await raise('x');
    let ticks = 0;
    for (; ticks < 40; ticks += 1) {
      await watchForAlerts(alerts);
      await sendAlerts(alerts);
      clock.pass(hour);
    }
    expect(await stateOf('x')).toEqual([['pager', 'dead', 12, 'the receiver answered 500, after 12 attempts']]);
    const told = receiver.received.filter(({ path }) => path === '/ops');
    expect(told).toHaveLength(1);
    expect(told[0]?.body).toContain('A message to pager was given up');
    expect(new Set(ids().filter((id) => id !== undefined)).size).toBe(1);

    receiver.answer = () => ({ status: 200 });
    await resend(
      { db: database.db, now: clock.now },
      { id: alertId('run.incomplete', 'x'), actor: { name: 'ann', via: 'cli' } },
    );
    expect(await sendAlerts(alerts)).toEqual({ sent: 1, again: 0, dead: 0 });
    expect(await stateOf('x')).toEqual([['pager', 'sent', 1, null]]);
    expect(new Set(ids().filter((id) => id !== undefined)).size).toBe(1);
    await expect(
      resend(
        { db: database.db, now: clock.now },
        { id: alertId('run.incomplete', 'x'), actor: { name: 'ann', via: 'cli' } },
      ),
    ).rejects.toMatchObject({ code: 'conflict' });
  });

  test('a receiver that refuses is not asked again', async () => {
    receiver.answer = ({ path }) => ({ status: path === '/pager' ? 401 : 200 });
    await raise('x');
    expect(await sendAlerts(alerts)).toEqual({ sent: 0, again: 0, dead: 1 });
    expect(await stateOf('x')).toEqual([['pager', 'dead', 1, 'the receiver answered 401']]);
  });

  test('a sender that was killed with the request under way leaves a message that is sent again under its id', async () => {
    receiver.answer = () => 'hang';
    await raise('x');
    const stopped = new AbortController();
    const killed = sendAlerts({ ...alerts, signal: stopped.signal });
    await expect.poll(() => receiver.received.length).toBe(1);
    stopped.abort(new Error('stopped'));
    await killed;
    receiver.answer = () => ({ status: 200 });
    expect(await sendAlerts(alerts)).toEqual({ sent: 0, again: 0, dead: 0 });
    clock.pass(61_000);
    expect(await sendAlerts(alerts)).toEqual({ sent: 1, again: 0, dead: 0 });
    expect(receiver.received).toHaveLength(2);
    expect(new Set(ids()).size).toBe(1);
  });

  test('a channel that is gone from the configuration makes a dead letter and no silence', async () => {
    receiver.answer = () => ({ status: 503 });
    await raise('x');
    await sendAlerts(alerts);
    clock.pass(hour);
    const without = openTestAlerts(database, {
      alerts: '  slack: [{ id: ops, webhook_env: OPS_URL }]\n',
      variables: variables(receiver),
      now: clock.now,
    });
    receiver.answer = () => ({ status: 200 });
    expect(await sendAlerts(without)).toEqual({ sent: 0, again: 0, dead: 1 });
    await watchForAlerts(without);
    expect(await sendAlerts(without)).toEqual({ sent: 1, again: 0, dead: 0 });
    expect(receiver.received.at(-1)?.body).toContain('no longer configured');
    await without.close();
  });
});
