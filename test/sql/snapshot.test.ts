import { describe, expect, test } from 'vitest';
import type { PullEvent } from '../../src/model/source.js';
import { throughPort } from '../support/billing-server.js';
import { documents, failure, lines, onBills, queries } from '../support/bills.js';
import { readCycle, scopeOfCycle, sqlContext } from '../support/sql-reading.js';
import { startSqlProxy } from '../support/sql-proxy.js';

onBills('the snapshot', (bills) => {
  const { isPostgres, open, grantees, grantTable } = bills;

  describe('the snapshot', () => {
    test('does not show what changes while it is read', async () => {
      const source = await open({ ...queries, page_size: 1 });
      const events: PullEvent[] = [];
      for await (const event of source.pull(scopeOfCycle('2026-10'), sqlContext())) {
        if (events.length === 0)
          await bills.database.run(
            `insert into bills values ('b0', 'eve', '2026-10-02', 1), ('b9', 'eve', '2026-10-02', 1)`,
            `insert into bill_rows values (90, 'b0', 1), (91, 'b9', 1), (92, 'b2', 5)`,
            `update bill_rows set charged = 99 where id = 5`,
            `delete from bill_rows where id = 3`,
            `delete from bills where id = 'b2'`,
          );
        events.push(event);
      }
      expect(
        events.flatMap((event) =>
          event.type === 'document' ? [[event.document.source.id, event.document.totals.gross]] : [],
        ),
      ).toEqual([
        ['b1', '10.1'],
        ['b2', '20'],
        ['b4', '7'],
      ]);
      expect(events.at(-1)).toMatchObject({ type: 'done', complete: true });
      // The next snapshot shows all of it: b4 now adds up to something else, and b2 is gone.
      const next = await readCycle(source);
      expect(next.documents.map((one) => one.source.id)).toEqual(['b0', 'b1', 'b9']);
      expect(next.rejected.map((one) => one.id)).toEqual(['b4']);
    });

    test('that is cut off at any statement is an error that may pass, and never a smaller cycle', async () => {
      const target = new URL(bills.database.readerUrl);
      const address = { host: target.hostname, port: Number(target.port) };
      const everything = await startSqlProxy(bills.database.dialect, address, () => 'forward');
      await readCycle(await open({ ...queries, page_size: 1 }, throughPort(bills.database.readerUrl, everything.port)));
      await everything.close();
      const count = everything.statements.length;
      expect(count).toBeGreaterThan(12);
      for (let at = 0; at < count; at += 1) {
        let number = 0;
        const proxy = await startSqlProxy(bills.database.dialect, address, () =>
          number++ === at ? 'cut_reply' : 'forward',
        );
        const error = await failure(
          readCycle(await open({ ...queries, page_size: 1 }, throughPort(bills.database.readerUrl, proxy.port))),
        );
        expect([at, error.code, error.retry]).toEqual([at, 'source_unreachable', 'later']);
        await proxy.close();
      }
    });

    test('that the server ends is an error that may pass', async () => {
      const source = await open({ ...queries, page_size: 1 });
      const endAll = async () => {
        if (isPostgres)
          return bills.database.run(
            `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${bills.database.reader}'`,
          );
        for (const [id] of await bills.database.rows(
          `select id from information_schema.processlist where user = '${bills.database.reader}'`,
        ))
          await bills.database.run(`kill ${String(id)}`);
      };
      const pulling = (async () => {
        for await (const event of source.pull(scopeOfCycle('2026-10'), sqlContext()))
          if (event.type === 'document') await endAll();
      })();
      const error = await failure(pulling);
      expect(error).toMatchObject({ code: 'source_unreachable', retry: 'later' });
      // MariaDB's word for it may come after the next statement has found the socket closed.
      if (isPostgres) expect(error.message).toContain('terminating connection due to administrator command');
    });

    test('ends with refused permissions when they are taken away half-way', async () => {
      const source = await open({ ...queries, page_size: 1 });
      const table = grantTable('bill_rows');
      const pulling = (async () => {
        for await (const event of source.pull(scopeOfCycle('2026-10'), sqlContext()))
          if (event.type === 'document')
            for (const host of grantees()) await bills.database.run(`revoke select on ${table} from ${host}`);
      })();
      const error = await failure(pulling);
      expect(error).toMatchObject({ code: 'source_unauthorised', retry: 'never' });
      expect(error.message).toMatch(/the lines query: the (role|user) may not read it\. Grant SELECT on the table/);
    });

    test('waits for a lock no longer than it may, and then says so', async () => {
      const source = await open({ ...queries, lock_timeout_s: 1 });
      await bills.database.run(
        ...(isPostgres
          ? ['begin', 'lock table bill_rows in access exclusive mode']
          : ['lock tables bill_rows write, bills read']),
      );
      try {
        const error = await failure(readCycle(source));
        expect(error).toMatchObject({ code: 'timeout', retry: 'later' });
        expect(error.message).toContain('another session holds a lock');
      } finally {
        await bills.database.run(isPostgres ? 'rollback' : 'unlock tables');
      }
    });

    test('gives up on a statement that takes too long, and says what to do', async () => {
      const nap = isPostgres ? `(select 1 from pg_sleep(30)) is not null` : `sleep(30) = 0`;
      const source = await open({ documents: `${documents} and ${nap}`, lines, statement_timeout_s: 1 });
      const error = await failure(readCycle(source));
      expect(error).toMatchObject({ code: 'timeout', retry: 'later' });
      expect(error.message).toContain('statement_timeout_s has passed. Add an index for the filter, or allow more');
    });

    test('of a read-only transaction cannot be used to change anything', async () => {
      await bills.database.run(
        isPostgres
          ? `create function sneak() returns int language plpgsql security definer as $$ begin delete from bills; return 1; end $$`
          : `create function sneak() returns int deterministic modifies sql data begin delete from bills; return 1; end`,
        isPostgres
          ? `grant execute on function sneak() to ${bills.database.reader}`
          : `grant execute on ${bills.database.name}.* to '${bills.database.reader}'@'%'`,
        ...(isPostgres ? [] : [`grant execute on ${bills.database.name}.* to '${bills.database.reader}'@'localhost'`]),
      );
      const source = await open({ documents: documents.replace('b.total', 'sneak()'), lines });
      const error = await failure(readCycle(source));
      expect(error).toMatchObject({ code: 'config_invalid', retry: 'never' });
      expect(error.message).toContain('the query would change something');
      expect(await bills.database.rows('select count(*) from bills')).toHaveLength(1);
      expect(String((await bills.database.rows('select count(*) from bills'))[0]?.[0])).toBe('4');
    });
  });
});
