import { fork } from 'node:child_process';
import { once } from 'node:events';
import os from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { cyclePeriod } from '../src/model/period.js';
import type { CycleId } from '../src/model/ids.js';
import { httpConfig } from '../src/solvimon-adapter/http-config.js';
import { openHttp } from '../src/solvimon-adapter/http-source.js';
import { readKey } from '../test/fakes/solvimon/server.js';

/*
 * Pulls invoices of eight lines from a fake in another process and says how fast and in how much memory. Arguments:
 * invoices, requests a second (0: as many as the fake gives), page size, latency of the fake in milliseconds.
 * `node --import tsx bench/solvimon-pull.ts 20000 0 100 0`
 */

const [invoices = 20_000, perSecond = 0, pageSize = 100, latencyMs = 0] = process.argv.slice(2).map(Number);

/** A bucket that lets requests go at an even pace; what the shared one in Postgres does for many workers. */
function pacer(rate: number): () => Promise<void> {
  if (rate === 0) return async () => undefined;
  let next = performance.now();
  return async () => {
    const at = Math.max(performance.now(), next);
    next = at + 1000 / rate;
    const ms = at - performance.now();
    if (ms > 0) await wait(ms);
  };
}

const child = fork(new URL('./solvimon-pull-server.ts', import.meta.url), [String(invoices), String(latencyMs)], {
  stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  // The fake holds every invoice; a limit on the heap is for the puller.
  execArgv: ['--import', 'tsx'],
});
const [address] = (await once(child.stdout ?? child, 'data')) as [Buffer];
const source = openHttp(
  httpConfig.parse({
    kind: 'http',
    api_key_env: 'KEY',
    platform_id: 'plat_shadow',
    allow_private_address: 'true',
    page_size: pageSize,
    settle: '0ms',
  }),
  {
    baseDir: '.',
    variables: { KEY: readKey },
    environmentUrls: { live: address.toString().trim(), test: 'http://127.0.0.1:9' },
  },
);
const rss: number[] = [];
const sampler = setInterval(() => rss.push(process.memoryUsage.rss()), 50);
let [requests, documents, bytes] = [0, 0, 0];
const idleRss = process.memoryUsage.rss();
const cycle = '2026-10' as CycleId;
const timezone = 'Europe/Amsterdam';
const acquire = pacer(perSecond);
const startedAt = performance.now();
const cpu = process.cpuUsage();
const pull = source.pull(
  { cycle, timezone, period: cyclePeriod(cycle, timezone), customers: 'all', slackDays: 7 },
  {
    signal: new AbortController().signal,
    resume: null,
    acquire,
    rateLimited: () => undefined,
    now: () => Date.parse('2026-11-04T00:00:00Z'),
    log: (event) => void (event === 'solvimon request' && (requests += 1)),
  },
);
let isComplete = false;
for await (const event of pull) {
  if (event.type === 'document') {
    documents += 1;
    bytes += event.raw?.bytes.length ?? 0;
  } else if (event.type === 'done') isComplete = event.complete;
}
const seconds = (performance.now() - startedAt) / 1000;
const used = process.cpuUsage(cpu);
clearInterval(sampler);
await source.close();
child.disconnect();
const megabytes = (value: number) => Math.round(value / 1024 / 1024);
const part = (from: number, to: number) =>
  megabytes(Math.max(...rss.slice(Math.floor(rss.length * from), Math.ceil(rss.length * to))));
process.stdout.write(
  `${JSON.stringify({
    invoices: documents,
    isComplete,
    lines: documents * 8,
    pageSize,
    asked: perSecond === 0 ? 'no limit' : `${perSecond}/s`,
    latencyMs,
    seconds: Number(seconds.toFixed(1)),
    requests,
    requestsPerSecond: Number((requests / seconds).toFixed(1)),
    invoicesPerSecond: Math.round(documents / seconds),
    readingsPerSecond: Math.round((2 * documents) / seconds),
    cpuSeconds: Number(((used.user + used.system) / 1e6).toFixed(1)),
    keptMegabytes: megabytes(bytes),
    rssMegabytes: {
      idle: megabytes(idleRss),
      firstQuarter: part(0, 0.25),
      lastQuarter: part(0.75, 1),
      peak: part(0, 1),
    },
    machine: `${os.cpus().length} × ${os.cpus()[0]?.model.trim() ?? 'unknown'}, Node ${process.version}`,
  })}\n`,
);
