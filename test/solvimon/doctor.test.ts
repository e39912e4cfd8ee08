import { afterEach, describe, expect, test } from 'vitest';
import { openHttp } from '../../src/solvimon-adapter/http-source.js';
import { httpConfig } from '../../src/solvimon-adapter/http-config.js';
import { type FakeKey, FakeSolvimon, readKey } from '../fakes/solvimon/server.js';
import { testContext } from '../support/pull.js';
import { type Bench, openBench } from './harness.js';

/*
 * `shadowbill doctor` on the Solvimon side: each trouble is one finding in one sentence with its next step, and no two
 * troubles look alike.
 */

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

async function findings(current: Bench, context = current.context()) {
  return current.source.check(context);
}
const problems = async (current: Bench, context = current.context()) =>
  (await findings(current, context))
    .filter((one) => one.level !== 'ok')
    .map(({ level, topic, sentence, next }) => ({ level, topic, sentence, next }));
const host = (current: Bench) => new URL(current.server.url).host;
const keyWithout = (...without: string[]): Record<string, FakeKey> => ({
  [readKey]: { environment: 'live', role: 'READ_ONLY', without },
});

describe('doctor tells apart', () => {
  test('nothing: a good key on a healthy platform', async () => {
    bench = await openBench();
    const all = await findings(bench);
    expect(all.map((one) => `${one.level} ${one.topic}`)).toEqual(['ok reachability', 'ok clock', 'ok permissions']);
    for (const { sentence } of all) expect(sentence).toMatch(/^[A-Z][^\n]*\.$/);
  });

  test('a wrong key', async () => {
    bench = await openBench({ keys: {} });
    expect(await problems(bench)).toEqual([
      {
        level: 'problem',
        topic: 'credentials',
        sentence: `Solvimon at ${host(bench)} refuses the key in SOLVIMON_KEY.`,
        next: 'Make a READ_ONLY key in Solvimon’s settings and put it there; a revoked or mistyped key answers the same.',
      },
    ]);
  });

  test('a key for the other environment', async () => {
    const key: Record<string, FakeKey> = { [readKey]: { environment: 'test', role: 'READ_ONLY' } };
    const test = await FakeSolvimon.start({ environment: 'test', keys: key });
    bench = await openBench({ keys: key });
    const source = openHttp(bench.config, {
      ...bench.environment,
      environmentUrls: { live: bench.server.url, test: test.url },
    });
    const found = await source.check(bench.context());
    expect(found).toEqual([
      {
        level: 'problem',
        topic: 'environment',
        sentence: 'The key in SOLVIMON_KEY belongs to the test environment and the configuration says live.',
        next: 'Set sources.solvimon.environment: test, or put a live key into SOLVIMON_KEY.',
      },
    ]);
    await source.close();
    await test.close();
  });

  test('permissions that are missing, by name', async () => {
    bench = await openBench({ keys: keyWithout('METER_DATA.VIEW', 'CUSTOMER.VIEW', 'CURRENCIES.VIEW') });
    expect(await problems(bench)).toEqual([
      {
        level: 'problem',
        topic: 'permissions',
        sentence: 'The key in SOLVIMON_KEY lacks the permissions CUSTOMER.VIEW, METER_DATA.VIEW, CURRENCIES.VIEW.',
        next: 'Give the role of this key those permissions in Solvimon.',
      },
    ]);
  });

  test('the permission for invoices missing from a wrong key', async () => {
    bench = await openBench({ keys: keyWithout('INVOICE.VIEW') });
    expect((await problems(bench)).map((one) => [one.topic, one.sentence])).toContainEqual([
      'permissions',
      'The key in SOLVIMON_KEY lacks the permission INVOICE.VIEW.',
    ]);
  });

  test.each([
    ['ahead of', 600_000],
    ['behind', -600_000],
  ])('a clock that is %s theirs', async (words, skewMs) => {
    bench = await openBench();
    const { server } = bench;
    const found = await problems(bench, testContext({ now: () => server.now + skewMs }));
    expect(found).toEqual([
      {
        level: 'problem',
        topic: 'clock',
        sentence: `The clock of this machine is 600 s ${words} Solvimon’s.`,
        next: 'Set the clock with NTP; webhook signatures and waiting times depend on it.',
      },
    ]);
  });

  test('a host that refuses the connection', async () => {
    bench = await openBench({}, { base_url: 'http://127.0.0.1:9' });
    expect(await problems(bench)).toEqual([
      {
        level: 'problem',
        topic: 'reachability',
        sentence: 'Solvimon cannot be reached: 127.0.0.1:9: it refused the connection.',
        next: 'Check sources.solvimon.base_url, the name service and the firewall for outgoing HTTPS.',
      },
    ]);
  });

  test('a host whose name does not resolve', async () => {
    bench = await openBench({}, { base_url: 'http://solvimon.invalid' });
    const [found] = await problems(bench);
    expect(found?.topic).toBe('reachability');
    expect(found?.sentence).toMatch(
      /^Solvimon cannot be reached: solvimon\.invalid: its name (does not resolve|could not be resolved just now)\.$/,
    );
  });

  test('a host that is not Solvimon', async () => {
    bench = await openBench();
    bench.server.fault({ path: /./, times: Number.POSITIVE_INFINITY, trouble: { kind: 'html', status: 200 } });
    expect((await problems(bench)).map((one) => one.topic)).toEqual(['reply']);
  });

  test('a platform that is not there', async () => {
    bench = await openBench({}, { platform_id: 'plat_other' });
    const [found] = await problems(bench);
    expect(found).toMatchObject({ level: 'problem' });
  });
});

