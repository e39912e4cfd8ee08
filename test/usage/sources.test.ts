import { mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { legacyUsageAdapters } from '../../src/legacy-adapters/usage/registry.js';
import { cyclePeriod, type Instant } from '../../src/model/period.js';
import type { CycleId } from '../../src/model/ids.js';
import type { UsageContext, UsageDone, UsageRecord, UsageSource } from '../../src/model/usage.js';
import { solvimonUsageReaders } from '../../src/solvimon-adapter/usage/registry.js';

const timezone = 'Europe/Amsterdam';
const context: UsageContext = {
  signal: new AbortController().signal,
  acquire: async () => undefined,
  rateLimited: () => undefined,
  now: () => Date.parse('2026-11-24T12:00:00Z'),
  log: () => undefined,
};

/** Pulls a file that holds `content`, through the reader of a kind, as the configuration would. */
async function pull(input: {
  readonly side: 'legacy' | 'solvimon';
  readonly kind: string;
  readonly content: string;
  readonly cycle?: string;
  readonly options?: Readonly<Record<string, unknown>>;
}): Promise<{ readonly records: readonly UsageRecord[]; readonly done: UsageDone }> {
  const baseDir = mkdtempSync(path.join(os.tmpdir(), 'shadowbill-usage-'));
  const name = input.kind === 'csv' ? 'usage.csv' : 'usage.ndjson';
  writeFileSync(path.join(baseDir, name), input.content);
  const readers = input.side === 'legacy' ? legacyUsageAdapters : solvimonUsageReaders;
  const reader = readers.find((one) => one.kind === input.kind);
  if (reader === undefined) throw new Error(`no reader ${input.kind}`);
  const columns = input.side === 'legacy' ? { columns: {} } : {};
  const config = reader.configSchema.parse({ path: name, ...columns, ...input.options }) as Record<string, unknown>;
  const source: UsageSource = await reader.open(config, { baseDir });
  const cycle = (input.cycle ?? '2026-10') as CycleId;
  const records: UsageRecord[] = [];
  const pulled = source.pull({ cycle, period: cyclePeriod(cycle, timezone), timezone }, context);
  for (let next = await pulled.next(); ; next = await pulled.next()) {
    if (next.done === true) {
      expect(next.value.read).toBe(
        next.value.events +
          next.value.aggregates +
          next.value.rejected +
          Object.values(next.value.skipped).reduce((sum, count) => sum + count, 0),
      );
      return { records, done: next.value };
    }
    records.push(...next.value);
  }
}

const head = 'reference,customer,meter,at,quantity';
const legacy = (
  rows: readonly string[],
  options: Readonly<Record<string, unknown>> = { timezone },
  cycle = '2026-10',
) => pull({ side: 'legacy', kind: 'csv', content: [head, ...rows, ''].join('\n'), options, cycle });
const times = (records: readonly UsageRecord[]) => records.map((one) => (one.type === 'event' ? one.at : one.type));
const faults = (records: readonly UsageRecord[]) =>
  records.flatMap((one) =>
    one.type === 'rejected' ? one.problems.map((fault) => [fault.place.line, fault.field, fault.code]) : [],
  );

test('a local time in the hour that happens twice is refused with its line, unless the configuration says which is meant', async () => {
  const rows = [
    'e1,C1,api,2026-10-25 01:59:59,1',
    'e2,C1,api,2026-10-25 02:30:00,1',
    'e3,C1,api,2026-10-25 03:00:00,1',
  ];
  const refused = await legacy(rows);
  expect(times(refused.records)).toEqual(['2026-10-24T23:59:59.000Z', 'rejected', '2026-10-25T02:00:00.000Z']);
  expect(faults(refused.records)).toEqual([[3, 'at', 'date_ambiguous']]);
  expect(refused.records[1]).toMatchObject({ reference: 'e2', customer: 'C1', meter: 'api' });
  const first = await legacy(rows, { timezone, doubled_hour: 'first' });
  const second = await legacy(rows, { timezone, doubled_hour: 'second' });
  expect(times(first.records)[1]).toBe('2026-10-25T00:30:00.000Z');
  expect(times(second.records)[1]).toBe('2026-10-25T01:30:00.000Z');
  const stated = await legacy(['e2,C1,api,2026-10-25 02:30:00+01:00,1']);
  expect(times(stated.records)).toEqual(['2026-10-25T01:30:00.000Z']);
});

test('a local time that clocks jumped over, and a day that does not exist, are refused', async () => {
  const spring = await legacy(
    ['e1,C1,api,2027-03-28 02:30:00,1', 'e2,C1,api,2027-03-28 03:00:00,1'],
    { timezone },
    '2027-03',
  );
  expect(times(spring.records)).toEqual(['rejected', '2027-03-28T01:00:00.000Z']);
  const leap = await legacy(
    ['e1,C1,api,2028-02-29 12:00:00,1', 'e2,C1,api,2028-02-30 12:00:00,1', 'e3,C1,api,2028-02-29 23:59:59,1'],
    { timezone },
    '2028-02',
  );
  expect(times(leap.records)).toEqual(['2028-02-29T11:00:00.000Z', 'rejected', '2028-02-29T22:59:59.000Z']);
  const common = await legacy(['e1,C1,api,2027-02-29 12:00:00,1'], { timezone }, '2027-02');
  expect(faults(common.records)).toEqual([[2, 'at', 'date_malformed']]);
});

test('an event on the first instant of the window belongs to it, one on its end does not and is counted', async () => {
  const { records, done } = await legacy(['e1,C1,api,2026-10-01 00:00:00,1', 'e2,C1,api,2026-11-01 00:00:00,1']);
  expect(times(records)).toEqual(['2026-09-30T22:00:00.000Z']);
  expect(done.skipped).toEqual({ 'outside the window that was asked for': 1 });
});

test('a time without a zone, a malformed number, a missing customer and a ragged row are each told, all of them at once', async () => {
  const { records, done } = await legacy(
    [
      'e1,C1,api,2026-10-05 10:00:00,1',
      'e2,,api,2026-10-05T10:00:00Z,"1,5"',
      'e3,C1,api',
      'e4,C1,api,2026-10-05T10:00:00Z,2',
    ],
    {},
  );
  expect(faults(records)).toEqual([
    [2, 'at', 'timestamp_without_zone'],
    [3, 'customer', 'field_missing'],
    [3, 'quantity', 'amount_malformed'],
    [4, null, 'row_malformed'],
  ]);
  expect(done).toMatchObject({ read: 4, events: 1, rejected: 3, complete: true });
});

test('counts of a day are the half-open local day, an hour longer when clocks go back', async () => {
  const { records } = await pull({
    side: 'legacy',
    kind: 'csv',
    content: 'customer,meter,day,count,quantity\nC1,api,2026-10-25,3,30.5\nC1,api,2026-10-26,x,1\n',
    options: { timezone, layout: 'aggregates' },
  });
  expect(records[0]).toEqual({
    type: 'aggregate',
    customer: 'C1',
    meter: 'api',
    period: { start: '2026-10-24T22:00:00.000Z', end: '2026-10-25T23:00:00.000Z' },
    count: '3',
    sum: '30.5',
  });
  expect(faults(records)).toEqual([[3, 'count', 'amount_malformed']]);
});

test('ndjson keeps every digit and reads the same fields', async () => {
  const { records } = await pull({
    side: 'legacy',
    kind: 'ndjson',
    content:
      '{"id":"e1","who":{"ref":"C1"},"meter":"api","at":"2026-10-05T10:00:00Z","quantity":0.10000000000000000001}\nnot json\n',
    options: { columns: { reference: 'id', customer: 'who.ref' } },
  });
  expect(records[0]).toMatchObject({ reference: 'e1', customer: 'C1', quantity: '0.10000000000000000001' });
  expect(faults(records)).toEqual([[2, null, 'json_malformed']]);
});

test('a missing file leaves the pull incomplete with the reason', async () => {
  const { done } = await pull({ side: 'legacy', kind: 'csv', content: '', options: { path: 'gone.csv' } });
  expect(done).toMatchObject({ read: 0, complete: false });
  expect(done.problems[0]?.code).toBe('file_missing');
});

test('an event of Solvimon carries its outcome in its own words, and what cannot be read is rejected whole', async () => {
  const event = (more: Readonly<Record<string, unknown>>) =>
    JSON.stringify({
      reference: 'event-000001',
      customer_reference: 'S1',
      meter_reference: 'api',
      timestamp: '2026-10-05T10:00:00Z',
      created_at: '2026-10-05T10:05:00Z',
      meter_values: [{ reference: 'api', number: '12.50' }],
      processed_details: { type: 'DEFAULT' },
      deleted: false,
      ...more,
    });
  const { records, done } = await pull({
    side: 'solvimon',
    kind: 'ndjson',
    content: [
      event({}),
      event({ processed_details: { type: 'NOT_MATCHED', not_matched: { variant: 'NO_PRICING_ITEM_CONFIG' } } }),
      event({ processed_details: { type: 'DUPLICATE', duplicate_of_meter_data_id: 'md_1' } }),
      event({ deleted: true }),
      event({ processed_details: { type: 'PARKED' } }),
      event({
        meter_values: [
          { reference: 'a', number: '1' },
          { reference: 'b', number: '2' },
        ],
      }),
      event({ timestamp: '2026-10-05T10:00:00', meter_values: [{ reference: 'api', number: 12.5 }] }),
    ].join('\n'),
  });
  expect(records.slice(0, 4)).toMatchObject([
    { outcome: 'counted', quantity: '12.5', ingestedAt: '2026-10-05T10:05:00.000Z' as Instant },
    { outcome: 'not_matched', outcomeReason: 'NO_PRICING_ITEM_CONFIG' },
    { outcome: 'duplicate', outcomeReason: 'duplicate of md_1' },
    { outcome: 'deleted' },
  ]);
  expect(faults(records)).toEqual([
    [5, 'processed_details.type', 'kind_unknown'],
    [6, 'meter_values', 'field_malformed'],
    [7, 'timestamp', 'timestamp_without_zone'],
    [7, 'meter_values.number', 'amount_malformed'],
  ]);
  expect(done).toMatchObject({ events: 4, rejected: 3, complete: true });
});

test('a meter with several values, or one that counts different things, is read as the configuration says', async () => {
  const { records } = await pull({
    side: 'solvimon',
    kind: 'ndjson',
    content: JSON.stringify({
      reference: 'event-000001',
      customer_reference: 'S1',
      meter_reference: 'seats',
      timestamp: '2026-10-05T10:00:00Z',
      meter_values: [
        { reference: 'a', number: '1' },
        { reference: 'b', count: '2' },
      ],
      meter_properties: [{ reference: 'user', value: 'u-1' }],
    }),
    options: { meter_values: { seats: 'b' }, unique_by: { seats: 'user' } },
  });
  expect(records).toMatchObject([{ quantity: '2', uniqueKey: 'u-1', ingestedAt: null }]);
});
