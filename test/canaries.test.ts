import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Pool } from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readConfig } from '../src/app.js';
import { serve } from '../src/app-api.js';
import { readEnv } from '../src/config/env.js';
import { createLogger } from '../src/log.js';
import { surroundings, toObject } from './fakes/stripe/objects.js';
import { fakeKey, startStripe, type StripeFake } from './fakes/stripe/server.js';
import { makeInvoice, october } from './fakes/solvimon/invoice.js';
import { FakeSolvimon, readKey } from './fakes/solvimon/server.js';
import { many } from './conformance/samples.js';
import { memoryHarness } from './conformance/memory-source.js';
import { type CanaryProxy, startCanaryProxy } from './support/canary-proxy.js';
import { cli } from './support/cli.js';
import { buildCli, runCli } from './support/run-cli.js';
import { createTestDatabase, keepOnFailure, type TestDatabase } from './support/test-database.js';

/*
 * A canary is a secret that nothing else looks like. One is put into every place where a secret can be configured and into
 * the records of both billing systems; the program is run through its commands and pages, with good replies and with
 * replies that say the secret back, at the most talkative level of the log. Then everything that it left behind is searched.
 */

const timeout = 480_000;
const suffix = randomBytes(6).toString('hex');
const canary = (name: string) => `canary-${name}-${suffix}`;

/** Secrets by the variable that holds them. */
const variables = {
  STRIPE_KEY: `rk_live_${canary('stripe')}`,
  WRITE_KEY: canary('write'),
  WEBHOOK_SECRET: `whsec_${Buffer.from(canary('webhook')).toString('base64')}`,
  CLIENT_SECRET: canary('client'),
  ALERT_URL: `https://alerts.example.com/${canary('alert-url')}`,
  ALERT_SECRET: canary('alert-secret'),
  SLACK_URL: `https://hooks.slack.com/services/T0/B0/${canary('slack')}`,
  SMTP_URL: `smtps://mailer:${canary('smtp')}@mail.example.com:465`,
  SESSION_KEY: randomBytes(32).toString('hex'),
} as const;
const solvimonKey = canary('solvimon');
const databasePassword = canary('database');
const secrets = [
  ...Object.entries(variables).map(([name, value]) => (name === 'SMTP_URL' ? canary('smtp') : value)),
  solvimonKey,
  databasePassword,
];
/** What the records of the billing systems say besides what is compared. */
const personal = ['email', 'street', 'link', 'client-secret', 'card'].map((name) => canary(`payload-${name}`));
const [email, street, link, clientSecret, card] = personal;
/** Stays: proves that records are kept and that the search finds what is there. */
const harmless = canary('harmless');

const added = `"harmless":"${harmless}","customer_email":"${email}","billing_address":{"street":"${street}"},"hosted_invoice_url":"https://pay.example.com/${link}","confirmation_secret":{"client_secret":"${clientSecret}"},"payment_method":{"card":"${card}"},`;

const built = buildCli();
let work: string;
let config: string;
let database: TestDatabase;
let url: string;
let stripe: StripeFake;
let solvimon: FakeSolvimon;
let proxies: { readonly legacy: CanaryProxy; readonly solvimon: CanaryProxy };
const found = new Map<string, string>();

