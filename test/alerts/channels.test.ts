import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { OpenAlerts } from '../../src/app-alerts.js';
import { testChannels } from '../../src/run/alerts/act.js';
import { sendAlerts } from '../../src/run/alerts/send.js';
import { alertId, insertAlert, listAlerts } from '../../src/store/alerts.js';
import { emptyAlerts, openTestAlerts, someAlert, testClock } from '../support/alerts.js';
import { type Mailbox, startMailbox } from '../support/mailbox.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const config = `  smtp: { url_env: SMTP, from: shadowbill <bot@billing.example.com> }
  email: [{ id: mail, to: [Finance@example.com, cfo@example.com], owners: true }]
  slack: [{ id: ops, webhook_env: SLACK }]
`;

let database: TestDatabase;
let mailbox: Mailbox;
let receiver: Receiver;
const clock = testClock('2026-11-05T05:00:00Z');
let alerts: OpenAlerts;
const open = (text = config) =>
  openTestAlerts(database, {
    alerts: text,
    variables: { SMTP: mailbox.url, SLACK: `${receiver.url}/services/T0/B0/x` },
    now: clock.now,
  });

beforeAll(async () => {
  database = await createTestDatabase();
  mailbox = await startMailbox();
  receiver = await startReceiver();
  alerts = open();
});
afterAll(async () => {
  await alerts.close();
  await receiver.close();
  await mailbox.close();
  await database.drop();
});
beforeEach(async () => {
  await emptyAlerts(database);
  mailbox.mails.length = 0;
  mailbox.refused.clear();
  receiver.received.length = 0;
  receiver.answer = () => ({ status: 200 });
});

const headersOf = (raw: string) => raw.split('\r\n\r\n')[0] ?? '';
const decoded = (raw: string) => raw.replaceAll('=\r\n', '').replaceAll('=3D', '=');

describe('mail', () => {
  test('three alerts are one mail to each person and to each owner with an address, the worst first, without names', async () => {
    await insertAlert(database.db, someAlert('one'), clock.now());
    await insertAlert(database.db, someAlert('two', { owners: ['Ann@example.com', 'team billing'] }), clock.now());
    await insertAlert(database.db, someAlert('three', { kind: 'run.digest', title: 'the digest' }), clock.now());
    expect(await sendAlerts(alerts)).toEqual({ sent: 4, again: 0, dead: 0 });
    expect(mailbox.mails).toHaveLength(3);
    expect(new Set(mailbox.mails.map(({ to }) => to[0]))).toEqual(
      new Set(['ann@example.com', 'cfo@example.com', 'finance@example.com']),
    );
    const mail = mailbox.mails.find(({ to }) => to[0] === 'cfo@example.com');
    expect(mail?.from).toBe('bot@billing.example.com');
    const headers = headersOf(mail?.raw ?? '').replaceAll('\r\n ', ' ');
    expect(headers).toContain('Subject: [shadowbill] warning: A run of 2026-10 did not finish (one) (and 2 more)');
    expect(headers).toMatch(/^Message-ID: <N-[0-9a-f]{20}@billing\.example\.com>\r?$/m);
    expect(headers).toContain('Auto-Submitted: auto-generated');
    const text = decoded(mail?.raw ?? '');
    expect(text).toContain('legacy <csv> & more');
    expect(text).toContain('legacy &lt;csv&gt; &amp; more');
    expect(text).toContain('https://recon.example.com/app/runbooks/run-incomplete');
    expect(text.indexOf('did not finish (two)')).toBeLessThan(text.indexOf('the digest'));
    expect(text).not.toContain('ACME');
    expect(mailbox.mails.find(({ to }) => to[0] === 'ann@example.com')?.raw).not.toContain('(one)');
  });

  test('a person whose address is refused is a dead letter of its own, and the others get theirs', async () => {
    mailbox.refused.set('cfo@example.com', 550).set('finance@example.com', 451);
    await insertAlert(database.db, someAlert('one', { owners: ['ann@example.com'] }), clock.now());
    expect(await sendAlerts(alerts)).toEqual({ sent: 2, again: 1, dead: 1 });
    const [found] = await listAlerts(database.db, { id: alertId('run.incomplete', 'one'), limit: 1 });
    const states = found?.deliveries.map(({ recipient, state, lastError }) => [recipient, state, lastError]);
    expect(states).toEqual([
      ['ann@example.com', 'sent', null],
      ['cfo@example.com', 'dead', 'the mail server answered 550'],
      ['finance@example.com', 'waiting', 'the mail server answered 451'],
      ['', 'sent', null],
    ]);
  });

  test('a wrong password and a server that is not there are told apart', async () => {
    const other = (smtp: string) =>
      openTestAlerts(database, { alerts: config, variables: { SMTP: smtp, SLACK: receiver.url }, now: clock.now });
    const outcomeOf = async (smtp: string) => {
      const opened = other(smtp);
      const [first] = await testChannels(opened, 'mail');
      await opened.close();
      return first?.problem;
    };
    expect(await outcomeOf(mailbox.url.replace('p%40ss', 'wrong'))).toBe('the mail server answered 535');
    expect(await outcomeOf('smtp://bot:p%40ss@127.0.0.1:1')).toMatch(/^no answer from the mail server \(\w+\)$/);
    expect(await outcomeOf(mailbox.url)).toBeNull();
    expect(mailbox.mails[0]?.raw).toContain('This is a test. Nothing has happened.');
  });
});

describe('Slack', () => {
  test('alerts of one moment are one message, with what Slack reads as markup escaped', async () => {
    for (const about of ['one', 'two']) await insertAlert(database.db, someAlert(about), clock.now());
    await sendAlerts(alerts);
    expect(receiver.received).toHaveLength(1);
    const body = JSON.parse(receiver.received[0]?.body ?? '') as { text: string; blocks: readonly { type: string }[] };
    expect(body.text).toBe('warning: A run of 2026-10 did not finish (one) (and 1 more)');
    expect(body.blocks.map(({ type }) => type)).toEqual(['section', 'context', 'divider', 'section', 'context']);
    expect(receiver.received[0]?.body).toContain('legacy &lt;csv&gt; &amp; more');
    expect(receiver.received[0]?.body).toContain('<https://recon.example.com/app/cycles/2026-10|open>');
    expect(receiver.received[0]?.body).not.toContain('ACME');
  });

  test('forty alerts stay within the blocks of one message, and names come where they are allowed', async () => {
    const named = open(config.replace(/^/, '  include_names: true\n'));
    for (let index = 0; index < 40; index += 1) await insertAlert(database.db, someAlert(`n${index}`), clock.now());
    await sendAlerts(named);
    await named.close();
    expect(receiver.received).toHaveLength(1);
    const body = JSON.parse(receiver.received[0]?.body ?? '') as { blocks: readonly object[] };
    expect(body.blocks.length).toBeLessThanOrEqual(50);
    expect(JSON.stringify(body)).toContain('and 25 more: shadowbill alerts list');
    expect(JSON.stringify(body)).toContain('customers: ACME-BV');
    expect(mailbox.mails[0]?.raw).toContain('ACME-BV');
  });
});

test('in quiet hours people get nothing but what is critical, and in the morning one message with the rest', async () => {
  const night = testClock('2026-11-05T21:00:00Z');
  const quiet = openTestAlerts(database, {
    alerts: `${config}  quiet: { from: '20:00', to: '07:00' }
  webhooks: [{ id: pager, url_env: SLACK, secret_env: SECRET }]
