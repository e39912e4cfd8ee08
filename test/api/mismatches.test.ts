import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { sql } from 'kysely';
import readXlsxFile from 'read-excel-file/node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decimalText, sumText } from '../../src/model/money.js';
import { csvCell } from '../../src/run/export/text-files.js';
import { excelNumber } from '../../src/run/export/workbook.js';
import { findRun } from '../../src/store/runs.js';
import { type Client, startTestApi, type TestApi } from '../support/api.js';
import { type DemoRuns, runDemo } from '../support/demo-runs.js';

const now = new Date('2026-11-24T12:00:00Z');
const cycle = '2026-10';

type Row = {
  id: string;
  currency: string | null;
  customer: string | null;
  cause: string;
  delta: string;
  absDelta: string;
  firstCycle: string;
  pair: { id: string; state: string };
};
type Totals = { currency: string | null; count: number; over: string; under: string; gross: string; net: string };
type List = {
  run: string;
  rows: Row[];
  page: { after: string | null; before: string | null };
  totals: { counted: Totals[]; accepted: Totals[] };
};

describe('mismatches, pages, totals and exports', () => {
  let demo: DemoRuns;
  let server: TestApi;
  let viewer: Client;

  beforeAll(async () => {
    demo = await runDemo(now);
    server = await startTestApi({ store: demo.database, loaded: demo.loaded, now: () => now });
    viewer = await server.signIn('vera', 'viewer');
    // Some of them are accepted, so that the totals beside the totals are not empty.
    const approver = await server.signIn('ada', 'approver');
    const other = await server.signIn('bob', 'approver');
    const accept = { kind: 'accept', reason: '=HYPERLINK("x") agreed', expiresOn: '2026-12-20', maxAmount: '5000' };
    const selection = { filter: { cause: 'tax,rounding' } };
    const { token } = (await approver.post(`/api/v1/cycles/${cycle}/work/preview`, { act: accept, selection })).json();
    const { proposal } = (
      await approver.post(`/api/v1/cycles/${cycle}/work`, { act: accept, selection, token })
    ).json();
    const decided = await other.post(`/api/v1/work/proposals/${proposal}/decide`, { verdict: 'approve' });
    if (decided.statusCode !== 200) throw new Error(`the acceptance was not approved: ${decided.body}`);
  }, 120_000);
  afterAll(async () => {
    await server?.close();
    await demo?.close();
  });

  const list = async (query: Record<string, string>): Promise<List> => {
    const reply = await viewer.get(`/api/v1/cycles/${cycle}/mismatches?${new URLSearchParams(query).toString()}`);
    expect([JSON.stringify(query), reply.statusCode, reply.statusCode === 200 ? '' : reply.body]).toEqual([
      JSON.stringify(query),
      200,
      '',
    ]);
    return reply.json();
  };

  test('pages follow one another in every order, forwards and backwards, without a gap or a repeat', async () => {
    for (const sort of ['-abs', 'abs', 'delta', '-delta', 'customer', '-customer', 'cause', '-cause', 'age', '-age']) {
      const whole = (await list({ sort, size: '500' })).rows.map((row) => row.id);
      expect(new Set(whole).size).toBe(whole.length);
      expect(whole.length).toBeGreaterThan(100);
      const forwards: string[] = [];
      let page = await list({ sort, size: '23' });
      for (;;) {
        forwards.push(...page.rows.map((row) => row.id));
        if (page.page.after === null) break;
        page = await list({ sort, size: '23', after: page.page.after });
      }
      expect(forwards).toEqual(whole);
      const backwards: string[] = [];
      for (;;) {
        backwards.unshift(...page.rows.map((row) => row.id));
        if (page.page.before === null) break;
        page = await list({ sort, size: '23', before: page.page.before });
      }
      expect(backwards).toEqual(whole);
    }
  });

  test('a cursor of another order is refused instead of answered wrongly', async () => {
    const { page } = await list({ sort: 'delta', size: '5' });
    const reply = await viewer.get(`/api/v1/cycles/${cycle}/mismatches?sort=cause&after=${page.after ?? ''}`);
    expect([reply.statusCode, reply.json().code]).toEqual([400, 'usage']);
  });

  test('for 50 random filters the totals of the table, of both exports and of plain SQL agree to the last digit, per currency', async () => {
    const values = async (column: string) =>
      (
        await demo.database.pool.query(`select distinct ${column} as value from mismatch where ${column} is not null`)
      ).rows.map((row: { value: string }) => row.value);
    const some = (all: readonly string[]) =>
      fc.subarray([...all], { minLength: 1, maxLength: Math.min(3, all.length) });
    // Few conditions at a time, near the data: filters that leave nothing prove nothing.
    const parts: Readonly<Record<string, fc.Arbitrary<readonly string[]>>> = {
      cause: some([...(await values('cause')), 'price', 'tax', 'invoice']),
      status: some(['open', 'accepted']),
      currency: some(await values('currency')),
      level: some(await values('level')),
      confidence: some(await values('confidence')),
      direction: some(['over', 'under', 'none']),
      state: some(['mismatch', 'only_legacy', 'only_solvimon', 'within_tolerance']),
      customer: fc.constantFrom(...(await values('customer'))).map((one) => [one]),
      min: fc.constantFrom('0', '1', '10.50').map((one) => [one]),
      max: fc.constantFrom('0.01', '5', '100').map((one) => [one]),
    };
    const filters: fc.Arbitrary<Readonly<Record<string, readonly string[] | undefined>>> = fc
      .subarray(Object.keys(parts), { maxLength: 3 })
      .chain((keys) => fc.record(Object.fromEntries(keys.map((key) => [key, parts[key] ?? fc.constant([])]))));
    let nonEmpty = 0;
    let withAccepted = 0;
    let count = 0;
    await fc.assert(
      fc.asyncProperty(filters, async (filter) => {
        const query = Object.fromEntries(
          Object.entries(filter).map(([key, chosen]) => [key, (chosen ?? []).join(',')]),
        );
        const { totals } = await list({ ...query, size: '1' });
        const expected = await plainTotals(filter);
        expect(totals).toEqual(expected);
        const csv = await viewer.get(
          `/api/v1/cycles/${cycle}/exports/mismatches?${new URLSearchParams({ ...query, format: 'csv' }).toString()}`,
        );
        expect(totalsOfCsv(csv.body)).toEqual(expected);
        expect(await summaryOfXlsx(query)).toEqual(asNumbers(expected.counted));
        count += 1;
        if (totals.counted.length > 0) nonEmpty += 1;
        if (totals.accepted.length > 0) withAccepted += 1;
      }),
      { numRuns: 50, seed: 2026 },
    );
    expect(count).toBe(50);
    expect(nonEmpty).toBeGreaterThan(15);
    expect(withAccepted).toBeGreaterThan(5);
  });

  /** What the workbook's first sheet says of the counted rows, read back as a spreadsheet program would. */
  async function summaryOfXlsx(query: Readonly<Record<string, string>>): Promise<readonly unknown[]> {
    const address = new URLSearchParams({ ...query, format: 'xlsx' }).toString();
    const reply = await viewer.get(`/api/v1/cycles/${cycle}/exports/mismatches?${address}`);
    const sheets = await readXlsxFile(reply.rawPayload);
    return (sheets[0]?.data ?? []).filter((row) => row[0] === 'counted');
  }

  function asNumbers(totals: List['totals']['counted']): readonly unknown[] {
    return totals.map((one) => [
      'counted',
      one.currency,
      one.count,
      Number(one.over),
      Number(one.under),
      Number(one.gross),
      Number(one.net),
    ]);
  }

  /** The same filter, written as SQL by hand and without the store's code. */
  async function plainTotals(filter: Readonly<Record<string, readonly string[] | undefined>>): Promise<List['totals']> {
    const run = (await list({ size: '1' })).run;
    const conditions = [sql`r.id = ${run}`];
    for (const column of ['status', 'currency', 'level', 'confidence', 'direction', 'customer'] as const)
      if (filter[column] !== undefined)
        conditions.push(sql`m.${sql.ref(column)} in (${sql.join([...filter[column]])})`);
    const causes = filter['cause'];
    if (causes !== undefined)
      conditions.push(
        sql`(${sql.join(
          causes.map((one) => sql`(m.cause = ${one} or split_part(m.cause, '.', 1) = ${one})`),
          sql` or `,
        )})`,
      );
    if (filter['state'] !== undefined) conditions.push(sql`p.state in (${sql.join([...filter['state']])})`);
    if (filter['min'] !== undefined) conditions.push(sql`abs(m.delta) >= ${filter['min'][0]}::numeric`);
    if (filter['max'] !== undefined) conditions.push(sql`abs(m.delta) <= ${filter['max'][0]}::numeric`);
    const result = await sql<Totals & { is_accepted: boolean }>`
      select m.currency, m.status = 'accepted' as is_accepted, count(*)::int as count,
        trim_scale(sum(greatest(m.delta, 0)))::text as over, trim_scale(sum(least(m.delta, 0)))::text as under,
        trim_scale(sum(abs(m.delta)))::text as gross, trim_scale(sum(m.delta))::text as net
      from run r join mismatch m on m.run_seq = r.seq join pair p on p.run_seq = r.seq and p.id = m.pair_id
      where ${sql.join(conditions, sql` and `)} group by 1, 2 order by 1 nulls last`.execute(demo.database.db);
    const of = (isAccepted: boolean) =>
      result.rows
        .filter((row) => row.is_accepted === isAccepted)
        .map(({ currency, count, over, under, gross, net }) => ({ currency, count, over, under, gross, net }));
    return { counted: of(false), accepted: of(true) };
  }

  function totalsOfCsv(body: string): List['totals'] {
    const rows = parse(body, { bom: true, columns: true }) as Record<string, string>[];
    const of = (isAccepted: boolean) => {
      const own = rows.filter((row) => (row['status'] === 'accepted') === isAccepted);
      const currencies = [...new Set(own.map((row) => row['currency'] ?? ''))].sort((a, b) =>
        (a || '~') < (b || '~') ? -1 : 1,
      );
      return currencies.map((currency) => {
        const deltas = own
          .filter((row) => row['currency'] === currency)
          .map((row) => decimalText(row['delta_solvimon_minus_legacy'] ?? ''));
        const over = sumText(deltas.filter((one) => !one.startsWith('-')));
        const under = sumText(deltas.filter((one) => one.startsWith('-')));
        const gross = sumText([over, decimalText(under.replace('-', ''))]);
        return {
          currency: currency === '' ? null : currency,
          count: deltas.length,
          over,
          under,
          gross,
          net: sumText(deltas),
        };
      });
    };
    return { counted: of(false), accepted: of(true) };
  }

  test('what is accepted left the totals as well as the count, and stands apart', async () => {
    const all = await list({ size: '1' });
    const open = await list({ size: '1', status: 'open' });
    expect(all.totals.counted).toEqual(open.totals.counted);
    expect(all.totals.accepted.length).toBeGreaterThan(1);
  });

  test('the statement of the cycle foots to zero in every currency, with what was accepted as a step of its own', async () => {
    const { statement } = (await viewer.get(`/api/v1/cycles/${cycle}`)).json() as {
      statement: {
        currency: string;
        legacy: string;
        solvimon: string;
        difference: string;
        steps: { kind: string; amount: string }[];
      }[];
    };
    expect(statement.map((one) => one.currency)).toEqual(expect.arrayContaining(['EUR', 'JPY', 'USD']));
    for (const one of statement) {
      expect([one.currency, one.difference]).toEqual([one.currency, '0']);
      // Added up here as well, not only by the database.
      const steps = sumText(one.steps.map((step) => decimalText(step.amount)));
      expect(sumText([decimalText(one.legacy), steps])).toBe(one.solvimon);
    }
    const kinds = new Set(statement.flatMap((one) => one.steps.map((step) => step.kind)));
    expect(kinds).toEqual(new Set(['only_solvimon', 'only_legacy', 'cause', 'accepted']));
  });

  test('an exported CSV has a BOM, CRLF and exact amounts, no amount with an apostrophe, and no text that a spreadsheet would run', async () => {
    const { body, headers } = await viewer.get(`/api/v1/cycles/${cycle}/exports/mismatches`);
    expect(headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(body.startsWith('\uFEFFid,cycle,customer')).toBe(true);
    expect(body.split('\r\n').length).toBe((await list({ size: '500' })).rows.length + 2);
    expect(body.replaceAll('\r\n', '')).not.toContain('\n');
    expect(body).toMatch(/,-\d+\.\d+,under,/);
    expect(body).not.toMatch(/'-/);
    expect(body).toContain(`"'=HYPERLINK(""x"") agreed"`);
    for (const [value, kind, expected] of [
      ['-12.34', 'amount', '-12.34'],
      ['-12.34', 'text', "'-12.34"],
      ['=1+1', 'text', "'=1+1"],
      ['@x', 'text', "'@x"],
      ['\tx', 'text', "'\tx"],
      ['-1+cmd', 'amount', "'-1+cmd"],
      [null, 'amount', ''],
      [3, 'count', '3'],
    ] as const)
      expect([value, csvCell(value, kind)]).toEqual([value, expected]);
  });

  test('an XLSX read back has numbers as numbers, ids as text, the rows of the filter, and the totals of SQL', async () => {
    const query = 'currency=EUR,USD&format=xlsx';
    const reply = await viewer.get(`/api/v1/cycles/${cycle}/exports/mismatches?${query}`);
    const sheets = await readXlsxFile(reply.rawPayload);
    expect(sheets.map((one) => one.sheet)).toEqual(['Summary', 'Mismatches']);
    const [head = [], ...rows] = sheets[1]?.data ?? [];
    const column = (name: string) => head.indexOf(name);
    const wanted = await list({ currency: 'EUR,USD', size: '500' });
    expect(rows.length).toBe(wanted.rows.length);
    for (const row of rows) {
      expect(typeof row[column('delta_solvimon_minus_legacy')]).toBe('number');
      for (const name of ['id', 'key', 'pair', 'customer', 'cycle', 'cause'])
        expect(typeof row[column(name)]).toBe('string');
    }
    const deltas = rows.map((row) => [row[column('id')], row[column('delta_solvimon_minus_legacy')]]);
    expect(deltas).toEqual(wanted.rows.map((row) => [row.id, Number(row.delta)]));
    const summary = (sheets[0]?.data ?? []).slice(1, 1 + wanted.totals.counted.length);
    expect(summary).toEqual(asNumbers(wanted.totals.counted));
  });

  test('an amount that a spreadsheet cannot hold exactly stays text', () => {
    expect(excelNumber('123456789012.345')).toBe(123_456_789_012.345);
    expect(excelNumber('1234567890123.456')).toBe(null);
    expect(excelNumber('0.1')).toBe(0.1);
    expect(excelNumber('100000000000000000')).toBe(null);
    expect(excelNumber('-0.000000000000001')).toBe(-1e-15);
    expect(excelNumber('x')).toBe(null);
  });

  test('pairs and lines are exported whole: every document of both sides, every line once', async () => {
    const pairs = parse((await viewer.get(`/api/v1/cycles/${cycle}/exports/pairs`)).body, {
      bom: true,
      columns: true,
    }) as Record<string, string>[];
    const counted = await demo.database.pool.query(
      `select (select count(*) from pair p join run r on r.seq = p.run_seq where r.cycle = $1)::int as pairs,
        (select count(*) from load x join run r on r.id = x.run_id join document d on d.load_id = x.id and d.in_cycle
           join line l on l.load_id = d.load_id and l.doc_no = d.doc_no where r.cycle = $1)::int as lines`,
      [cycle],
    );
    expect(pairs.length).toBe(counted.rows[0].pairs);
    const lines = (await viewer.get(`/api/v1/cycles/${cycle}/exports/lines?format=jsonl`)).body.trimEnd().split('\n');
    expect(lines.length).toBe(counted.rows[0].lines);
    expect(lines.length).toBeGreaterThan(2000);
    const [first = '{}'] = lines;
    expect(JSON.parse(first)).toMatchObject({
      side: 'legacy',
      amount: expect.stringMatching(/^-?\d+(\.\d+)?$/) as string,
    });
  });

  test('a pair shows both invoices with every line, and its differences are its delta', async () => {
    const states = ['mismatch', 'only_legacy', 'only_solvimon', 'ambiguous', 'not_ready', 'matched', 'error'];
    const seen = new Set<string>();
    for (const state of states) {
      const { rows } = (await viewer.get(`/api/v1/cycles/${cycle}/pairs?state=${state}&size=3`)).json() as {
        rows: { id: string }[];
      };
      for (const { id } of rows) {
        const detail = (await viewer.get(`/api/v1/pairs/${id}`)).json() as {
          pair: { state: string; legacy: string[]; solvimon: string[]; legacyGross: string | null };
          legacy: { gross: string; lines: { net: string; tax: string | null }[] }[];
          solvimon: unknown[];
          footing: { foots: boolean } | null;
          contentHash: string;
        };
        expect([id, detail.legacy.length, detail.solvimon.length]).toEqual([
          id,
          detail.pair.legacy.length,
          detail.pair.solvimon.length,
        ]);
        if (detail.footing !== null) expect([id, detail.footing.foots]).toEqual([id, true]);
        if (detail.pair.legacyGross !== null)
          expect(sumText(detail.legacy.map((one) => decimalText(one.gross)))).toBe(detail.pair.legacyGross);
        for (const one of detail.legacy) expect(one.lines.length).toBeGreaterThan(0);
        expect(detail.contentHash).toMatch(/^[0-9a-f]{64}$/);
        seen.add(state);
      }
    }
    expect(seen.size).toBeGreaterThan(4);
  });

  test('search finds a customer by part, a document by its whole id and a mismatch by its beginning', async () => {
    const [first] = (await list({ size: '1' })).rows;
    const found = async (search: string) => (await list({ search, size: '500' })).rows.map((row) => row.id);
    expect(await found(first?.customer?.slice(2) ?? '')).toContain(first?.id);
    expect(await found(first?.id.slice(0, 8) ?? '')).toContain(first?.id);
    const { pair } = (await viewer.get(`/api/v1/pairs/${first?.pair.id ?? ''}`)).json() as {
      pair: { legacy: string[] };
    };
    expect(await found(pair.legacy[0] ?? '')).toContain(first?.id);
    expect(await found('100%_no')).toEqual([]);
  });

  test('the stream of a run that has ended says so at once and closes', async () => {
    const { run } = await list({ size: '1' });
    const { body, headers } = await viewer.get(`/api/v1/runs/${run}/events`);
    expect(headers['content-type']).toContain('text/event-stream');
    expect(body).toMatch(/^event: progress\ndata: {"state":"finished".*}\n\nevent: end\ndata: /s);
    expect((await findRun(demo.database.db, run))?.state).toBe('finished');
  });

  test('causes and their clusters hold the same money, and unexplained ones come first', async () => {
    type Cause = { currency: string | null; cause: string; over: string; under: string };
    const found = (await viewer.get(`/api/v1/cycles/${cycle}/causes`)).json() as {
      causes: Cause[];
      rootCauses: Cause[];
    };
    const sums = (rows: Cause[]) =>
      [...new Set(rows.map((row) => row.currency ?? ''))].sort().map((currency) => {
        const own = rows.filter((row) => (row.currency ?? '') === currency);
        return [
          currency,
          sumText(own.map((row) => decimalText(row.over))),
          sumText(own.map((row) => decimalText(row.under))),
        ];
      });
    expect(sums(found.rootCauses)).toEqual(sums(found.causes));
    const last = found.rootCauses.findLastIndex((one) => one.cause === 'unexplained');
    expect(found.rootCauses.slice(0, last + 1).every((one) => one.cause === 'unexplained')).toBe(true);
  });
});
