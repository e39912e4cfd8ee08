import { describe, expect, test } from 'vitest';
import { type Instant, instantOfMs } from '../../model/period.js';
import { covers, readGrant } from './privileges.js';
import { asOfStatus, connectionOptions } from './read.js';

const now: Instant = instantOfMs(Date.UTC(2026, 10, 1, 0, 10));
const status = (...lags: readonly (string | null)[]) => lags.map((lag) => new Map([['Seconds_Behind_Master', lag]]));

describe('the age of what a MySQL shows', () => {
  test('is its own time where nothing is replicated', () => {
    expect(asOfStatus(now, false, [])).toEqual({ at: now, serverTime: now, isReplica: false, unknownBecause: null });
  });

  test('on a replica is as old as the slowest of its channels', () => {
    expect(asOfStatus(now, true, status('0', '90'))).toMatchObject({
      at: '2026-11-01T00:08:30.000Z',
      isReplica: true,
      unknownBecause: null,
    });
    expect(asOfStatus(now, true, [new Map([['Seconds_Behind_Source', '60']])]).at).toBe('2026-11-01T00:09:00.000Z');
  });

  test('is not known when replication has stopped, or when it may not be looked at on a server that refuses writes', () => {
    expect(asOfStatus(now, true, status('0', null)).unknownBecause).toBe('replication has stopped');
    expect(asOfStatus(now, true, null).unknownBecause).toMatch(/Grant REPLICATION CLIENT/);
    expect(asOfStatus(now, false, null).unknownBecause).toBeNull();
  });
});

describe('the address', () => {
  test('gives the account and the database, and no other option', () => {
    const options = connectionOptions(
      'mysql://us%40er:p%2Fw@db.example:3307/billing?multipleStatements=true&decimalNumbers=true',
    );
    expect(options).toMatchObject({
      host: 'db.example',
      port: 3307,
      user: 'us@er',
      password: 'p/w',
      database: 'billing',
      multipleStatements: false,
    });
    expect(options.decimalNumbers).toBeUndefined();
    expect(options.ssl).toBeUndefined();
    expect(connectionOptions('mariadb://u@h/b?ssl=true')).toMatchObject({
      port: 3306,
      ssl: { rejectUnauthorized: true, verifyIdentity: true },
    });
  });

  test.each([
    ['db.example', 'cannot be read'],
    ['postgres://u@h/b', 'does not begin with mysql:'],
    ['mysql://u@h', 'names no database'],
  ])('%s is refused', (address, why) => {
    expect(() => connectionOptions(address)).toThrow(why);
  });
});

describe('grants', () => {
  const table = { database: 'billing', table: 'bills' };
  const reach = (line: string) => readGrant(line).some((grant) => covers(grant, table));

  test.each([
    ['GRANT ALL PRIVILEGES ON *.* TO `root`@`%` WITH GRANT OPTION', true],
    ['GRANT INSERT ON `billing`.* TO `u`@`%`', true],
    ['GRANT UPDATE (`total`) ON `billing`.`bills` TO `u`@`%`', true],
    ['GRANT SELECT ON `bill%`.* TO `u`@`%`', true],
    ['GRANT SELECT ON `bill\\_ing`.* TO `u`@`%`', false],
    ['GRANT INSERT ON `billing`.`other` TO `u`@`%`', false],
    ['GRANT INSERT ON `billing2`.* TO `u`@`%`', false],
    ['GRANT EXECUTE ON PROCEDURE `billing`.`bills` TO `u`@`%`', false],
    ['GRANT `role` TO `u`@`%`', false],
  ])('%s reaches the table: %s', (line, expected) => {
    expect(reach(line)).toBe(expected);
  });
});
