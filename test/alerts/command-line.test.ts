import { appendFileSync, mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli } from '../support/cli.js';
import { type Receiver, startReceiver } from '../support/receiver.js';
import { writeSmallCycle } from '../support/small-cycle.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let database: TestDatabase;
let receiver: Receiver;
let config: string;
beforeAll(async () => {
  database = await createTestDatabase();
  receiver = await startReceiver();
  config = writeSmallCycle(mkdtempSync(path.join(os.tmpdir(), 'shadowbill-told-')), { customers: 12, chunkSize: 12 });
  appendFileSync(config, 'alerts:\n  slack: [{ id: ops, webhook_env: SLACK_OF_THE_COMMANDS }]\n');
  process.env['SLACK_OF_THE_COMMANDS'] = receiver.url;
});
afterAll(async () => {
  delete process.env['SLACK_OF_THE_COMMANDS'];
  await receiver.close();
  await database.drop();
});

const run = (...args: readonly string[]) =>
  cli(['-c', config, ...args], { DATABASE_URL: database.url, SLACK_OF_THE_COMMANDS: receiver.url });

test('a run tells people what it found; the alert is listed, shown, taken care of by one, and told once', async () => {
  expect(await run('run', '2026-10')).toMatchObject({ code: 0 });
  expect(receiver.received).toHaveLength(1);
  expect(receiver.received[0]?.body).toMatch(/2026-10 reconciled: \d+ new, 0 worse, 0 resolved, 0 expired/);
  expect(receiver.received[0]?.body).not.toMatch(/C00\d\d/);
  const again = await run('alerts', 'send');
  expect([again.code, again.stdout]).toEqual([0, '0 new; 0 sent, 0 to be tried again, 0 given up\n']);

  const list = JSON.parse((await run('-o', 'json', 'alerts', 'list', '--open')).stdout) as {
    rows: readonly { id: string; kind: string }[];
  };
  expect(list.rows.map(({ kind }) => kind)).toEqual(['run.digest']);
  const id = list.rows[0]?.id ?? '';
  const shown = await run('alerts', 'show', id);
  expect(shown.stdout).toMatch(/nobody has acknowledged it\nwhat to do: docs\/runbooks\/run-digest\.md/);
  expect(shown.stdout).toMatch(/ops\s.*sent/);
  expect((await run('alerts', 'ack', id, '--by', 'Ann', '--note', 'reading')).stdout).toContain(
    'acknowledged by ann at',
  );
  expect(await run('alerts', 'ack', id, '--by', 'bob')).toMatchObject({ code: 7 });
  expect((await run('alerts', 'list', '--open')).stdout).toContain('There are no alerts.');
});

test('a channel is tested by hand, with exit 5 when it does not work; what is not there is said', async () => {
  expect(await run('notify', 'test')).toMatchObject({ code: 0, stdout: expect.stringContaining('taken') as string });
  receiver.answer = () => ({ status: 403, text: 'action_prohibited' });
  const refused = await run('notify', 'test', 'ops');
  expect([refused.code, refused.stdout.includes('the receiver answered 403')]).toEqual([5, true]);
  expect(await run('notify', 'test', 'nobody')).toMatchObject({ code: 2 });
  expect(await run('alerts', 'show', 'A-1')).toMatchObject({ code: 2 });
  expect(await run('alerts', 'list', '--kind', 'run.digset')).toMatchObject({ code: 2 });
});
