import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { apiContext } from '../../src/app-api.js';
import { openConfidence } from '../../src/app-confidence.js';
import { buildServer } from '../../src/api/server.js';
import { watchForAlerts } from '../../src/run/alerts/watch.js';
import { createAndEvaluate } from '../../src/run/evaluate-cohorts.js';
import { type DemoRuns, runDemo } from '../support/demo-runs.js';

const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Whether there is a browser. CI must have one; elsewhere its absence is said aloud and the suite is left out. */
export function hasBrowser(): boolean {
  if (existsSync(executablePath)) return true;
  if (process.env['CI'] !== undefined) throw new Error(`CI needs Chromium at ${executablePath}`);
  process.stderr.write(
    `\n*** THE BROWSER TESTS WERE LEFT OUT: no Chromium at ${executablePath}. Install it, or set CHROMIUM. ***\n\n`,
  );
  return false;
}

export type Site = {
  readonly address: string;
  readonly demo: DemoRuns;
  readonly browser: Browser;
  close(): Promise<void>;
};

/** The pages built from source and served by the real server over the demo's runs, and a browser to look at them. */
export async function openSite(now: Date): Promise<Site> {
  const webDir = mkdtempSync(path.join(os.tmpdir(), 'shadowbill-web-'));
  // In a process of its own: the tests' NODE_ENV would build React for development, which is not what is served.
  const vite = path.resolve('node_modules/vite/bin/vite.js');
  const build = ['build', '--config', 'src/web/vite.config.ts', '--logLevel', 'error', '--outDir', webDir];
  execFileSync(process.execPath, [vite, ...build], { env: { ...process.env, NODE_ENV: 'production' } });
  const demo = await runDemo(now);
  await createAndEvaluate(await openConfidence(demo.database as never, demo.loaded, () => now), 'demo');
  const context = apiContext(demo.database as never, demo.loaded, () => new Date());
  await context.withAlerts((alerts) => watchForAlerts(alerts));
  const app = await buildServer({
    api: context,
    auth: { kind: 'local', user: 'anna' },
    session: { key: Buffer.alloc(32, 7), seconds: 3600 },
    isHttps: false,
    log: undefined,
    requestsPerMinute: 1_000_000,
    webDir,
  });
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  const quiet = ['--disable-background-networking', '--no-first-run', '--disable-component-update', '--disable-sync'];
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--headless', '--disable-gpu', ...quiet],
  });
  return {
    address,
    demo,
    browser,
    close: async () => {
      await browser.close();
      await app.close();
      await demo.close();
      rmSync(webDir, { recursive: true, force: true });
    },
  };
}

export type Watched = { readonly context: BrowserContext; readonly page: Page; readonly complaints: string[] };

/** A clean profile that writes down every request to elsewhere, every breach of the policy and every error of a script. */
export async function openPage(site: Site, colorScheme: 'light' | 'dark' = 'light'): Promise<Watched> {
  const context = await site.browser.newContext({
    colorScheme,
    viewport: { width: 1280, height: 800 },
    timezoneId: 'UTC',
  });
  context.setDefaultTimeout(8000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('request', (request) => {
    if (!request.url().startsWith(`${site.address}/`) && !request.url().startsWith('data:'))
      complaints.push(`asked ${request.url()}`);
  });
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) =>
      console.error(`CSP ${event.violatedDirective} ${event.blockedURI}`),
    );
  });
  return { context, page, complaints };
}

/** Goes to an address and waits until what it shows has been read. */
export async function show(site: Site, page: Page, to: string): Promise<void> {
  await page.goto(`${site.address}${to}`);
  await settled(page);
}

export async function settled(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.waitForFunction(
    () =>
      document.querySelector('h1') !== null &&
      document.querySelector('[aria-busy=true]') === null &&
      !/Reading .*…|Signing in…/.test(document.body.innerText),
  );
}
