import { describe, expect, test } from 'vitest';
import { failure, onBills } from '../support/bills.js';
import { readCycle, scopeOfCycle } from '../support/sql-reading.js';

onBills('numbers, dates and keys', (bills) => {
  const { isPostgres, open } = bills;

  describe('numbers and dates', () => {
    test('survive digit for digit, whatever their type', async () => {
      await bills.database.run(
        `create table precise (id ${isPostgres ? 'bigint' : 'bigint unsigned'} primary key, whole decimal(38, 0), fraction decimal(38, 18), tiny decimal(38, 18), qty bigint)`,
        `insert into precise values (9007199254740993, 12345678901234567890123456789012345678, 12345678901234567890.123456789012345678, 0.000000000000000001, 9007199254740993)`,
      );
      await bills.database.grantRead('precise');
      const source = await open({
        documents: `select id as document_id, id as customer, 'EUR' as currency from precise where :cycle_start_date < :cycle_end_date`,
        lines: `select id as document_id, 'whole' as line_id, whole as amount, tiny as unit_price, qty as quantity from precise
          union all select id, 'fraction', fraction, tiny, qty from precise`,
      });
      const { documents: read } = await readCycle(source);
      expect(read.map((one) => one.source.id)).toEqual(['9007199254740993']);
      expect(read[0]?.lines.map(({ amount, unitPrice, quantity }) => [amount, unitPrice, quantity])).toEqual([
        ['12345678901234567890.123456789012345678', '0.000000000000000001', '9007199254740993'],
        ['12345678901234567890123456789012345678', '0.000000000000000001', '9007199254740993'],
      ]);
      // 12345678901234567890123456789012345678 + 12345678901234567890.123456789012345678
      expect(read[0]?.totals.gross).toBe('12345678901234567902469135690246913568.123456789012345678');
    });

    test('a date is the day it says, east of Greenwich and on a day when the clock changes', async () => {
      const time = isPostgres ? 'timestamptz' : 'timestamp null';
      await bills.database.run(
        `create table dated (id int primary key, day date, wall ${isPostgres ? 'timestamp' : 'datetime'}, moment ${time})`,
        `insert into dated values (1, '2026-10-25', '2026-10-25 12:30:00', ${isPostgres ? `'2026-10-25T12:30:00+02:00'` : `convert_tz('2026-10-25 12:30:00', '+02:00', @@session.time_zone)`})`,
      );
      await bills.database.grantRead('dated');
      const source = await open({
        documents: `select id as document_id, 'anna' as customer, 'EUR' as currency, moment as issued_at from dated where :cycle_start < :cycle_end`,
        lines: `select id as document_id, id as line_id, 1 as amount, day as period_start, wall as period_end from dated`,
      });
      const { documents: read } = await readCycle(source);
      // Amsterdam is two hours ahead until 03:00 on that day and one hour ahead at noon.
      expect(read[0]?.lines[0]?.period).toEqual({ start: '2026-10-24T22:00:00.000Z', end: '2026-10-25T11:30:00.000Z' });
      expect(read[0]?.issuedAt).toBe('2026-10-25T10:30:00.000Z');
    });

    test('binary floating-point columns are refused, all at once and with what to write', async () => {
      const type = isPostgres ? 'double precision' : 'double';
      await bills.database.run(
        `create table floats (id int primary key, a ${type}, b ${isPostgres ? 'real' : 'float'}, c ${type})`,
      );
      await bills.database.grantRead('floats');
      const floats = {
        documents: `select id as document_id, c as customer, 'EUR' as currency, a as document_gross from floats`,
        lines: `select id as document_id, id as line_id, a as amount, b as quantity from floats`,
      };
      const error = await failure(readCycle(await open(floats)));
      expect(error.code).toBe('config_invalid');
      expect(error.message).toContain(`documents: customer is ${type}. Cast it to a whole number or to text`);
      expect(error.message).toContain(
        `documents: document_gross is ${type}, a binary number that has lost digits already`,
      );
      expect(error.message).toContain('write float_scale: { amount: 2 }');
      expect(error.message).toContain('write float_scale: { quantity: 2 }');
    });

    test('a declared scale takes the noise of a float away, marks the line, and refuses to take a cent away', async () => {
      await bills.database.run(
        'drop table if exists noisy',
        `create table noisy (id int primary key, a ${isPostgres ? 'double precision' : 'double'})`,
        `insert into noisy values (1, 0.30000000000000004), (2, 2.675), (3, 1e2), (4, -1234567.89)`,
      );
      await bills.database.grantRead('noisy');
      const source = await open({
        documents: `select id as document_id, 'anna' as customer, 'EUR' as currency from noisy`,
        lines: `select id as document_id, id as line_id, a as amount from noisy`,
        float_scale: { amount: 2 },
      });
      const read = await readCycle(source);
      expect(read.documents.map((one) => [one.source.id, one.lines[0]?.amount, one.lines[0]?.exactness])).toEqual([
        ['1', '0.3', 'rounded'],
        ['3', '100', 'rounded'],
        ['4', '-1234567.89', 'rounded'],
      ]);
      expect(read.rejected.map((one) => [one.id, one.problems.map(({ code, value }) => [code, value])])).toEqual([
        ['2', [['amount_out_of_scale', '2.675']]],
      ]);
    });
  });

  describe('keys', () => {
    test('that a collation takes for equal are different documents, each with its own lines', async () => {
      await bills.database.run(
        `create table spelled (id varchar(40) ${isPostgres ? '' : 'collate utf8mb4_general_ci'} not null, charged decimal(10, 2))`,
        `insert into spelled values ('in_ab', 1), ('in_AB', 2), ('in_Ab', 3), ('in_aB', 4), ('in_b', 5)`,
        ...(isPostgres ? [] : [`insert into spelled values ('in_é', 6), ('in_e', 7)`]),
      );
      await bills.database.grantRead('spelled');
      const source = await open({
        documents: `select id as document_id, 'anna' as customer, 'EUR' as currency, charged as document_gross from spelled`,
        lines: `select id as document_id, id as line_id, charged as amount from spelled`,
        page_size: 1,
      });
      const read = await readCycle(source);
      expect(
        Object.fromEntries(read.documents.map((one) => [one.source.id, one.lines.map(({ amount }) => amount)])),
      ).toEqual({
        in_AB: ['2'],
        in_Ab: ['3'],
        in_aB: ['4'],
        in_ab: ['1'],
        in_b: ['5'],
        ...(isPostgres ? {} : { in_é: ['6'], in_e: ['7'] }),
      });
      expect(read.done.complete).toBe(true);
    });

    test('that are numbers are paged as numbers, past the largest that a float holds', async () => {
      const ids = ['2', '10', '9007199254740992', '9007199254740993', '9007199254740994', '9223372036854775807'];
      await bills.database.run(
        'create table numbered (id bigint primary key, charged decimal(10, 2))',
        `insert into numbered values ${ids.map((id) => `(${id}, 1)`).join(', ')}`,
      );
      await bills.database.grantRead('numbered');
      const source = await open({
        documents: `select id as document_id, 'anna' as customer, 'EUR' as currency from numbered`,
        lines: `select id as document_id, id as line_id, charged as amount from numbered`,
        page_size: 1,
      });
      const read = await readCycle(source);
      expect(read.documents.map((one) => one.source.id)).toEqual(ids);
      expect(read.done.complete).toBe(true);
    });

    test('and customers that were not asked for are left to the database', async () => {
      const read = await readCycle(await open(), scopeOfCycle('2026-10', { customers: new Set(['ben', 'cleo']) }));
      expect(read.documents.map((one) => one.source.id)).toEqual(['b2']);
      expect(read.done.counts).toEqual({ listed: 1, emitted: 1, rejected: 0, skipped: 0 });
      const none = await readCycle(await open(), scopeOfCycle('2026-10', { customers: new Set() }));
      expect(none.done).toMatchObject({ counts: { listed: 0 }, complete: true });
    });
  });
});
