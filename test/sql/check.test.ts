import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../src/errors.js';
import { documents, failure, lines, onBills, queries } from '../support/bills.js';
import { findingsAbout, readCycle, sqlContext } from '../support/sql-reading.js';

onBills('the check', (bills) => {
  const { isPostgres, open } = bills;

  describe('the check', () => {
    test('of a good source says what was looked at', async () => {
      const findings = await (await open()).check(sqlContext());
      expect(findings.map(({ level, topic }) => `${level} ${topic}`)).toEqual([
        'ok reachability',
        'ok encryption',
        'ok clock',
        'ok environment',
        'ok permissions',
        'ok writable',
        'ok completeness',
      ]);
      expect(findings[0]?.sentence).toMatch(
        /^(PostgreSQL|MariaDB) \d+\.\d+.* answers, and the credentials are accepted\.$/,
      );
    });

    const broken: readonly {
      readonly what: string;
      readonly config?: Readonly<Record<string, unknown>>;
      readonly url?: (url: URL) => void;
      readonly topic: string;
      readonly says: RegExp;
      readonly code: ErrorCode;
    }[] = [
      {
        what: 'a server that does not answer',
        url: (url) => (url.port = '1'),
        topic: 'reachability',
        says: /^problem: A billing system could not be reached: the connection \(ECONNREFUSED/,
        code: 'source_unreachable',
      },
      {
        what: 'a user that is unknown',
        url: (url) => (url.username = 'nobody_of_this_name'),
        topic: 'credentials',
        says: /^problem: A billing system refused our credentials: the connection: the (role is unknown|user or the password is wrong|password is wrong)/,
        code: 'source_unauthorised',
      },
      {
        what: 'a database that is not there, or not ours',
        url: (url) => (url.pathname = '/not_there'),
        topic: isPostgres ? 'queries' : 'credentials',
        says: isPostgres ? /there is no such database/ : /the user may not use this database/,
        code: isPostgres ? 'config_invalid' : 'source_unauthorised',
      },
      {
        what: 'a table that is not there',
        config: { documents: documents.replace('from bills b', 'from bils b'), lines },
        topic: isPostgres ? 'queries' : 'permissions',
        says: isPostgres
          ? /the documents query: there is no such table for this role/
          : /the documents query: the user may not read it/,
        code: isPostgres ? 'config_invalid' : 'source_unauthorised',
      },
      {
        what: 'a column that is not there',
        config: { documents, lines: lines.replace('r.charged', 'r.charge') },
        topic: 'queries',
        says: /the lines query: there is no such column/,
        code: 'config_invalid',
      },
      {
        what: 'SQL that is not understood',
        config: { documents: documents.replace('where', 'wher'), lines },
        topic: 'queries',
        says: /the documents query: the SQL is not understood/,
        code: 'config_invalid',
      },
      {
        what: 'columns under other names',
        config: {
          documents: documents.replace('as customer', 'as client'),
          lines: lines.replace('as line_id', 'as lineid'),
        },
        topic: 'queries',
        says: /documents: there is no column customer\. Select it under that name\ndocuments: client is no known column\. [\s\S]*lines: there is no column line_id[\s\S]*lines: lineid is no known column/,
        code: 'config_invalid',
      },
      {
        what: 'a variable that is not set',
        config: { ...queries, url_env: 'BILLING_URL_NOBODY_SET' },
        topic: 'queries',
        says: /BILLING_URL_NOBODY_SET, named by sources\.legacy\.url_env, is not set/,
        code: 'config_invalid',
      },
    ];

    test.each(broken)('and the pull both name $what', async ({ config, url, topic, says, code }) => {
      const address = new URL(bills.database.readerUrl);
      url?.(address);
      const source = await open(config ?? queries, address.href);
      const findings = await source.check(sqlContext());
      expect(findings.filter(({ level }) => level === 'problem')).toHaveLength(1);
      expect(findingsAbout(findings, topic).at(-1)).toMatch(says);
      expect(findings.at(-1)?.next).not.toBeNull();
      expect((await failure(readCycle(source))).code).toBe(code);
      expect((await failure(source.fetchOne('b1', sqlContext()))).code).toBe(code);
    });

    test('never prints the password', async () => {
      const url = new URL(bills.database.readerUrl);
      url.username = 'nobody_of_this_name';
      url.password = 'hunter2hunter2';
      const source = await open(queries, url.href);
      const error = await failure(readCycle(source));
      expect(
        JSON.stringify(await source.check(sqlContext())) + error.message + JSON.stringify(error.context),
      ).not.toContain('hunter2');
    });

    test('warns when nothing could tell that lines are missing, and when the clocks differ', async () => {
      const silent = await open({ documents: documents.replace(', b.total as document_gross', ''), lines });
      const findings = await silent.check(sqlContext({ now: () => Date.now() + 120_000 }));
      expect(findingsAbout(findings, 'completeness')[0]).toMatch(
        /^warning: The documents query selects neither line_count nor document_gross/,
      );
      expect(findingsAbout(findings, 'clock')[0]).toMatch(
        /^warning: The clock of the database is 1[12]\d seconds behind ours\.$/,
      );
    });
  });
});
