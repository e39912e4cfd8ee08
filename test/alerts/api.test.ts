import { afterAll, beforeAll, expect, test } from 'vitest';
import { alertRoutes } from '../../src/api/routes/alerts.js';
import { readConfig } from '../../src/app.js';
import { roles, scopesOf } from '../../src/model/access.js';
import { sendAlerts } from '../../src/run/alerts/send.js';
import { alertId, insertAlert } from '../../src/store/alerts.js';
import { someAlert, testClock, writeAlertConfig } from '../support/alerts.js';
import { startTestApi, type TestApi } from '../support/api.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const clock = testClock('2026-11-05T05:00:00Z');
const id = alertId('run.incomplete', 'x');
let database: TestDatabase;
let receiver: Receiver;
let server: TestApi;

beforeAll(async () => {
  database = await createTestDatabase();
  receiver = await startReceiver();
  process.env['SLACK_OF_THE_TEST'] = receiver.url;
  const file = writeAlertConfig('  slack: [{ id: ops, webhook_env: SLACK_OF_THE_TEST, min_severity: warning }]\n');
  server = await startTestApi({ store: database, loaded: readConfig(file, clock.now()), now: clock.now });
  await insertAlert(database.db, someAlert('x'), clock.now());
});
afterAll(async () => {
  delete process.env['SLACK_OF_THE_TEST'];
  await server.close();
  await receiver.close();
  await database.drop();
});

test('an operator tests a channel and sends a dead letter again; an analyst takes care of an alert; each is in the audit log', async () => {
  const operator = await server.signIn('olga', 'operator');
  expect((await operator.get('/api/v1/alerts/channels')).json()).toEqual({
    rows: [{ id: 'ops', kind: 'slack', kinds: null, least: 'warning' }],
  });
  receiver.answer = () => ({ status: 404, text: 'no_service' });
  const tried = await operator.post('/api/v1/alerts/test', { channel: 'ops' });
  expect(tried.json()).toEqual({ rows: [{ channel: 'ops', recipient: '', problem: 'the receiver answered 404' }] });
  expect((await operator.post('/api/v1/alerts/test', { channel: 'nobody' })).statusCode).toBe(404);
  await server.api.withAlerts(sendAlerts);
  const dead = (await operator.get('/api/v1/alerts?show=undelivered')).json() as {
    rows: { id: string; title: string }[];
  };
  expect(dead.rows.map((row) => row.id)).toEqual([id]);
  receiver.answer = () => ({ status: 200 });
  expect((await operator.post(`/api/v1/alerts/${id}/resend`, {})).json()).toMatchObject({
    deliveries: [{ channel: 'ops', state: 'waiting' }],
  });
  await server.api.withAlerts(sendAlerts);
  expect((await operator.post(`/api/v1/alerts/${id}/resend`, {})).statusCode).toBe(409);

  const analyst = await server.signIn('ann', 'analyst');
  const taken = await analyst.post(`/api/v1/alerts/${id}/acknowledge`, { note: 'asked the platform team' });
  expect(taken.json()).toMatchObject({
    acknowledgedBy: 'ann@example.com',
    note: 'asked the platform team',
    deliveries: [{ state: 'sent' }],
  });
  expect((await analyst.post(`/api/v1/alerts/${id}/acknowledge`, {})).statusCode).toBe(409);
  expect((await analyst.get('/api/v1/alerts?show=open')).json()).toEqual({ rows: [], before: null });
  expect((await analyst.post('/api/v1/alerts/test', {})).statusCode).toBe(403);

  const auditor = await server.signIn('aud', 'auditor');
  const log = (await auditor.get('/api/v1/audit')).json() as { rows: { action: string; actor: string }[] };
  expect(log.rows.map(({ action, actor }) => [action, actor])).toEqual([
    ['alert.acknowledge', 'ann@example.com'],
    ['alert.resend', 'olga@example.com'],
  ]);
});

test('each route lets in the roles that its rule names, and nobody who is not signed in', async () => {
  let refused = 0;
  for (const role of roles) {
    const person = await server.signIn(`p-${role}`, role);
    for (const one of alertRoutes) {
      const url = one.url.replace(':alert', 'A-0').replace(':runbook', 'run-digest');
      expect([url, (await server.app.inject({ method: one.method, url })).statusCode]).toEqual([url, 401]);
      const { statusCode } = await person.send(one.method, url, one.method === 'POST' ? {} : undefined);
      const isIn = one.rule !== 'public' && one.rule !== 'signed_in' && scopesOf([role]).includes(one.rule);
      expect([role, url, statusCode !== 403, statusCode < 500]).toEqual([role, url, isIn, true]);
      if (!isIn) refused += 1;
    }
  }
  // Three routes change something: two for whoever operates, one for whoever works.
  expect(refused).toBe(2 * (roles.length - 2) + (roles.length - 3));
});

test('a runbook is read by its name, and nothing else of the disk is', async () => {
  const viewer = await server.signIn('vic', 'viewer');
  const found = (await viewer.get('/api/v1/runbooks/run-incomplete')).json() as { kind: string; text: string };
  expect(found.kind).toBe('run.incomplete');
  expect(found.text).toContain('What to do:');
  for (const name of ['nothing', '..%2F..%2FREADME', 'run.incomplete'])
    expect([name, (await viewer.get(`/api/v1/runbooks/${name}`)).statusCode]).toEqual([name, 404]);
});
