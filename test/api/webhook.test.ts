import { createHmac } from 'node:crypto';
import { writeFileSync, mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiContext } from '../../src/app-api.js';
import { readConfig } from '../../src/app.js';
import { webhookHandler } from '../../src/app-webhook.js';
import { buildServer } from '../../src/api/server.js';
import { createLogger } from '../../src/log.js';
import { listIncidents } from '../../src/store/solvimon-records.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const secret = 'whsec_of_the_test';
const now = new Date('2026-11-02T08:00:00.000Z');
const config = `version: 1
timezone: Europe/Amsterdam
sources:
  legacy: { kind: csv, path: legacy.csv, timezone: Europe/Amsterdam, columns: {} }
  solvimon: { kind: http, api_key_env: KEY, webhook_secret_env: HOOK }
`;

let database: TestDatabase;
let app: Awaited<ReturnType<typeof buildServer>>;
beforeAll(async () => {
  database = await createTestDatabase();
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'shadowbill-hook-')), 'shadowbill.yml');
  writeFileSync(file, config);
  const loaded = readConfig(file, now);
  const log = createLogger({ level: 'silent', component: 'test' });
  app = await buildServer({
    api: apiContext(database, loaded, () => now),
    auth: { kind: 'local', user: 'me' },
    session: { key: Buffer.alloc(32, 1), seconds: 3600 },
    isHttps: false,
    log: undefined,
    webhook: webhookHandler({ store: database, loaded, variables: { HOOK: secret }, log, now: () => now }),
  });
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

const body = JSON.stringify({
  type: 'INVOICE.STATUS_TO_FINAL',
  environment: 'LIVE',
  created_at: '2026-11-02T07:59:59Z',
  data: { id: 'invo_1', customer_id: 'cust_1', amount: 12.5 },
});

function deliver(text: string, signedWith = secret, timestamp = '2026-11-02T07:59:59Z') {
  const signature = createHmac('sha256', signedWith).update(`${timestamp}.${text}`).digest('hex');
  return app.inject({
    method: 'POST',
    url: '/webhooks/solvimon',
    headers: {
      host: 'localhost',
      'content-type': 'application/json',
      'x-payload-signature-timestamp': timestamp,
      'x-payload-signature': `v1=${signature}`,
    },
    payload: text,
  });
}

const incidents = async () =>
  (await listIncidents(database.db, '')).map((one) => [one.invoiceId, one.sightings, one.seenBy]);

describe('the address for webhooks', () => {
  test('an invoice that turned FINAL raises one incident, and the same delivery again raises none', async () => {
    expect((await deliver(body)).statusCode).toBe(200);
    expect((await deliver(body)).body).toBe('replayed');
    expect(await incidents()).toEqual([['invo_1', 1, 'webhook']]);
  });

  test('a delivery with another secret, too old, or changed on the way is refused and changes nothing', async () => {
    const before = await incidents();
    expect((await deliver(body, 'whsec_of_somebody_else')).statusCode).toBe(401);
    expect((await deliver(body, secret, '2026-11-02T07:50:00Z')).statusCode).toBe(401);
    const changed = await app.inject({
      method: 'POST',
      url: '/webhooks/solvimon',
      headers: {
        host: 'localhost',
        'content-type': 'application/json',
        'x-payload-signature-timestamp': '2026-11-02T07:59:59Z',
        'x-payload-signature': `v1=${createHmac('sha256', secret).update(`2026-11-02T07:59:59Z.${body}`).digest('hex')}`,
      },
      payload: `${body} `,
    });
    expect(changed.statusCode).toBe(401);
    expect(await incidents()).toEqual(before);
  });

  test('a body that is larger than any delivery is refused', async () => {
    expect((await deliver('x'.repeat(5 * 1024 * 1024 + 1))).statusCode).toBe(413);
  });
});