`,
    variables: { SMTP: mailbox.url, SLACK: receiver.url, SECRET: 'a-secret-that-is-long-enough' },
    now: night.now,
  });
  for (const about of ['one', 'two']) await insertAlert(database.db, someAlert(about), night.now());
  await insertAlert(database.db, someAlert('bad', { kind: 'billing.two_billers', title: 'two live' }), night.now());
  // Three alerts to the pager; the critical one to Slack and to two people.
  expect(await sendAlerts(quiet)).toEqual({ sent: 6, again: 0, dead: 0 });
  expect(mailbox.mails.map(({ raw }) => raw.includes('did not finish'))).toEqual([false, false]);
  night.pass(9 * 3_600_000 - 1);
  expect(await sendAlerts(quiet)).toEqual({ sent: 0, again: 0, dead: 0 });
  night.pass(1);
  expect(await sendAlerts(quiet)).toEqual({ sent: 3, again: 0, dead: 0 });
  expect(headersOf(mailbox.mails.at(-1)?.raw ?? '').replaceAll('\r\n ', ' ')).toContain('(one) (and 1 more)');
  await quiet.close();
});

test('a variable that is missing or no secret is named, all at once, and no value is shown', () => {
  const wrong = () =>
    openTestAlerts(database, {
      alerts: `${config}  webhooks: [{ id: pager, url_env: PAGER_URL, secret_env: PAGER_SECRET }]\n`,
      variables: {
        SMTP: 'http://hunter2.example.com',
        PAGER_SECRET: 'hunter2',
        PAGER_URL: 'https://pager.example.com',
      },
      now: clock.now,
    });
  expect(wrong).toThrow(/SLACK is not set/);
  expect(wrong).toThrow(/SMTP does not hold/);
  expect(wrong).toThrow(/PAGER_SECRET does not hold a secret of at least 24 characters/);
  expect(wrong).not.toThrow(/hunter2/);
});