describe('doctor warns of a shadow that could reach a customer', () => {
  test('invoices that start without a hold, or that would be charged', async () => {
    bench = await openBench();
    bench.server.subscriptions.push(
      { id: 'ppsu_1', status: 'ACTIVE', init_invoice_on_hold: false },
      { id: 'ppsu_2', status: 'ACTIVE', init_invoice_on_hold: true, payment_method_id: 'pmet_1' },
      { id: 'ppsu_3', status: 'CANCELLED', init_invoice_on_hold: false },
      { id: 'ppsu_4', status: 'ACTIVE', type: 'QUOTE', init_invoice_on_hold: false },
    );
    bench.server.platform = {
      ...bench.server.platform,
      default_pricing_plan_subscription_settings: { init_invoice_on_hold: false },
      invoice_settings: { send_by_email: { trigger_type: 'AUTOMATIC' }, export_to_erp: { trigger_type: 'AUTOMATIC' } },
    };
    expect((await problems(bench)).map((one) => `${one.level}: ${one.sentence}`)).toEqual([
      'warning: New subscriptions do not start with their invoices on hold.',
      'warning: An invoice that turns FINAL is mailed by itself.',
      'warning: An invoice that turns FINAL is exported by itself.',
      'problem: 1 of 2 active subscriptions start their invoices without a hold, so these turn FINAL by themselves.',
      'warning: 1 of 2 active subscriptions have a payment method that an invoice turning FINAL would charge.',
    ]);
  });

  test('currencies with other minor units, and webhook actions that are not there', async () => {
    bench = await openBench({}, { webhook_secret_env: 'HOOK' });
    bench.server.currencies = [
      { currencyCode: 'JPY', exponent: 2 },
      { code: 'EUR', exponent: 2 },
    ];
    bench.server.webhookActions = { data: [{ object_type: 'INVOICE', actions: ['CREATED', 'UPDATED'] }] };
    expect((await problems(bench)).map((one) => one.sentence)).toEqual([
      'Solvimon counts other minor units than ISO 4217 in JPY (2 decimals, ISO 4217 has 0).',
      'The platform does not know the webhook actions INVOICE.STATUS_TO_FINAL.',
    ]);
  });
});

describe('the configuration', () => {
  const parse = (block: Record<string, unknown>) =>
    httpConfig.safeParse({ kind: 'http', api_key_env: 'KEY', ...block });
  const messages = (block: Record<string, unknown>) =>
    parse(block).error?.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`) ?? [];

  test.each([
    [{ api_key_file: 'key.txt' }, 'api_key_env is needed, or api_key_file, and not both'],
    [{ api_key_env: undefined }, 'api_key_env is needed'],
    [{ base_url: 'http://api.example.com' }, 'base_url is not https'],
    [{ base_url: 'https://user:pass@api.example.com' }, 'base_url holds credentials'],
    [{ via: 'reports' }, 'via asks for reports, and asking is a write'],
    [{ settle: 'soon' }, 'settle is not a span of time'],
  ])('%j is refused in words', (block, words) => {
    expect(messages(block).join('\n')).toContain(words);
  });

  test('a key that is not there, or cannot be one, is named by its variable and never shown', () => {
    const config = httpConfig.parse({ kind: 'http', api_key_env: 'KEY' });
    expect(() => openHttp(config, { baseDir: '.', variables: {} })).toThrow('KEY is not set or empty');
    expect(() => openHttp(config, { baseDir: '.', variables: { KEY: 'se cret' } })).toThrow(
      /^(?!.*se cret).*KEY holds a character/,
    );
  });
});