beforeAll(async () => {
  work = mkdtempSync(path.join(os.tmpdir(), 'shadowbill-canary-'));
  database = await createTestDatabase();
  await database.pool.query(`create role canary_${suffix} superuser login password '${databasePassword}'`);
  const address = new URL(database.url);
  Object.assign(address, { username: `canary_${suffix}`, password: databasePassword });
  url = address.href;
  const documents = many(memoryHarness(), 5);
  stripe = await startStripe({ state: { invoices: documents.map(toObject), ...surroundings(documents) } });
  solvimon = await FakeSolvimon.start({ now: Date.now() });
  solvimon.upToDate = { ...solvimon.upToDate, event_processing_up_to_date_until: new Date().toISOString() };
  for (const customer of ['acme', 'beta'])
    solvimon.addInvoice(
      makeInvoice({
        id: `invo_${customer}`,
        customer,
        periods: [{ ...october, groups: [{ lines: [{ product: 'fee', net: '10.00', tax: '2.10' }] }] }],
      }),
    );
  proxies = {
    legacy: await startCanaryProxy({
      target: `http://127.0.0.1:${stripe.port}`,
      secrets: { [variables.STRIPE_KEY]: fakeKey },
      after: '{"id":"in_',
      added: '',
    }),
    solvimon: await startCanaryProxy({
      target: solvimon.url,
      secrets: { [solvimonKey]: readKey },
      after: '"object_type":"INVOICE",',
      added,
    }),
  };
  config = path.join(work, 'shadowbill.yml');
  writeFileSync(path.join(work, 'solvimon.key'), solvimonKey);
  writeFileSync(config, configText());
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
}, timeout);
afterAll(async () => {
  vi.unstubAllEnvs();
  await proxies.legacy.close();
  await proxies.solvimon.close();
  await stripe.close();
  await solvimon.close();
  await database.pool.query(`drop role canary_${suffix}`).catch(() => undefined);
  await database.drop();
  built.remove();
  rmSync(work, { recursive: true, force: true });
});

const configText = () => `version: '1'
timezone: Europe/Amsterdam
base_url: https://shadowbill.example.com
sources:
  legacy: { kind: stripe, api_key_env: STRIPE_KEY, base_url: '${proxies.legacy.url}', settle_hours: 0 }
  solvimon:
    kind: http
    base_url: ${proxies.solvimon.url}
    api_key_file: solvimon.key
    platform_id: plat_shadow
    allow_private_address: true
    settle: 0s
    max_attempts: 2
    timeout: 5s
    requests_per_second: '500'
    burst: 500
    webhook_secret_env: WEBHOOK_SECRET
    writes: { api_key_env: WRITE_KEY, hold: true }
auth: { issuer: https://login.example.com, client_id: shadowbill, client_secret_env: CLIENT_SECRET }
alerts:
  webhooks: [{ id: own, url_env: ALERT_URL, secret_env: ALERT_SECRET }]
  slack: [{ id: team, webhook_env: SLACK_URL }]
  smtp: { url_env: SMTP_URL, from: shadowbill <shadowbill@example.com> }
`;

/** Runs a command: in a process of its own with its log, or in this one, which is quicker. */
async function command(how: 'process' | 'here', ...args: readonly string[]): Promise<{ readonly code: number | null }> {
  const all = ['-c', config, ...args];
  const environment = { ...variables, DATABASE_URL: url, REDIS_URL: '', LOG_LEVEL: 'trace' };
  const result = how === 'process' ? await runCli(built.entry, all, environment) : await cli(all, environment);
  found.set(`output of ${args.join(' ')} (${found.size})`, `${result.stdout}\n${result.stderr}`);
  return result;
}

/** Every row of every table of every schema as text; bytes as the text they are. */
async function everyRow(pool: Pool): Promise<string> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_toast'`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await pool.query<{ row: string }>(`select row_to_json(t)::text as row from ${name} t`);
    texts.push(...rows.map((one) => one.row));
  }
  const { rows: raws } = await pool.query<{ text: string }>(
    `select convert_from(bytes, 'UTF8') as text from raw_record`,
  );
  return [...texts, ...raws.map((one) => one.text)].join('\n');
}

/** The places where a text stands, as it is or in one of the forms that it travels in. */
function placesOf(text: string): readonly string[] {
  const forms = [
    text,
    encodeURIComponent(text),
    Buffer.from(text).toString('base64').replace(/=+$/, ''),
    Buffer.from(`${text}:`).toString('base64').replace(/=+$/, ''),
  ];
  return [...found].filter(([, content]) => forms.some((form) => content.includes(form))).map(([place]) => place);
}

