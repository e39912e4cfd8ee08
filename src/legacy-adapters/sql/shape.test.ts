import { describe, expect, test } from 'vitest';
import { mysqlConfig } from '../mysql/shape.js';
import { postgresConfig } from '../postgres/shape.js';
import { readOptions } from './shape.js';

const good = { url_env: 'BILLING_URL', timezone: 'Europe/Amsterdam', documents: 'select 1', lines: 'select 2' };
const messages = (
  config: Readonly<Record<string, unknown>>,
  schema: typeof postgresConfig | typeof mysqlConfig = postgresConfig,
) => {
  const read = schema.safeParse(config);
  return read.success ? [] : read.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
};

describe('the configuration of a database', () => {
  test('is good with an address and two queries, or with a preset', () => {
    expect(messages(good)).toEqual([]);
    expect(messages({ ...good, schema: 'billing' })).toEqual([]);
    expect(messages({ url_file: '/run/secrets/billing', timezone: 'UTC', preset: 'fivetran_zuora' })).toEqual([]);
    expect(messages({ ...good, documents: undefined, documents_file: 'documents.sql' }, mysqlConfig)).toEqual([]);
  });

  test('names every mistake at once, with what to write', () => {
    expect(messages({ timezone: 'UTC', documents: 'drop table x', documents_file: 'x.sql', page_size: 0 })).toEqual([
      'page_size is less than 1. Write a whole number from 1 to 5000',
      'url_env one of url_env and url_file is needed. Write url_env: NAME_OF_THE_VARIABLE',
      'documents one of documents and documents_file is needed. Write a SELECT, or its file, or a preset',
      'lines one of lines and lines_file is needed. Write a SELECT, or its file, or a preset',
      'documents begins with drop. Only SELECT and WITH … SELECT are read',
    ]);
    expect(messages({ ...good, url_env: 'postgres://x' })).toEqual([
      'url_env is no name of a variable. Write e.g. LEGACY_DATABASE_URL',
    ]);
    expect(messages({ ...good, timezone: 'Amsterdam' })).toEqual([
      'timezone is no IANA time zone. Write e.g. Europe/Amsterdam',
    ]);
    expect(messages({ ...good, preset: 'killbill' })).toEqual([
      'documents comes from preset killbill. Remove the preset, or this query',
      'lines comes from preset killbill. Remove the preset, or this query',
      "params tenant_record_id is missing. Write params: { tenant_record_id: '1' }; `select record_id, api_key from tenants` lists them",
    ]);
  });

  test('reads each database in its own dialect', () => {
    const quoted = { ...good, documents: "select 'it\\'s' as document_id" };
    expect(messages(quoted, mysqlConfig)).toEqual([]);
    expect(messages(quoted)).toHaveLength(1);
    expect(messages({ ...good, schema: 'billing' }, mysqlConfig)).toHaveLength(1);
  });

  test('knows parameters of one’s own, and :document_ids in the lines query only', () => {
    const mine = {
      ...good,
      params: { tenant: '7' },
      documents: 'select :tenant, :cycle_start',
      lines: 'select :tenant, :document_ids',
    };
    expect(messages(mine)).toEqual([]);
    expect(messages({ ...mine, documents: 'select :document_ids' })).toHaveLength(1);
    expect(messages({ ...mine, params: {} })).toHaveLength(2);
  });

  test('says more than the preset, and the preset more than the ordinary', () => {
    const preset = { url_env: 'X', timezone: 'Europe/Amsterdam', preset: 'fivetran_recurly' };
    const plain = readOptions(postgresConfig.parse(preset));
    expect(plain).toMatchObject({
      timestampZone: 'UTC',
      cycleBy: 'line_period',
      rows: { kinds: { add_on: 'recurring', plan: 'recurring' } },
    });
    const own = readOptions(
      postgresConfig.parse({
        ...preset,
        kinds: { add_on: 'usage' },
        cycle_by: 'query',
        timestamp_timezone: 'Asia/Tokyo',
        period_end: 'inclusive_day',
      }),
    );
    expect(own).toMatchObject({
      timestampZone: 'Asia/Tokyo',
      cycleBy: 'query',
      rows: { period_end: 'inclusive_day', kinds: { add_on: 'usage', plan: 'recurring' } },
    });
    expect(readOptions(postgresConfig.parse(good))).toMatchObject({
      timestampZone: 'Europe/Amsterdam',
      cycleBy: 'query',
      rows: { period_end: 'exclusive' },
    });
  });
});
