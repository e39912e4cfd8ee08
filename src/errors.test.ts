import { describe, expect, test } from 'vitest';
import { AppError, errorTable, exitCodeOf, type ErrorEntry } from './errors.js';
import { InvariantError } from './model/invariant.js';

describe('AppError', () => {
  test('retry and exit code come from the table, and the cause and context are kept', () => {
    const cause = new Error('connect ECONNREFUSED');
    const error = new AppError('database_unreachable', { detail: '127.0.0.1:5432', cause, context: { port: 5432 } });
    expect(error).toMatchObject({ code: 'database_unreachable', retry: 'later', exitCode: 5, context: { port: 5432 } });
    expect(error.message).toBe('Postgres could not be reached: 127.0.0.1:5432');
    expect(error.cause).toBe(cause);
    expect(error.next).toContain('DATABASE_URL');
    expect(error.retryAfterMs).toBeUndefined();
  });

  test('a wait asked for by the other side turns later into after', () => {
    expect(new AppError('source_unreachable', { retryAfterMs: 2000 })).toMatchObject({
      retry: 'after',
      retryAfterMs: 2000,
    });
    expect(new AppError('source_rate_limited', { retryAfterMs: 500 }).retry).toBe('after');
  });

  test('a rate limit that names no wait is retried with the ordinary back-off', () => {
    expect(new AppError('source_rate_limited').retry).toBe('later');
  });

  test('a wait for something that is never retried is our own mistake', () => {
    expect(() => new AppError('source_unauthorised', { retryAfterMs: 1000 })).toThrow(InvariantError);
  });

  test('everything that is not an AppError exits with 70', () => {
    expect(exitCodeOf(new InvariantError('lost a line'))).toBe(70);
    expect(exitCodeOf('text')).toBe(70);
    expect(exitCodeOf(new AppError('not_allowed'))).toBe(6);
  });
});

describe('errorTable', () => {
  const rows: readonly (readonly [string, ErrorEntry])[] = Object.entries(errorTable);

  test('a scheduler that repeats exit codes 4 and 5 repeats only what the table allows, but for named exceptions', () => {
    // Exit 5 because a dependency is down; not retried because repeating the same start fails the same way.
    const exceptions = ['embedded_postgres_failed', 'migration_failed'];
    for (const [code, entry] of rows.filter(([code]) => code !== 'interrupted' && !exceptions.includes(code))) {
      expect({ code, never: entry.retry === 'never' }).toEqual({
        code,
        never: entry.exitCode !== 4 && entry.exitCode !== 5,
      });
    }
  });

  test('each entry says what happened and what to do next', () => {
    expect(rows.length).toBeGreaterThan(20);
    for (const [code, entry] of rows) {
      expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
      expect(`${code}: ${entry.sentence}`).toMatch(/^\S.*[^.]$/);
      expect(`${code}: ${entry.next}`).toMatch(/\.$/);
    }
  });
});