async function readPages(): Promise<void> {
  const env = readEnv({ ...variables, DATABASE_URL: url });
  if (!env.ok) throw new Error(env.problems.join());
  const lines: string[] = [];
  const log = createLogger({ level: 'trace', component: 'api', stream: { write: (line: string) => lines.push(line) } });
  const loaded = readConfig(config, new Date());
  const serving = await serve({
    store: database,
    loaded,
    env: env.env,
    variables,
    log,
    localUser: 'ann',
    port: 0,
  } as never);
  const get = async (address: string, headers: Readonly<Record<string, string>> = {}) => {
    const reply = await fetch(`${serving.address}${address}`, { headers });
    const text = await reply.text();
    found.set(`page ${address}`, `${JSON.stringify([...reply.headers])}${text}`);
    return { status: reply.status, text };
  };
  try {
    const api = JSON.parse((await get('/openapi.json')).text) as { paths: Readonly<Record<string, object>> };
    const plain = Object.keys(api.paths).filter(
      (address) => 'get' in (api.paths[address] ?? {}) && !address.includes('{'),
    );
    expect(plain.length).toBeGreaterThan(5);
    for (const address of [...plain, '/', '/nothing', '/api/v1/pairs?cycle=2026-10', '/api/v1/mismatches?cycle=%00'])
      await get(address);
    const { rows } = await database.pool.query<{ id: string; solvimon: string[] }>(
      'select id, solvimon from pair where cardinality(solvimon) > 0',
    );
    const [pair] = rows;
    const shown = `P-${(pair?.id ?? '').replaceAll('-', '').slice(0, 16)}`;
    await get(`/api/v1/pairs/${shown}`);
    await get('/api/v1/runs', { authorization: `Bearer ${solvimonKey}`, cookie: `session=${databasePassword}` });
    const raw = await get(`/api/v1/pairs/${shown}/raw/solvimon/${pair?.solvimon[0] ?? ''}`);
    expect([raw.status, raw.text.includes(harmless)]).toEqual([200, true]);
  } finally {
    await serving.close();
  }
  found.set('log of the server', lines.join('\n'));
}

test(
  'no secret of the configuration and nothing personal of a record is in any output, log, page, file or table',
  async () => {
    keepOnFailure(database);
    for (const args of [
      ['config', 'check'],
      ['config', 'show'],
    ])
      await command('here', ...args);
    await command('process', 'doctor');
    expect((await command('process', 'run', '2026-10')).code).toBe(0);
    for (const noun of ['pair', 'mismatch', 'runs', 'alerts', 'audit'])
      await command('here', '-o', 'jsonl', noun, 'list');
    for (const what of ['pairs', 'lines', 'mismatches'])
      await command('here', 'export', what, '2026-10', '--to', path.join(work, `${what}.csv`));
    await readPages();

    proxies.legacy.refuse(401);
    proxies.solvimon.refuse(401);
    expect((await command('process', 'run', '2026-09')).code).toBe(6);
    await command('here', 'solvimon', 'hold');
    proxies.legacy.refuse(400);
    proxies.solvimon.refuse(500);
    expect((await command('process', 'doctor')).code).toBe(5);
    const elsewhere = new URL(url);
    elsewhere.port = '1';
    const lost = await cli(['-c', config, 'runs', 'list'], { ...variables, DATABASE_URL: elsewhere.href });
    expect(lost.code).toBe(5);
    found.set('output without a database', `${lost.stdout}${lost.stderr}`);
    await readPages();

    found.set('database', await everyRow(database.pool));
    for (const entry of readdirSync(work, { recursive: true, withFileTypes: true }))
      if (entry.isFile() && entry.name !== 'solvimon.key') {
        const file = path.join(entry.parentPath, entry.name);
        found.set(file, readFileSync(file, 'latin1'));
      }

    // The secrets were really used, the records were really kept, and the search finds what is there.
    expect(proxies.legacy.seen.join()).toContain(variables.STRIPE_KEY);
    expect(proxies.solvimon.seen.join()).toContain(solvimonKey);
    expect(placesOf(harmless)).toContain('database');
    expect(found.get('database')).toContain('[removed]');
    expect([...found.values()].join()).toContain('[redacted]');
    expect(found.size).toBeGreaterThan(30);
    for (const secret of [...secrets, ...personal]) expect([secret, placesOf(secret)]).toEqual([secret, []]);
  },
  timeout,
);
