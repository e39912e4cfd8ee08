import { expect, test } from 'vitest';
import { z } from 'zod';
import { parseConfig } from './config.js';
import { toCompareRules } from './config/compare-rules.js';

const input = {
  legacy: { csv: z.strictObject({ files: z.array(z.string()), decimal_comma: z.boolean().default(false) }) },
  solvimon: { api: z.strictObject({ api_key_env: z.string(), rps: z.number().int().default(8) }) },
  usage: { legacy: {}, solvimon: {} },
  today: '2026-11-24',
};

const good = `version: 1
timezone: Europe/Amsterdam
sources:
  legacy: { kind: csv, files: [a.csv], decimal_comma: true }
  solvimon:
    kind: api
    api_key_env: SOLVIMON_API_KEY
    rps: 4
tolerance:
  rules:
    - when: { cause: rounding.level, currency: EUR }
      over: 0.10
      under: 1mu
      reason: FIN-112
`;

function problemsOf(source: string): readonly string[] {
  const result = parseConfig('shadowbill.yml', source, input);
  return result.ok ? [] : result.problems.map((p) => `${p.line}:${p.column} ${p.path}  ${p.message}`);
}

function load(source: string) {
  const result = parseConfig('shadowbill.yml', source, input);
  if (!result.ok) throw new Error(result.problems.map((p) => p.message).join('; '));
  return result.loaded;
}

test('a small configuration is read with its defaults, and an adapter gets numbers and booleans where it asks', () => {
  const { config } = load(good);
  expect(config.sources.legacy).toEqual({ kind: 'csv', files: ['a.csv'], decimal_comma: true });
  expect(config.sources.solvimon).toEqual({ kind: 'api', api_key_env: 'SOLVIMON_API_KEY', rps: 4 });
  expect(config.compare).toEqual({ quantity: true, unit_price: true, tax: 'line', period: 'exact' });
  expect(config.data_dir).toBe('.data');
  expect(config.tolerance.rules[0]?.over).toEqual({ kind: 'amount', value: '0.1' });
});

test('every mistake is reported at once, in the order of the file, with line and column', () => {
  const source = `version: 1
timezone: Europe/Amsterdm
sources:
  legacy: { kind: cvs, files: [a.csv] }
  solvimon: { kind: api, api_key_env: KEY, rps: fast }
tolerance:
  rules:
    - { when: { level: line }, over: lots, under: '0.00', reason: FIN-1 }
    - { when: { cause: tax.rat }, over: '1mu', under: '1mu' }
known:
  - id: KD-7
    match: { cause: proration.day_count }
    reason: contract start
    owner: ops
    max_amount: '5.00'
compar:
  tax: line
`;
  expect(problemsOf(source)).toEqual([
    '2:11 timezone  "Europe/Amsterdm" is not a time zone. Write an IANA name, e.g. Europe/Amsterdam',
    '4:19 sources.legacy.kind  "cvs" is no known kind. Did you mean csv?',
    '5:49 sources.solvimon.rps  "fast" is not a number. Write a number',
    "8:38 tolerance.rules[0].over  \"lots\" is not an amount. Write e.g. '0.05', '1mu' or '0.5%'",
    '9:7 tolerance.rules[1].reason  missing. Every tolerance needs a reason',
    '9:24 tolerance.rules[1].when.cause  "tax.rat" is not known. Did you mean tax.rate?',
    '11:5 known[0].expires  missing. Every known difference needs an expiry (max 90 days)',
    '16:1 compar  is not a known key. Did you mean compare?',
  ]);
});

test('a doubled key names its first line', () => {
  expect(problemsOf(`${good}timezone: UTC\n`)).toEqual([
    '15:1 timezone  is set twice, first on line 2. Keep one of them',
  ]);
});

test('secrets are refused wherever they stand and never shown', () => {
  const source = good
    .replace('api_key_env: SOLVIMON_API_KEY', 'api_key: aK9xQ2')
    .concat('alerts: { digest: { slack_webhook_env: https://hooks.slack.com/services/T0/B0/xyz } }\n')
    .concat('base_url: https://user:hunter2@recon.example.com\n');
  const problems = problemsOf(source);
  expect(problems.filter((line) => line.includes('holds a secret'))).toHaveLength(3);
  for (const value of ['aK9xQ2', 'hooks.slack', 'hunter2']) expect(problems.join('\n')).not.toContain(value);
});

test('a known difference lives at most 90 days and must say what it fits', () => {
  const known = (expires: string, match: string) =>
    `${good}known:\n  - { id: KD-1, match: ${match}, reason: r, owner: o, expires: ${expires}, max_amount: 5.00 }\n`;
  expect(problemsOf(known('2027-02-22', '{ cause: tax.rate }'))).toEqual([]);
  expect(problemsOf(known('2027-02-23', '{ cause: tax.rate }'))[0]).toContain('more than 90 days away');
  expect(problemsOf(known('2027-01-01', '{ max_abs: 1 }'))[0]).toContain('fits every mismatch');
});

test('broken YAML, aliases and an empty file are mistakes with a place', () => {
  expect(problemsOf('version: 1\nsources: [\n')[0]).toMatch(/^\d+:\d+ /);
  expect(problemsOf(good.replace('kind: api', 'kind: *other'))[0]).toContain('6:11 sources.solvimon.kind');
  expect(problemsOf('')).toContain('1:1 version  missing. Write version: 1');
});

test('each value knows its line, and what is not written is a default', () => {
  const values = new Map(load(good).values.map((value) => [value.path, value]));
  expect(values.get('tolerance.rules[0].over')).toEqual({
    path: 'tolerance.rules[0].over',
    value: '0.1',
    source: 'shadowbill.yml:12',
  });
  expect(values.get('sources.solvimon.rps')?.source).toBe('shadowbill.yml:8');
  expect(values.get('compare.tax')).toMatchObject({ value: 'line', source: 'default' });
  expect(values.get('known')).toMatchObject({ value: '[]', source: 'default' });
});

test('the hash follows meaning and not spelling', () => {
  const respelled = good.replace('over: 0.10', "over: '0.1'").replace('    - when', '    # why\n    - when');
  expect(load(respelled).hash).toBe(load(good).hash);
  expect(load(good.replace('1mu', '2mu')).hash).not.toBe(load(good).hash);
  expect(load(good).hash).toMatch(/^[0-9a-f]{64}$/);
});

test('comparison rules keep the order, end with the default and leave out what has expired', () => {
  const source = `${good}    - { name: old, when: {}, over: 1, under: 1, reason: r, expires: 2026-11-24 }
  default: { over: 1mu, under: 0.5% }
`;
  expect(toCompareRules(load(source).config, '2026-11-24').tolerance).toEqual([
    {
      name: 'tolerance.rules[0]',
      when: { cause: 'rounding.level', currency: 'EUR' },
      over: { kind: 'amount', value: '0.1' },
      under: { kind: 'minor_units', value: '1' },
      budget: null,
      reason: 'FIN-112',
    },
    {
      name: 'default',
      when: {},
      over: { kind: 'minor_units', value: '1' },
      under: { kind: 'percent', value: '0.5' },
      budget: null,
      reason: 'tolerance.default',
    },
  ]);
  expect(toCompareRules(load(source).config, '2026-11-23').tolerance.map((rule) => rule.name)).toContain('old');
});
