import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildCli, runCli, startCli } from '../support/run-cli.js';
import { writeSmallCycle } from '../support/small-cycle.js';
import { createTestDatabase, keepOnFailure, type TestDatabase } from '../support/test-database.js';

/*
 * The real command line is killed with SIGKILL while it compares usage: the test holds a lock that keeping the findings
 * needs, waits until the process waits for it, and kills it there.
 */

const timeout = 240_000;
const cli = buildCli();
let work: string;
let config: string;
beforeAll(() => {
  work = mkdtempSync(path.join(os.tmpdir(), 'shadowbill-usage-killed-'));
  config = writeSmallCycle(work, { customers: 30, chunkSize: 10, withUsage: true });
});
afterAll(() => {
  cli.remove();
  rmSync(work, { recursive: true, force: true });
});

const variables = (database: TestDatabase) => ({ DATABASE_URL: database.url, LOG_LEVEL: 'warn' });

test(
  'a run killed while it compares usage ends as if it had not been, and leaves nothing behind',
  async () => {
    const database = await createTestDatabase();
    keepOnFailure(database);
    const holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    await holder.query('begin');
    await holder.query('lock table usage_finding in share mode');
    const killed = startCli(cli.entry, ['-c', config, 'run', '2026-10'], variables(database));
    try {
      await until(async () => {
        const waiting = await database.pool.query<{ count: string }>(
          `select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
             and query ~ 'usage_finding'`,
        );
        return waiting.rows[0]?.count !== '0';
      });
      killed.child.kill('SIGKILL');
      expect((await killed.ended).code).toBeNull();
      await holder.query('rollback');
      const count = async (statement: string) =>
        (await database.pool.query<{ count: string }>(statement)).rows[0]?.count;
      expect(await count(`select count(*) from usage_check where state = 'compared'`)).toBe('0');
      expect(await count('select count(*) from usage_finding')).toBe('0');

      const again = await runCli(cli.entry, ['-c', config, '-o', 'json', 'run', '2026-10'], variables(database));
      expect([again.code, again.stderr.includes('made a mistake')], again.stderr).toEqual([0, false]);
      const checks = await database.pool.query<{ hash: string; findings: string }>(
        `select result_hash as hash, (select count(*) from usage_finding f where f.check_seq = c.seq) as findings from usage_check c`,
      );
      expect(checks.rows).toMatchObject([{ findings: '3' }]);
      expect(await count(`select count(*) from pg_class where relname ~ '^usage_event_l'`)).toBe('0');
      expect(await count('select count(*) from usage_load')).toBe('2');

      // The same usage on its own, undisturbed: the same findings, so the same hash.
      const alone = await runCli(
        cli.entry,
        ['-c', config, '-o', 'json', 'usage', 'check', '2026-10'],
        variables(database),
      );
      expect(alone.code, alone.stderr).toBe(1);
      const record = JSON.parse(alone.stdout) as { readonly resultHash: string };
      expect(record.resultHash).toBe(checks.rows[0]?.hash);
    } finally {
      killed.child.kill('SIGKILL');
      await holder.end();
      await database.drop();
    }
  },
  timeout,
);

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let poll = 0; poll < 20_000; poll += 1) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('what was waited for did not come');
}
