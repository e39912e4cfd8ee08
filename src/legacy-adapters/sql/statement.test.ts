import { describe, expect, test } from 'vitest';
import { readStatement } from './statement.js';

const known = ['cycle_start', 'cycle_end'];
const problemOf = (sql: string, dialect: 'postgres' | 'mysql' = 'postgres') => {
  const read = readStatement(sql, dialect, known);
  return read.ok ? null : read.problem;
};
const namesOf = (sql: string, dialect: 'postgres' | 'mysql' = 'postgres') => {
  const read = readStatement(sql, dialect, known);
  return read.ok ? read.statement.names : read.problem;
};

describe('one SELECT and nothing else', () => {
  test.each([
    ['select 1'],
    ['  -- a remark\n  with a as (select 1) select * from a ;  '],
    ['(select 1) union all (select 2)'],
    ["select 'a; delete from x', $$ ; drop table y $$ from z"],
    ['select t.into, t.update, x as into from t'],
    ['select /* outer /* inner; */ ; */ 1'],
    [`select E'it\\'s; fine'`],
  ])('%s is read', (sql) => {
    expect(problemOf(sql)).toBeNull();
  });

  test.each([
    ['', 'is empty. Write a SELECT'],
    ['-- nothing', 'is empty. Write a SELECT'],
    ['delete from invoices', 'begins with delete. Only SELECT and WITH … SELECT are read'],
    ['select 1; commit', 'is more than one statement. Keep one SELECT'],
    ['select 1; -- done\n drop table x', 'is more than one statement. Keep one SELECT'],
    ['select * into copy from invoices', 'writes with INTO. Remove it'],
    ['with d as (delete from x returning *) select * from d', 'changes rows with DELETE. Keep one SELECT'],
    ['select * from x for update', 'locks rows with FOR UPDATE. Remove it'],
    ['select * from x for no key update', 'locks rows with FOR NO. Remove it'],
    ["select 'open", "has a ' that does not close"],
    ['select $body$ open', 'has a $body$ that does not close'],
    ['select /* open', 'has a /* that does not close'],
    ['select * from x where id > $1', 'uses $1. Write parameters by name, e.g. :cycle_start'],
  ])('%s is refused', (sql, problem) => {
    expect(problemOf(sql)).toBe(problem);
  });

  test('MySQL reads backslashes, hashes and executable comments in its own way', () => {
    expect(problemOf("select 'it\\'s; fine' # ; drop", 'mysql')).toBeNull();
    expect(problemOf('select `a;b`, 5 --1', 'mysql')).toBeNull();
    expect(problemOf("select 1 into outfile '/tmp/x'", 'mysql')).toBe('writes with INTO. Remove it');
    expect(problemOf('select 1 /*!50000 into outfile "x" */', 'mysql')).toBe(
      'has a comment that the server would execute. Remove it',
    );
    expect(problemOf('select 1 lock in share mode', 'mysql')).toBe('locks rows with LOCK IN SHARE MODE. Remove it');
    // In Postgres a backslash ends nothing: the text closes at the second quote.
    expect(problemOf("select 'it\\'s; fine'")).not.toBeNull();
  });
});

describe('parameters', () => {
  test('are found outside of texts, comments and casts, in order and as often as they stand', () => {
    expect(
      namesOf(
        "select ':cycle_end', x::date -- :cycle_end\n from t where a >= :cycle_start and a < :cycle_end or b=:cycle_start",
      ),
    ).toEqual(['cycle_start', 'cycle_end', 'cycle_start']);
  });

  test('that nobody binds are named, with those that there are', () => {
    expect(namesOf('select :cycle_begin, :limit')).toBe(
      'uses :cycle_begin, :limit, which is no parameter. There are :cycle_start, :cycle_end, and what stands under params',
    );
  });

  test('leave the text around them untouched, and the closing semicolon out', () => {
    const read = readStatement('select a from "T x" where b >= :cycle_start;', 'postgres', known);
    expect(read.ok && read.statement.texts).toEqual(['select a from "T x" where b >= ', '']);
    expect(read.ok && [...read.statement.words]).toEqual(['select', 'a', 'from', 'T x', 'where', 'b']);
  });
});
