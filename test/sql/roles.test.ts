import { describe, expect, test } from 'vitest';
import { documents, failure, lines, onBills, queries } from '../support/bills.js';
import { findingsAbout, readCycle, scopeOfCycle, sqlContext } from '../support/sql-reading.js';

onBills('the role', (bills) => {
  const { isPostgres, open, grossOf, grantees, grantTable } = bills;

  describe('a role that can write', () => {
    test('is refused, with statements that make one which is not', async () => {
      const error = await failure(readCycle(await open(queries, bills.database.ownerUrl)));
      expect(error).toMatchObject({ code: 'source_writable', retry: 'never' });
      expect(error.message).toMatch(/it may change (public|billing_\w+)\.bill_rows, (public|billing_\w+)\.bills/);
      const statements = error.message
        .split('\n')
        .slice(1)
        .map((one) => one.replaceAll('shadowbill_reader', `${bills.database.reader}_2`).replace('…', 'secret'));
      expect(statements.length).toBeGreaterThanOrEqual(3);
      // The printed statements are run as they are, and the role they make is tried.
      await bills.database.run(...statements.map((one) => (isPostgres ? one : one.replace("'%'", "'127.0.0.1'"))));
      try {
        const url = new URL(bills.database.ownerUrl);
        url.username = `${bills.database.reader}_2`;
        url.password = 'secret';
        expect(await grossOf(await open(queries, url.href))).toEqual({ b1: '10.1', b2: '20', b4: '7' });
      } finally {
        await bills.database.run(
          ...(isPostgres
            ? [`drop owned by ${bills.database.reader}_2`, `drop role ${bills.database.reader}_2`]
            : [`drop user '${bills.database.reader}_2'@'127.0.0.1'`]),
        );
      }
    });

    test('is refused for a single grant on one table that is read, even one column of it', async () => {
      const table = grantTable('bills');
      for (const host of grantees()) await bills.database.run(`grant update (total) on ${table} to ${host}`);
      try {
        const error = await failure(readCycle(await open()));
        expect(error.code).toBe('source_writable');
        expect(error.message).toMatch(/it may change \w+\.bills \(/);
        const findings = await (await open()).check(sqlContext());
        expect(findingsAbout(findings, 'writable')[0]).toMatch(/^problem: The role could change \w+\.bills:/);
      } finally {
        for (const host of grantees()) await bills.database.run(`revoke update (total) on ${table} from ${host}`);
      }
    });

    test('may write to tables that are not read', async () => {
      await bills.database.run('create table if not exists elsewhere (id int)');
      const table = grantTable('elsewhere');
      for (const host of grantees()) await bills.database.run(`grant insert on ${table} to ${host}`);
      expect(await grossOf(await open())).toEqual({ b1: '10.1', b2: '20', b4: '7' });
    });

    test('is read with when the configuration says so in as many words, and the check goes on warning', async () => {
      const context = sqlContext();
      const source = await open({ ...queries, allow_writable_role: true }, bills.database.ownerUrl);
      expect((await readCycle(source, scopeOfCycle('2026-10'), context)).documents).toHaveLength(3);
      expect(context.logged.some(({ event }) => event === 'legacy role can write')).toBe(true);
      expect(findingsAbout(await source.check(sqlContext()), 'writable')[0]).toMatch(/^warning: The role could change/);
    });

    test('is found out through a view as well', async () => {
      await bills.database.run('drop view if exists bills_view', 'create view bills_view as select * from bills');
      await bills.database.grantRead('bills_view');
      const view = documents.replace('from bills b', 'from bills_view b');
      expect((await readCycle(await open({ documents: view, lines }))).documents).toHaveLength(3);
      const table = grantTable('bills_view');
      for (const host of grantees()) await bills.database.run(`grant delete on ${table} to ${host}`);
      const error = await failure(readCycle(await open({ documents: view, lines })));
      expect(error.code).toBe('source_writable');
      expect(error.message).toContain('bills_view');
    });
  });
});
