import { describe, expect, test } from 'vitest';
import { render as renderMysql } from '../mysql/read.js';
import { render as renderPostgres } from '../postgres/read.js';
import { cyclePeriod } from '../../model/period.js';
import type { CycleId } from '../../model/ids.js';
import { bind, periodBindings } from './bind.js';
import { readStatement } from './statement.js';

const options = {
  slackDays: 7,
  timezone: 'Europe/Amsterdam',
  timestampZone: 'America/New_York',
  instantText: (at: string) => at,
};

describe('the period of a cycle as parameters', () => {
  test('is given as instants, as wall clocks and as dates', () => {
    expect(periodBindings(cyclePeriod('2026-10' as CycleId, 'Europe/Amsterdam'), options)).toEqual({
      cycle_start: '2026-09-30T22:00:00.000Z',
      cycle_end: '2026-10-31T23:00:00.000Z',
      // Both are summer time in New York.
      cycle_start_local: '2026-09-30 18:00:00.000',
      cycle_end_local: '2026-10-31 19:00:00.000',
      cycle_start_date: '2026-10-01',
      cycle_end_date: '2026-11-01',
      window_start: '2026-09-23T22:00:00.000Z',
      window_end: '2026-11-07T23:00:00.000Z',
      window_start_local: '2026-09-23 18:00:00.000',
      window_end_local: '2026-11-07 18:00:00.000',
      window_start_date: '2026-09-24',
      window_end_date: '2026-11-08',
    });
  });

  test('never leaves out a day that its window reaches into', () => {
    // Seven times 24 hours before the first of November in Amsterdam is 01:00 on the day the clock changes; after the end
    // of March it is 01:00 on the eighth of April.
    const november = periodBindings(cyclePeriod('2026-11' as CycleId, 'Europe/Amsterdam'), options);
    expect([november['window_start'], november['window_start_date']]).toEqual([
      '2026-10-24T23:00:00.000Z',
      '2026-10-25',
    ]);
    const march = periodBindings(cyclePeriod('2026-03' as CycleId, 'Europe/Amsterdam'), { ...options, slackDays: 0 });
    expect([march['cycle_end'], march['cycle_end_date']]).toEqual(['2026-03-31T22:00:00.000Z', '2026-04-01']);
    const tokyo = periodBindings(cyclePeriod('2026-03' as CycleId, 'Europe/Amsterdam'), {
      ...options,
      timezone: 'Asia/Tokyo',
    });
    // 22:00 UTC is 07:00 of the first of April in Tokyo: an exclusive end within a day is the next date.
    expect(tokyo['cycle_end_date']).toBe('2026-04-02');
  });
});

describe('values', () => {
  const bound = (sql: string, values: Record<string, string | readonly string[]>) => {
    const read = readStatement(sql, 'postgres', Object.keys(values));
    if (!read.ok) throw new Error(read.problem);
    return bind(read.statement, values);
  };
  const nasty = `it's \\' "; drop table x; -- \u0000é😀`;

  test('never become part of the text of a statement in Postgres', () => {
    expect(renderPostgres(bound('select :a where x in (:b) and y = :a', { a: nasty, b: ['1', '2'] }))).toEqual({
      text: 'select $1 where x in ($2, $3) and y = $4',
      values: [nasty, '1', '2', nasty],
    });
    expect(renderPostgres(bound('select 1 where x in (:b)', { b: [] })).text).toBe('select 1 where x in (null)');
  });

  test('are hexadecimal texts in MySQL, which nothing can end early', () => {
    const text = renderMysql(bound('select :a where x in (:b)', { a: nasty, b: ['1', ''] }));
    expect(text).toBe(
      `select _utf8mb4 0x${Buffer.from(nasty).toString('hex')} where x in (_utf8mb4 0x31, _utf8mb4 '')`,
    );
    expect(renderMysql(bound('select 1 where x in (:b)', { b: [] }))).toBe('select 1 where x in (null)');
  });
});
