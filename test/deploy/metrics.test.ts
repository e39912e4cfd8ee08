import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { renderMetrics } from '../../src/api/metrics.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

/* The dashboard and the rules, held to the metrics that the program really answers with. */

const root = path.resolve(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');

let database: TestDatabase;
let offered: ReadonlySet<string>;
beforeAll(async () => {
  database = await createTestDatabase();
  const text = await renderMetrics({
    db: database.db,
    now: () => new Date(),
    silentAfterMs: 60_000,
    queue: async () => ({ jobs: { waiting: 0 }, text: '' }),
  });
  offered = new Set(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', type]) =>
      type === 'histogram' ? [`${name}_sum`, `${name}_count`, `${name}_bucket`] : [name],
    ),
  );
});
afterAll(() => database.drop());

type Rule = { alert: string; expr: string; labels: { severity: string }; annotations: Record<string, string> };
type Rules = { groups: { rules: Rule[] }[] };
const rules = () => (parse(read('deploy/prometheus/alerts.yml')) as Rules).groups.flatMap((group) => group.rules);

type Panel = { title: string; gridPos: { x: number; w: number }; targets: { expr: string }[] };
const panels = () => (JSON.parse(read('deploy/grafana/shadowbill.json')) as { panels: Panel[] }).panels;

/** Names of metrics in an expression: words before a selector, a range or the end that are no function, label or keyword. */
const metricsIn = (expr: string) => [...expr.matchAll(/\brecon_[a-z_]+\b/g)].map((match) => match[0]);

test('every metric that a rule names is one the program has', () => {
  expect(rules().length).toBeGreaterThan(5);
  for (const { alert, expr } of rules()) {
    expect([alert, metricsIn(expr).length > 0]).toEqual([alert, true]);
    for (const name of metricsIn(expr)) expect([alert, [...offered]]).toEqual([alert, expect.arrayContaining([name])]);
  }
});

test('every metric that the dashboard names is one the program has, and each panel fits the grid', () => {
  expect(panels().length).toBeGreaterThan(10);
  for (const { title, targets, gridPos } of panels()) {
    expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
    for (const { expr } of targets) {
      expect([title, metricsIn(expr).length > 0]).toEqual([title, true]);
      for (const name of metricsIn(expr))
        expect([title, [...offered]]).toEqual([title, expect.arrayContaining([name])]);
    }
  }
});

test('each rule has a severity and a page that says what to do, at a heading that is there', () => {
  for (const { alert, labels, annotations } of rules()) {
    expect([alert, ['critical', 'warning'].includes(labels.severity)]).toEqual([alert, true]);
    const [file = '', heading] = (annotations['runbook'] ?? '').split('#');
    expect([alert, file, existsSync(path.join(root, file))]).toEqual([alert, file, true]);
    const headings = [...read(file).matchAll(/^#+ (.+)$/gm)].map((match) =>
      (match[1] ?? '').toLowerCase().replaceAll(' ', '-'),
    );
    if (heading !== undefined) expect([alert, headings]).toEqual([alert, expect.arrayContaining([heading])]);
  }
});

const promtool = spawnSync('promtool', ['--version']).error === undefined;

test.runIf(promtool)('each rule fires when it should and is silent when it should not, by promtool', () => {
  const run = spawnSync('promtool', ['test', 'rules', 'deploy/prometheus/alerts.test.yml'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect([run.status, run.stderr, run.stdout]).toEqual([0, '', expect.stringContaining('SUCCESS')]);
});

test('each rule has a case of its own in the tests of the rules', () => {
  if (!promtool) console.warn('promtool is not installed: the rules were read, and not run.');
  const cases = read('deploy/prometheus/alerts.test.yml');
  for (const { alert } of rules()) expect(cases.split(`alertname: ${alert}\n`).length, alert).toBeGreaterThan(1);
});
