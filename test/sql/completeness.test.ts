import { describe, expect, test } from 'vitest';
import { documents, failure, lines, onBills } from '../support/bills.js';
import { readCycle, scopeOfCycle, sqlContext } from '../support/sql-reading.js';

onBills('completeness', (bills) => {
  const { isPostgres, open, grossOf } = bills;

  describe('completeness', () => {
    test('the cycle is what the query says, counted against the database, with the time of the snapshot', async () => {
      const context = sqlContext();
      const read = await readCycle(await open(), scopeOfCycle('2026-10'), context);
      expect(read.documents.map((one) => one.source.id)).toEqual(['b1', 'b2', 'b4']);
      expect(read.done).toMatchObject({
        counts: { listed: 3, emitted: 3, rejected: 0, skipped: 0 },
        complete: true,
        controlTotals: [{ name: 'documents', expected: '3', actual: '3', agrees: true }],
      });
      expect(context.logged.find(({ event }) => event === 'legacy snapshot read')?.data).toMatchObject({
        isReplica: false,
        asOf: read.done.asOf,
      });
    });

    test('a total that the lines do not give, or lines that do not number what they should, refuse the document only', async () => {
      await bills.database.run(`delete from bill_rows where id = 2`, `delete from bill_rows where id = 3`);
      const counting = documents.replace('b.total as document_gross', 'b.total as document_gross, 2 as line_count');
      const read = await readCycle(await open({ documents: counting, lines }));
      expect(read.documents).toEqual([]);
      expect(
        read.rejected.map(({ id, customerRef, problems }) => [
          id,
          customerRef,
          problems.map(({ code, value }) => [code, value]),
        ]),
      ).toEqual([
        [
          'b1',
          'anna',
          [
            ['lines_missing', '2'],
            ['totals_differ', '10.1'],
          ],
        ],
        [
          'b2',
          'ben',
          [
            ['lines_missing', '2'],
            [expect.stringMatching(/^(totals_differ|lines_missing)$/), '20'],
          ],
        ],
        ['b4', 'dan', [['lines_missing', '2']]],
      ]);
      expect(read.done.counts).toEqual({ listed: 3, emitted: 0, rejected: 3, skipped: 0 });
    });

    test('a document without lines is one only when the database says that there are none', async () => {
      await bills.database.run('delete from bill_rows', `update bills set total = 0 where id = 'b1'`);
      const proven = await readCycle(await open());
      expect(proven.documents.map((one) => [one.source.id, one.lines, one.totals.gross])).toEqual([['b1', [], '0']]);
      const silent = documents.replace(', b.total as document_gross', '');
      const unproven = await readCycle(await open({ documents: silent, lines }));
      expect(unproven.rejected.map(({ id, problems }) => [id, problems[0].code])).toEqual([
        ['b1', 'lines_missing'],
        ['b2', 'lines_missing'],
        ['b4', 'lines_missing'],
      ]);
      const counted = documents.replace('b.total as document_gross', '0 as line_count');
      expect((await readCycle(await open({ documents: counted, lines }))).documents).toHaveLength(3);
    });

    test('an id that stands on two rows is never read once and called whole', async () => {
      const doubled = `${documents} union all ${documents}`;
      const read = await readCycle(await open({ documents: doubled, lines, page_size: 1 }));
      expect(read.done.complete).toBe(false);
      expect(read.done.incompleteBecause[0]).toMatch(/^3 of 6 documents were read/);
    });

    test('documents with more lines than fit in memory at once are read in parts', async () => {
      const rows = (from: number, count: number, bill: string) =>
        isPostgres
          ? `insert into bill_rows select n, '${bill}', 0.01 from generate_series(${from}, ${from + count - 1}) n`
          : `insert into bill_rows select seq, '${bill}', 0.01 from seq_${from}_to_${from + count - 1}`;
      await bills.database.run(
        'delete from bill_rows',
        rows(1, 15_000, 'b1'),
        rows(100_001, 30_000, 'b2'),
        `update bills set total = 150 where id = 'b1'`,
        `update bills set total = 300 where id = 'b2'`,
        `update bills set total = 0 where id = 'b4'`,
      );
      expect(await grossOf(await open())).toEqual({ b1: '150', b2: '300', b4: '0' });
    });

    test('two queries that write the same id differently are not taken for a document without lines', async () => {
      const padded = lines.replace(
        'r.bill_id as document_id',
        `concat('b', lpad(substring(r.bill_id, 2), 4, '0')) as document_id`,
      );
      const unfiltered = `${padded} where r.bill_id in (:document_ids)`;
      const error = await failure(readCycle(await open({ documents, lines: unfiltered })));
      expect(error.code).toBe('source_reply_invalid');
      expect(error.message).toContain('"b0001", which the documents query writes differently');
    });
  });

  describe('which cycle', () => {
    test('is told by in_cycle where the query knows it', async () => {
      const around = `select b.id as document_id, b.client as customer, 'EUR' as currency, b.total as document_gross,
        b.made_on >= :cycle_start_date and b.made_on < :cycle_end_date as in_cycle
        from bills b where b.made_on >= :window_start_date and b.made_on < :window_end_date`;
      const read = await readCycle(await open({ documents: around, lines }));
      expect(read.documents.map((one) => one.source.id)).toEqual(['b1', 'b2', 'b4']);
      expect(read.neighbours.map((one) => one.source.id)).toEqual(['b3']);
      expect(read.done.counts).toEqual({ listed: 4, emitted: 4, rejected: 0, skipped: 0 });
    });

    test('is told by the periods of the lines where that is configured', async () => {
      const dated = `${lines.replace(
        'r.charged as amount',
        `r.charged as amount, case when r.id = 3 then 'usage' else 'recurring' end as line_kind,
        case when r.id = 5 then cast('2026-11-01' as date) else cast('2026-10-01' as date) end as period_start,
        case when r.id = 5 then cast('2026-12-01' as date) else cast('2026-11-01' as date) end as period_end`,
      )}`;
      const issued = `select b.id as document_id, b.client as customer, 'EUR' as currency, b.total as document_gross, b.made_on as issued_at
        from bills b where b.made_on >= :window_start_date and b.made_on < :window_end_date`;
      await bills.database.run(`update bills set made_on = '2026-10-28' where id = 'b4'`);
      const source = await open({ documents: issued, lines: dated, cycle_by: 'line_period' });
      const october = await readCycle(source);
      // b4 is made in October for November; b3 is made on the first of November for October.
      expect(october.documents.map((one) => one.source.id)).toEqual(['b1', 'b2', 'b3']);
      expect(october.neighbours.map((one) => one.source.id)).toEqual(['b4']);
      const november = await readCycle(source, scopeOfCycle('2026-11'));
      expect(november.documents.map((one) => one.source.id)).toEqual(['b4']);
    });
  });

  describe('one document', () => {
    test('is found by its id whatever its cycle, and what is no id of the type is not there', async () => {
      const source = await open();
      const found = await source.fetchOne('b3', sqlContext());
      expect(found?.type === 'document' && found.document.totals.gross).toBe('30');
      expect(await source.fetchOne('B3', sqlContext())).toBeUndefined();
      const numbered = await open({
        documents: `select r.id as document_id, 'anna' as customer, 'EUR' as currency from bill_rows r`,
        lines: `select r.id as document_id, r.id as line_id, r.charged as amount from bill_rows r`,
      });
      expect((await numbered.fetchOne('3', sqlContext()))?.type).toBe('document');
      expect(await numbered.fetchOne('not a number', sqlContext())).toBeUndefined();
    });
  });
});
