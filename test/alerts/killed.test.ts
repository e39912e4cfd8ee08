import { afterAll, beforeAll, expect, test } from 'vitest';
import { sendAlerts } from '../../src/run/alerts/send.js';
import { alertId, insertAlert, listAlerts } from '../../src/store/alerts.js';
import { openTestAlerts, someAlert, writeAlertConfig } from '../support/alerts.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { type RunningCli, sourceCli, startCli } from '../support/run-cli.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const config = '  webhooks: [{ id: pager, url_env: PAGER_URL, secret_env: PAGER_SECRET }]\n';
const hour = 3_600_000;

let database: TestDatabase;
let receiver: Receiver;
beforeAll(async () => {
  database = await createTestDatabase();
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver.close();
  await database.drop();
});

test('killed by kill -9 between the receiver taking a message and the mark: the next process sends it again under its id, and only that one', async () => {
  const variables = { PAGER_URL: receiver.url, PAGER_SECRET: 'a secret that is long enough'.replaceAll(' ', '-') };
  for (const about of ['one', 'two', 'three']) await insertAlert(database.db, someAlert(about), new Date());
  const sender: { running?: RunningCli } = {};
  // The second message is taken, and the sender dies before it hears so.
  receiver.answer = () => {
    if (receiver.received.length === 2) sender.running?.child.kill('SIGKILL');
    return { status: 200 };
  };
  sender.running = startCli(sourceCli, ['-c', writeAlertConfig(config), 'alerts', 'send'], {
    ...variables,
    DATABASE_URL: database.url,
    REDIS_URL: undefined,
  });
  expect(await sender.running.ended).toMatchObject({ code: null });
  expect(receiver.received).toHaveLength(2);

  receiver.answer = () => ({ status: 200 });
  const later = openTestAlerts(database, { alerts: config, variables, now: () => new Date(Date.now() + hour) });
  expect(await sendAlerts(later)).toEqual({ sent: 2, again: 0, dead: 0 });
  expect(await sendAlerts(later)).toEqual({ sent: 0, again: 0, dead: 0 });
  await later.close();
  const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
  expect(ids).toHaveLength(4);
  expect(new Set(ids).size).toBe(3);
  expect(ids.filter((id) => id === ids[1])).toHaveLength(2);
  const [two] = await listAlerts(database.db, { id: alertId('run.incomplete', 'two'), limit: 1 });
  expect(two?.deliveries).toMatchObject([{ state: 'sent' }]);
});
