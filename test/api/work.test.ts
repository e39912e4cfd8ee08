import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { workContext } from '../../src/app-api.js';
import { cycleEvents, cycleStates, cycleTransitions, nextCycleState } from '../../src/model/cycle-state.js';
import { mismatchStatuses } from '../../src/model/verdict.js';
import { workEvents, workTransitions } from '../../src/model/work.js';
import { decideProposal } from '../../src/run/decide-proposal.js';
import { reviewCycle } from '../../src/run/sign-cycle.js';
import { verifyAudit } from '../../src/store/audit.js';
import { type Client, startTestApi, type TestApi } from '../support/api.js';
import { addToLegacyInvoice } from '../support/change-legacy.js';
import { type DemoRuns, runDemo } from '../support/demo-runs.js';

const start = new Date('2026-11-24T12:00:00Z');
const cycle = '2026-10';

type Row = {
  id: string;
  key: string;
  status: string;
  assignee: string | null;
  version: number;
  currency: string;
  delta: string;
  absDelta: string;
};
type Outcome = {
  batch: string | null;
  proposal: string | null;
  why: string | null;
  items: { key: string; from: string; to: string; version: number }[];
};

describe('working on mismatches and signing a cycle', () => {
  let demo: DemoRuns;
  let server: TestApi;
  let clock = start;
  let analyst: Client;
  let approver: Client;
  let second: Client;
  let admin: Client;

  beforeAll(async () => {
    demo = await runDemo(start);
    const { loaded } = demo;
    // EUR 50 may be accepted by one person; nothing in any other currency.
    const config = { ...loaded.config, work: { accept_limits: { EUR: '50' } } } as unknown as typeof loaded.config;
    server = await startTestApi({ store: demo.database, loaded: { ...loaded, config }, now: () => clock });
    analyst = await server.signIn('ana', 'analyst');
    approver = await server.signIn('ada', 'approver');
    second = await server.signIn('sam', 'approver');
    admin = await server.signIn('root', 'admin');
  }, 120_000);
  afterAll(async () => {
    await server?.close();
    await demo?.close();
  });

  const rows = async (query: string): Promise<Row[]> =>
    (await analyst.get(`/api/v1/cycles/${cycle}/mismatches?size=500&${query}`)).json().rows;
  const one = async (query: string): Promise<Row> => {
    const [first] = await rows(query);
    if (first === undefined) throw new Error(`nothing is ${query}`);
    return first;
  };
  const act = (who: Client, row: Row, what: object, version = row.version) =>
    who.post(`/api/v1/cycles/${cycle}/work`, {
      act: what,
      selection: { ids: [row.id] },
      versions: { [row.key]: version },
    });
  const acceptance = (maxAmount: string, expiresOn = '2026-12-20') => ({
    kind: 'accept',
    reason: 'agreed with the customer',
    expiresOn,
    maxAmount,
  });
  const auditActions = async () =>
    (await admin.get('/api/v1/audit?limit=1000'))
      .json()
      .rows.map((entry: { action: string }) => entry.action) as string[];

  test('assigning, commenting and setting a status are each one step in the history and in the audit log', async () => {
    const row = await one('status=open&currency=EUR&cause=price');
    const assigned = await act(analyst, row, { kind: 'assign', assignee: 'Ana@Example.com' });
    expect(assigned.json()).toMatchObject({ items: [{ key: row.key, from: 'open', to: 'open', version: 1 }] });
    await act(analyst, row, { kind: 'comment', text: 'asked the vendor; the customer is called Jane' }, 1);
    const set = await act(analyst, row, { kind: 'status', status: 'fix_solvimon' }, 2);
    expect(set.json()).toMatchObject({ items: [{ from: 'open', to: 'fix_solvimon', version: 3 }] });
    const detail = (await analyst.get(`/api/v1/mismatches/${row.id}`)).json();
    expect(detail.mismatch).toMatchObject({ status: 'fix_solvimon', assignee: 'ana@example.com', version: 3 });
    expect(detail.history.map((event: { kind: string; who: string }) => [event.kind, event.who])).toEqual([
      ['assign', 'ana@example.com'],
      ['comment', 'ana@example.com'],
      ['status', 'ana@example.com'],
    ]);
    expect(await rows('assignee=ana@example.com')).toHaveLength((await rows(`search=${row.id}`)).length);
    expect((await auditActions()).slice(0, 3)).toEqual(['work.status', 'work.comment', 'work.assign']);
    // What people write may name people: it stays with the mismatch and out of the log.
    expect((await admin.get('/api/v1/audit?limit=1000')).body).not.toContain('Jane');
  });

  test('somebody who looked at an older version is refused, and nothing is changed', async () => {
    const row = await one('status=open&currency=EUR&cause=tax');
    expect((await act(analyst, row, { kind: 'status', status: 'investigating' })).statusCode).toBe(200);
    const before = (await auditActions()).length;
    const stale = await act(second, row, { kind: 'status', status: 'resolved' });
    expect([stale.statusCode, stale.json().code]).toEqual([409, 'conflict']);
    expect(await one(`search=${row.id}`)).toMatchObject({ status: 'investigating', version: 1 });
    expect((await auditActions()).length).toBe(before);
  });

  test('many are done at once only as the preview showed them', async () => {
    const selection = { filter: { status: 'open', currency: 'EUR', level: 'line' } };
    const what = { kind: 'status', status: 'investigating' };
    const preview = (await analyst.post(`/api/v1/cycles/${cycle}/work/preview`, { act: what, selection })).json();
    const open = await rows('status=open&currency=EUR&level=line');
    expect(preview.keys).toBe(new Set(open.map((row) => row.key)).size);
    expect(preview.totals).toMatchObject([{ currency: 'EUR', count: preview.mismatches }]);
    expect(preview.sample.length).toBe(5);
    expect(await rows('status=open&currency=EUR&level=line')).toEqual(open);
    // Without a token a filter is refused; after a change of one row the token is worth nothing.
    const blind = await analyst.post(`/api/v1/cycles/${cycle}/work`, { act: what, selection });
    expect([blind.statusCode, blind.json().code]).toEqual([400, 'usage']);
    const [first] = open;
    if (first === undefined) throw new Error('some are open');
    const moved = (await act(second, first, { kind: 'assign', assignee: 'sam@example.com' })).json() as Outcome;
    const late = await analyst.post(`/api/v1/cycles/${cycle}/work`, { act: what, selection, token: preview.token });
    expect([late.statusCode, late.json().code]).toEqual([409, 'conflict']);
    await second.post(`/api/v1/work/batches/${moved.batch ?? ''}/take-back`, {});
    const fresh = (await analyst.post(`/api/v1/cycles/${cycle}/work/preview`, { act: what, selection })).json();
    // The token is of one person: another cannot use it.
    const foreign = await second.post(`/api/v1/cycles/${cycle}/work`, { act: what, selection, token: fresh.token });
    expect(foreign.statusCode).toBe(409);
    const done = (
      await analyst.post(`/api/v1/cycles/${cycle}/work`, { act: what, selection, token: fresh.token })
    ).json() as Outcome;
    expect(done.items.length).toBe(fresh.keys);
    expect(await rows('status=open&currency=EUR&level=line')).toEqual([]);
    // Undone as a whole: every row stands as it stood.
    const undone = await analyst.post(`/api/v1/work/batches/${done.batch ?? ''}/take-back`, {});
    expect(undone.statusCode).toBe(200);
    const states = (all: Row[]) => all.map(({ id, status, assignee }) => ({ id, status, assignee }));
    expect(states(await rows('status=open&currency=EUR&level=line'))).toEqual(states(open));
  });

  test('an act is undone within 30 seconds, later it takes a reason, and nothing is taken back twice', async () => {
    const row = await one('status=open&currency=EUR&level=header');
    const done = (await act(analyst, row, { kind: 'status', status: 'investigating' })).json() as Outcome;
    const takeBack = (who: Client, body: object) =>
      who.post(`/api/v1/work/batches/${done.batch ?? ''}/take-back`, body);
    clock = new Date(start.getTime() + 31_000);
    const late = await takeBack(analyst, {});
    expect([late.statusCode, late.json().message]).toEqual([400, expect.stringMatching(/reason/)]);
    expect((await takeBack(analyst, { reason: 'wrong row' })).statusCode).toBe(200);
    clock = start;
    expect(await one(`search=${row.id}`)).toMatchObject({ status: 'open', version: 2 });
    expect((await takeBack(analyst, { reason: 'again' })).statusCode).toBe(409);
    const history = (await analyst.get(`/api/v1/mismatches/${row.id}`)).json().history as { kind: string }[];
    expect(history.map((event) => event.kind)).toEqual(['status', 'reversal']);
  });

  test('an acceptance needs a reason, an end within 90 days and a cap that covers it, and all faults are named at once', async () => {
    const row = await one('status=open&currency=EUR&level=line');
    const bad = await act(approver, row, { kind: 'accept', reason: 'ok', expiresOn: '2027-03-01', maxAmount: '0' });
    expect(bad.statusCode).toBe(400);
    expect(bad.json().message).toMatch(/expiresOn 2027-03-01.*maxAmount 0 is less than/);
    expect(
      (await act(approver, row, { kind: 'accept', reason: '  ', expiresOn: '2026-12-01', maxAmount: '500' }))
        .statusCode,
    ).toBe(400);
    expect(await one(`search=${row.id}`)).toMatchObject({ status: 'open', version: row.version });
  });

  test('an approver accepts a little alone; an analyst, a large sum, many small sums and a currency without a limit become proposals', async () => {
    const euros = (await rows('status=open&currency=EUR&max=20')).filter((row) => row.absDelta !== '0');
    const [small] = euros.toReversed();
    if (small === undefined) throw new Error('small ones exist');
    const proposed = (await act(analyst, small, acceptance('20'))).json() as Outcome;
    expect(proposed).toMatchObject({ batch: null, why: expect.stringMatching(/your role proposes/) as string });
    const alone = (await act(approver, small, acceptance('20'))).json() as Outcome;
    expect(alone).toMatchObject({ proposal: null, items: [{ key: small.key, to: 'accepted' }] });
    const large = await one('status=open&currency=EUR&min=60');
    expect((await act(approver, large, acceptance('5000'))).json()).toMatchObject({
      batch: null,
      why: expect.stringMatching(/more than the 50/) as string,
    });
    const yen = await one('status=open&currency=JPY');
    expect((await act(admin, yen, acceptance('100000'))).json()).toMatchObject({
      batch: null,
      why: expect.stringMatching(/no limit.*JPY/) as string,
    });
    // One by one they are small; together they are not.
    let accepted = 0;
    let refusedFor = '';
    for (const row of await rows('status=open&currency=EUR&min=5&max=20')) {
      const outcome = (await act(approver, row, acceptance('50'))).json() as Outcome;
      if (outcome.proposal !== null) {
        refusedFor = outcome.why ?? '';
        break;
      }
      accepted += 1;
    }
    expect(accepted).toBeGreaterThan(1);
    expect(refusedFor).toMatch(/you accepted before/);
  });

  test('who proposed cannot approve: not over HTTP, not in the function behind the command line and jobs, not in the database, not as an admin', async () => {
    const row = await one('status=open&currency=EUR&min=60');
    const outcome = (await act(admin, row, acceptance('5000'))).json() as Outcome;
    const id = outcome.proposal ?? '';
    const decide = (who: Client) => who.post(`/api/v1/work/proposals/${id}/decide`, { verdict: 'approve' });
    const own = await decide(admin);
    expect([own.statusCode, own.json().code]).toEqual([403, 'not_allowed']);
    const context = workContext(demo.database, demo.loaded, () => clock);
    for (const via of ['cli', 'job', 'api'] as const)
      for (const name of ['root@example.com', ' Root@Example.COM '])
        await expect(
          decideProposal(context, {
            id,
            actor: { name: name.trim().toLowerCase(), via },
            verdict: 'approve',
            comment: null,
          }),
        ).rejects.toMatchObject({ code: 'not_allowed' });
    await expect(
      sql`update work_proposal set state = 'approved', decided_by = proposed_by, decided_at = now() where id = ${id}`.execute(
        demo.database.db,
      ),
    ).rejects.toMatchObject({ constraint: 'proposal_maker_is_not_checker' });
    await expect(
      sql`update work_item set approved_by = accepted_by where accepted_by is not null`.execute(demo.database.db),
    ).rejects.toMatchObject({ constraint: 'maker_is_not_checker' });
    // A token of the proposer is the proposer.
    const { token } = (await admin.post('/api/v1/tokens', { name: 'mine', scopes: ['approve'], days: 1 })).json();
    const byToken = await server.app.inject({
      method: 'POST',
      url: `/api/v1/work/proposals/${id}/decide`,
      headers: { authorization: `Bearer ${token}` },
      payload: { verdict: 'approve' },
    });
    expect(byToken.statusCode).toBe(403);
    expect((await decide(second)).json()).toMatchObject({
      state: 'approved',
      proposedBy: 'root@example.com',
      decidedBy: 'sam@example.com',
    });
    expect(await one(`search=${row.id}`)).toMatchObject({ status: 'accepted' });
    expect((await decide(second)).statusCode).toBe(409);
  });

  test('what is approved is what was proposed: a key that changed since is a conflict', async () => {
    const row = await one('status=open&currency=USD');
    const { proposal } = (await act(approver, row, acceptance('5000'))).json() as Outcome;
    await act(analyst, row, { kind: 'status', status: 'fix_legacy' });
    const reply = await second.post(`/api/v1/work/proposals/${proposal ?? ''}/decide`, { verdict: 'approve' });
    expect([reply.statusCode, reply.json().code]).toEqual([409, 'conflict']);
    expect(await one(`search=${row.id}`)).toMatchObject({ status: 'fix_legacy' });
    expect(
      (
        await second.post(`/api/v1/work/proposals/${proposal ?? ''}/decide`, { verdict: 'reject', comment: 'changed' })
      ).json(),
    ).toMatchObject({ state: 'rejected' });
  });

  test('an acceptance ends on its day: the mismatch counts again without anybody doing anything', async () => {
    const row = await one('status=open&currency=EUR&max=1');
    const outcome = (await act(approver, row, acceptance('5', '2026-11-26'))).json() as Outcome;
    if (outcome.proposal !== null)
      await second.post(`/api/v1/work/proposals/${outcome.proposal}/decide`, { verdict: 'approve' });
    expect(await one(`search=${row.id}`)).toMatchObject({ status: 'accepted' });
    // Midnight in Amsterdam is 23:00 in UTC.
    clock = new Date('2026-11-25T22:59:00Z');
    server.provider.person = { sub: 'x', email: 'x@example.com', groups: [] };
    const late = await server.signIn('late', 'analyst');
    const status = async (client: Client) =>
      (await client.get(`/api/v1/cycles/${cycle}/mismatches?search=${row.id}`)).json().rows[0].status as string;
    expect(await status(late)).toBe('accepted');
    clock = new Date('2026-11-25T23:00:00Z');
    const later = await server.signIn('later', 'analyst');
    expect(await status(later)).toBe('expired');
    clock = start;
  });

  test('the tables of what may happen to a mismatch and to a cycle are whole, and lead only to states there are', () => {
    for (const status of mismatchStatuses)
      for (const event of workEvents)
        expect([...mismatchStatuses, 'set', 'refused']).toContain(workTransitions[status][event]);
    for (const state of cycleStates)
      for (const event of cycleEvents) expect([...cycleStates, 'refused']).toContain(nextCycleState(state, event));
    // Nothing but the last reviewer signs a cycle, and nothing but a person brings a suspended one back.
    const waysTo = (target: string) =>
      cycleStates.flatMap((state) =>
        cycleEvents
          .filter((event) => state !== target && cycleTransitions[state][event] === target)
          .map((event) => `${state} ${event}`),
      );
    expect(waysTo('signed')).toEqual(['in_review reviewed']);
    expect(waysTo('in_review')).toEqual(['comparable prepared', 'suspended prepared']);
    expect(cycleEvents.filter((event) => cycleTransitions.suspended[event] !== 'suspended')).toEqual([
      'prepared',
      'reviewed',
      'reopened',
    ]);
    expect(cycleTransitions.suspended.reviewed).toBe('refused');
  });

  test('accept and sign, then the amount changes: the acceptance is stale, the sign-off suspended, once, and the others are as they were', async () => {
    const legacyOnly = await one('state=only_legacy&currency=EUR&level=header');
    const pairs = (await analyst.get(`/api/v1/cycles/${cycle}/pairs?state=only_legacy&currency=EUR`)).json().rows as {
      legacy: string[];
    }[];
    const invoice = pairs[0]?.legacy[0] ?? '';
    const accepted = (await act(approver, legacyOnly, acceptance('5000'), legacyOnly.version)).json() as Outcome;
    if (accepted.proposal !== null)
      await second.post(`/api/v1/work/proposals/${accepted.proposal}/decide`, { verdict: 'approve' });
    expect(await one(`search=${legacyOnly.id}`)).toMatchObject({ status: 'accepted' });
    const others = (await rows('')).filter((row) => row.key !== legacyOnly.key);

    const { run, signoff } = (await analyst.get(`/api/v1/cycles/${cycle}`)).json();
    const body = { resultHash: run.resultHash as string, certification: signoff.certification as string };
    const wrong = await analyst.post(`/api/v1/cycles/${cycle}/prepare`, { ...body, resultHash: 'v1 other' });
    expect([wrong.statusCode, wrong.json().code]).toEqual([409, 'conflict']);
    expect((await second.post(`/api/v1/cycles/${cycle}/review`, body)).statusCode).toBe(409);
    expect((await admin.post(`/api/v1/cycles/${cycle}/prepare`, body)).json()).toMatchObject({ state: 'in_review' });
    // Who prepared cannot review, as an admin neither, by no door.
    const own = await admin.post(`/api/v1/cycles/${cycle}/review`, body);
    expect([own.statusCode, own.json().code]).toEqual([403, 'not_allowed']);
    const context = workContext(demo.database, demo.loaded, () => clock);
    for (const via of ['cli', 'job'] as const)
      await expect(
        reviewCycle(context, { cycle, actor: { name: 'root@example.com', via }, ...body }),
      ).rejects.toMatchObject({ code: 'not_allowed' });
    await expect(
      sql`insert into signoff (cycle, round, person, part, run_id, result_hash, certification, signed_at)
        select cycle, round, person, 'reviewer', run_id, result_hash, certification, now() from signoff`.execute(
        demo.database.db,
      ),
    ).rejects.toMatchObject({ constraint: 'signoff_maker_is_not_checker' });
    // What somebody signs for stands still; a comment is no change.
    const frozen = await act(analyst, legacyOnly, { kind: 'status', status: 'open' }, 1);
    expect([frozen.statusCode, frozen.json().code]).toEqual([409, 'cycle_signed']);
    const free = others.find((row) => row.status === 'open');
    if (free === undefined) throw new Error('some are open');
    expect((await act(analyst, free, { kind: 'comment', text: 'noted' })).statusCode).toBe(200);
    expect((await second.post(`/api/v1/cycles/${cycle}/review`, body)).json()).toMatchObject({ state: 'signed' });

    // The same numbers again change nothing.
    const events = async () =>
      (await sql<{ n: string }>`select count(*) as n from work_event`.execute(demo.database.db)).rows[0]?.n;
    const before = await events();
    await demo.rerun(cycle, 'again');
    expect((await analyst.get(`/api/v1/cycles/${cycle}`)).json().cycle).toMatchObject({ state: 'signed', runs: 2 });
    expect(await events()).toBe(before);
    const byText = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
    expect((await rows('')).map(({ id, status, version }) => [id, status, version]).sort(byText)).toEqual(
      [...others, await one(`search=${legacyOnly.id}`)]
        .map(({ id, status, version }) => [id, status, id === free.id ? version + 1 : version])
        .sort(byText),
    );

    addToLegacyInvoice(demo.dir, cycle, invoice);
    await demo.rerun(cycle, 'changed');
    const changed = (await analyst.get(`/api/v1/cycles/${cycle}`)).json();
    expect(changed.cycle.state).toBe('suspended');
    expect(
      changed.signoff.signatures.map((each: { person: string; counts: boolean }) => [each.person, each.counts]),
    ).toEqual([
      ['root@example.com', false],
      ['sam@example.com', false],
    ]);
    expect(await one(`search=${legacyOnly.id}`)).toMatchObject({ status: 'stale' });
    const statusOf = (all: Row[]) => new Map(all.map((row) => [row.id, row.status]));
    const after = statusOf(await rows(''));
    for (const row of others) expect([row.id, after.get(row.id)]).toEqual([row.id, row.status]);
    await demo.rerun(cycle, 'changed2');
    expect((await auditActions()).filter((action) => action === 'cycle.suspend')).toHaveLength(1);
    // It takes people to sign again.
    const anew = { ...body, resultHash: changed.run.resultHash as string };
    expect((await second.post(`/api/v1/cycles/${cycle}/review`, anew)).statusCode).toBe(409);
    expect((await second.post(`/api/v1/cycles/${cycle}/prepare`, anew)).json()).toMatchObject({ state: 'in_review' });
    expect((await admin.post(`/api/v1/cycles/${cycle}/review`, anew)).json()).toMatchObject({ state: 'signed' });
    const reopened = await second.post(`/api/v1/cycles/${cycle}/reopen`, { reason: 'a late credit note' });
    expect(reopened.json()).toMatchObject({ state: 'comparable' });
  }, 120_000);

  test('decisions of a cycle are carried into the next one by what they are about', async () => {
    const later = await sql<{ n: string }>`
      select count(*) as n from work_item where cycle = '2026-10' and status = 'accepted'`.execute(demo.database.db);
    expect(Number(later.rows[0]?.n)).toBeGreaterThan(2);
    // An acceptance given in September holds in October, where the same thing is found again within its cap.
    // In October nobody has decided anything about them yet: a decision of its own would win.
    const october = new Set((await rows('status=open')).filter((row) => row.version === 0).map((row) => row.key));
    const shared = (
      (await analyst.get('/api/v1/cycles/2026-09/mismatches?size=500&status=open')).json().rows as Row[]
    ).filter((row) => october.has(row.key));
    const [again] = shared.filter((row) => row.currency === 'EUR' && row.absDelta !== '0');
    if (again === undefined) throw new Error('one comes back in October');
    const accept = async (row: Row, maxAmount: string) => {
      const reply = await approver.post('/api/v1/cycles/2026-09/work', {
        act: acceptance(maxAmount),
        selection: { ids: [row.id] },
        versions: { [row.key]: row.version },
      });
      const outcome = reply.json() as Outcome;
      expect(reply.statusCode).toBe(200);
      if (outcome.proposal !== null)
        await second.post(`/api/v1/work/proposals/${outcome.proposal}/decide`, { verdict: 'approve' });
    };
    await accept(again, '5000');
    await demo.rerun(cycle, 'carried');
    const carried = (await rows('')).filter((row) => row.key === again.key);
    expect(carried.length).toBeGreaterThan(0);
    for (const row of carried) expect(row).toMatchObject({ status: 'accepted' });
    const detail = (await analyst.get(`/api/v1/mismatches/${carried[0]?.id ?? ''}`)).json();
    expect(detail.mismatch.acceptance).toMatchObject({ acceptedIn: '2026-09', by: 'ada@example.com' });
    expect(detail.mismatch).toMatchObject({ firstCycle: '2026-09', seen: 2 });
  }, 60_000);

  test('the audit log is a chain: one changed word, one missing entry or a cut end is found, even by a superuser with the trigger off', async () => {
    const whole = await verifyAudit(demo.database.db);
    expect(whole).toMatchObject({ isWhole: true, broken: null });
    expect(whole.entries).toBeGreaterThan(20);
    await expect(sql`update audit_log set actor = 'nobody'`.execute(demo.database.db)).rejects.toThrow(/append-only/);
    await expect(sql`delete from audit_log where seq = 3`.execute(demo.database.db)).rejects.toThrow(/append-only/);
    const client = new pg.Client({ connectionString: demo.database.url });
    await client.connect();
    const tampered = async (change: string, restore: string): Promise<unknown> => {
      await client.query('alter table audit_log disable trigger audit_log_append');
      await client.query(change);
      const verdict = await verifyAudit(demo.database.db, whole.head);
      await client.query(restore);
      await client.query('alter table audit_log enable trigger audit_log_append');
      return verdict.broken;
    };
    const actor = (await client.query('select actor from audit_log where seq = 4')).rows[0].actor as string;
    expect(
      await tampered(
        `update audit_log set actor = 'mallory' where seq = 4`,
        `update audit_log set actor = '${actor}' where seq = 4`,
      ),
    ).toMatchObject({ seq: '4', because: expect.stringMatching(/not what was written/) });
    const detail = (await client.query('select detail::text from audit_log where seq = 5')).rows[0].detail as string;
    expect(
      await tampered(
        `update audit_log set detail = detail || '{"x": 1}' where seq = 5`,
        `update audit_log set detail = '${detail.replaceAll("'", "''")}' where seq = 5`,
      ),
    ).toMatchObject({ seq: '5' });
    await client.query(
      'create table kept as select * from audit_log where seq in (6, (select max(seq) from audit_log))',
    );
    expect(
      await tampered('delete from audit_log where seq = 6', 'insert into audit_log select * from kept where seq = 6'),
    ).toMatchObject({ because: expect.stringMatching(/6 is missing/) });
    expect(
      await tampered(
        'delete from audit_log where seq = (select max(seq) from audit_log)',
        'insert into audit_log select * from kept where seq <> 6',
      ),
    ).toMatchObject({ because: expect.stringMatching(/cut or written anew/) });
    expect((await verifyAudit(demo.database.db, whole.head)).isWhole).toBe(true);
    await client.end();
    expect((await admin.get('/api/v1/audit/verify')).json()).toMatchObject({ isWhole: true });
  });
});
