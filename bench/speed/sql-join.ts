import { openStore, readConfig, runContext } from '../../src/app.js';
import { collectOnThread } from '../../src/collect-on-thread.js';
import { createLogger } from '../../src/log.js';
import { startRun } from '../../src/store/runs.js';

/*
 * Our own loader, then every line joined in SQL instead of digests: what set-based comparison costs on the same rows.
 * Prints the damaged customers.
 */

const [dir = ''] = process.argv.slice(2);
const log = createLogger({ level: 'warn', component: 'bench' });
const env = {
  databaseUrl: process.env['DATABASE_URL'] ?? '',
  redisUrl: null,
  queue: 'postgres',
  isProduction: false,
  sessionKey: null,
  chromium: null,
  logLevel: 'warn',
} as const;
const store = await openStore(env, dir, log, 'bench');
const loaded = readConfig(`${dir}/shadowbill.yml`, new Date());
const stop = new AbortController();
const context = runContext({ store, log, signal: stop.signal, baseDir: dir, progress: () => undefined });
const { run } = await startRun(context.db, {
  id: 'a'.repeat(26),
  cycle: '2026-10',
  timezone: 'UTC',
  configHash: loaded.hash,
  config: { config: loaded.config, baseDir: dir },
  now: context.now(),
});
await Promise.all(
  (['legacy', 'solvimon'] as const).map((side) =>
    collectOnThread(
      { databaseUrl: env.databaseUrl, runId: run.id, side, baseDir: dir, logLevel: 'warn' },
      stop.signal,
      () => undefined,
    ),
  ),
);
const form = (side: string) => `
  select d.customer, d.currency, l.charge_key, l.period, sum(l.quantity) as quantity, max(l.unit_price) as price, sum(l.net) as net, sum(l.tax) as tax,
    count(*) filter (where l.kind <> 'discount') as copies
  from load x join document d on d.load_id = x.id join line l on l.load_id = d.load_id and l.doc_no = d.doc_no
  where x.run_id = '${run.id}' and x.side = '${side}' group by 1, 2, 3, 4`;
const found = await store.pool.query<{ customer: string }>(
  `select distinct customer from (${form('legacy')}) l full join (${form('solvimon')}) s using (customer, currency, charge_key, period)
   where l.net is null or s.net is null or l.quantity <> s.quantity or l.price <> s.price or l.net <> s.net or l.tax <> s.tax or l.copies <> s.copies`,
);
process.stdout.write(found.rows.map((row) => `${row.customer}\n`).join(''));
await store.close();
