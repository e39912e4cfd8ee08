import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { strToU8, unzipSync, zipSync } from 'fflate';
import readXlsxFile from 'read-excel-file/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { workContext } from '../../src/app-api.js';
import { packCycle } from '../../src/run/pack/pack-cycle.js';
import { verifyPack } from '../../src/run/pack/verify-pack.js';
import { findChromium, printPdf } from '../../src/run/report/pdf.js';
import { html } from '../../src/run/report/html.js';
import { listAudit } from '../../src/store/audit.js';
import { type Client, startTestApi, type TestApi } from '../support/api.js';
import { type DemoRuns, runDemo } from '../support/demo-runs.js';

const now = new Date('2026-11-24T12:00:00Z');
const cycle = '2026-10';

describe('the report and the sign-off pack', () => {
  let demo: DemoRuns;
  let server: TestApi;
  let approver: Client;

  beforeAll(async () => {
    demo = await runDemo(now);
    server = await startTestApi({ store: demo.database, loaded: demo.loaded, now: () => now });
    approver = await server.signIn('ada', 'approver');
    const { run } = (await approver.get(`/api/v1/cycles/${cycle}`)).json();
    await approver.post(`/api/v1/cycles/${cycle}/prepare`, {
      resultHash: run.resultHash,
      certification: '<b>looked at</b> & agreed',
    });
  }, 120_000);
  afterAll(async () => {
    await server?.close();
    await demo?.close();
  });

  const pack = () =>
    packCycle(
      workContext(demo.database, demo.loaded, () => now),
      {
        cycle,
        actor: { name: 'ada@example.com', via: 'cli' },
        chromium: '/nowhere/chromium',
      },
    );

  test('the report is a page without a script that says what over means, foots, and names who signed, whatever they wrote', async () => {
    const { body, headers } = await approver.get(`/api/v1/cycles/${cycle}/report`);
    expect(headers['content-type']).toContain('text/html');
    const policy = String(headers['content-security-policy']);
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(body).not.toMatch(/<script|javascript:| on[a-z]+=/i);
    expect(body).toContain('over: Solvimon bills more');
    expect(body).toContain('&lt;b&gt;looked at&lt;/b&gt; &amp; agreed');
    expect(body).toContain('ada@example.com');
    expect(body.match(/0\.00 ✓|>0 ✓|0\.000 ✓/g)?.length).toBe((body.match(/solvimon total/g) ?? []).length);
    expect(body).not.toContain('our bug');
    expect(body).toContain('counter(page) " of " counter(pages)');
    expect(body).toMatch(/run demo202610.*result [0-9a-f]{16}/);
  });

  test('values never become markup', () => {
    expect(html`<p>${'<img src=x onerror=1>'} ${null}${3} ${[html`<b>${'&'}</b>`]}</p>`.html).toBe(
      '<p>&lt;img src=x onerror=1&gt; 3 <b>&amp;</b></p>',
    );
  });

  test('a pack holds everything that was signed and is checked without a database', async () => {
    const made = await pack();
    const files = unzipSync(made.zip);
    expect(Object.keys(files).sort()).toEqual([
      'config.yml',
      'decisions.jsonl',
      'manifest.json',
      'mismatches.csv',
      'mismatches.xlsx',
      'report.html',
    ]);
    expect(made.leftOut).toEqual([expect.stringMatching(/^report\.pdf: .*Chromium/)]);
    const verdict = verifyPack(made.zip, made.manifestHash);
    expect(verdict).toMatchObject({
      isWhole: true,
      faults: [],
      manifest: { cycle, state: 'in_review', signatures: [{ person: 'ada@example.com', counts: true }] },
    });
    expect(verdict.manifest?.inputs.map(({ side, inputHash }) => [side, inputHash !== null])).toEqual([
      ['legacy', true],
      ['solvimon', true],
    ]);
    const sheets = await readXlsxFile(Buffer.from(files['mismatches.xlsx'] ?? []));
    expect(sheets.map((one) => one.sheet)).toEqual([
      'Summary',
      'Mismatches',
      'Pairs',
      'Accepted',
      'Causes',
      'Decisions',
      'Config',
    ]);
    // Its making is in the log with the hash of its manifest.
    const [entry] = await listAudit(demo.database.db, { action: 'cycle.pack', limit: 1 });
    expect(entry?.detail).toMatchObject({ manifest: made.manifestHash });
  });

  test('a pack with one changed byte, a missing file, an added file or another manifest is found out', async () => {
    const made = await pack();
    const files = unzipSync(made.zip);
    const faultsOf = (changed: Record<string, Uint8Array>, expected: string | null = null) =>
      verifyPack(zipSync(changed), expected).faults;
    const csv = Buffer.from(files['mismatches.csv'] ?? []);
    const altered = Buffer.from(csv.toString('utf8').replace(/,under,/, ',over,'));
    expect(altered.equals(csv)).toBe(false);
    expect(faultsOf({ ...files, 'mismatches.csv': altered })).toEqual(['mismatches.csv was changed']);
    const { 'config.yml': config, ...without } = files;
    expect(config).toBeDefined();
    expect(faultsOf(without)).toEqual(['config.yml is missing']);
    expect(faultsOf({ ...files, 'extra.txt': strToU8('x') })).toEqual(['extra.txt is not in the manifest']);
    const manifest = JSON.parse(Buffer.from(files['manifest.json'] ?? []).toString('utf8')) as object;
    const other = strToU8(JSON.stringify({ ...manifest, state: 'signed' }));
    expect(faultsOf({ ...files, 'manifest.json': other })).toEqual([]);
    expect(faultsOf({ ...files, 'manifest.json': other }, made.manifestHash)).toEqual([
      expect.stringMatching(/the manifest is/),
    ]);
    expect(faultsOf({ ...files, 'manifest.json': strToU8('{}') })).toEqual([
      'manifest.json is not the manifest of a pack',
    ]);
    expect(verifyPack(strToU8('no zip'), null)).toMatchObject({
      isWhole: false,
      faults: [expect.stringMatching(/no zip file/)],
    });
  });

  test('the pack over HTTP carries the hash of its manifest', async () => {
    const reply = await approver.post(`/api/v1/cycles/${cycle}/pack`);
    expect(reply.statusCode).toBe(200);
    expect(verifyPack(reply.rawPayload, String(reply.headers['x-manifest-sha256']))).toMatchObject({ isWhole: true });
  });

  test('without Chromium the PDF is an error that says what to do, and nothing else fails', async () => {
    expect(await findChromium(null, '/nowhere')).toBe(null);
    await expect(printPdf('<p>x</p>', '/nowhere/chromium')).rejects.toMatchObject({
      code: 'pdf_unavailable',
      next: expect.stringMatching(/Install Chromium/) as string,
    });
  });

  test('a browser that fails or never ends is stopped in time, and one that prints gives its file', async () => {
    const dir = mkdtempSync(path.join(os.tmpdir(), 'shadowbill-browser-'));
    const program = (name: string, script: string): string => {
      const file = path.join(dir, name);
      writeFileSync(file, `#!/bin/sh\n${script}\n`);
      chmodSync(file, 0o755);
      return file;
    };
    await expect(printPdf('<p>x</p>', program('fails', 'exit 3'))).rejects.toMatchObject({ code: 'pdf_unavailable' });
    await expect(printPdf('<p>x</p>', program('hangs', 'exec sleep 60'), 200)).rejects.toMatchObject({
      code: 'pdf_unavailable',
    });
    const prints = program(
      'prints',
      'for one in "$@"; do case "$one" in --print-to-pdf=*) target="${one#--print-to-pdf=}";; file://*) source="${one#file://}";; esac; done; cat "$source" > "$target"',
    );
    expect((await printPdf('<p>x</p>', prints)).toString()).toBe('<p>x</p>');
  });

  test('Chromium, where it is installed, prints the report with a line at the foot of every page', async (context) => {
    const chromium = await findChromium(process.env['CHROMIUM'] ?? null);
    if (chromium === null)
      return context.skip('Chromium is not installed here: the PDF of the real browser was not tried');
    const { body } = await approver.get(`/api/v1/cycles/${cycle}/report`);
    const pdf = await printPdf(body, chromium);
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    expect(pdf.length).toBeGreaterThan(20_000);
  }, 120_000);

  test('the demo’s configuration in the pack holds no secret', async () => {
    const made = await pack();
    const config = Buffer.from(unzipSync(made.zip)['config.yml'] ?? []).toString('utf8');
    expect(config).toContain('timezone: Europe/Amsterdam');
    expect(config).not.toMatch(/password|secret:|token:/i);
    expect(readFileSync(path.join(demo.dir, 'shadowbill.yml'), 'utf8')).toContain('timezone: Europe/Amsterdam');
  });
});
