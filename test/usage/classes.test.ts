import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CycleId } from '../../src/model/ids.js';
import type { CustomerKey } from '../../src/model/ids.js';
import { type Instant, instantOfMs, msOfInstant } from '../../src/model/period.js';
import type { UsageEvent, UsageRecord } from '../../src/model/usage.js';
import { identityMapping } from '../../src/reconcile/mapping.js';
import { checkUsage } from '../../src/run/usage/check-usage.js';
import type { StoredUsageCheck } from '../../src/store/usage/checks.js';
import type { UsageSummary } from '../../src/store/usage/finish.js';
import { streamUsageFindings, type UsageFinding } from '../../src/store/usage/views.js';
import { createTestDatabase, keepOnFailure, type TestDatabase } from '../support/test-database.js';
import { testContext } from '../support/test-run.js';
import { anEvent, at, memorySettings, q, type UsageInput } from '../support/usage.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const nothing = { legacy: {}, solvimon: {} } as unknown as Parameters<typeof testContext>[1];

async function check(
  input: UsageInput,
  more: { readonly cycle?: string; readonly timezone?: string } = {},
): Promise<{
  readonly stored: StoredUsageCheck;
  readonly summary: UsageSummary;
  readonly findings: readonly UsageFinding[];
}> {
  keepOnFailure(database);
  const stored = await checkUsage(testContext(database, nothing), memorySettings(input), {
    id: randomBytes(13).toString('hex'),
    kind: 'check',
    cycle: (more.cycle ?? '2026-10') as CycleId,
    timezone: more.timezone ?? 'UTC',
  });
  const findings: UsageFinding[] = [];
  for await (const finding of streamUsageFindings(database.db, stored, {}, null)) findings.push(finding);
  return { stored, summary: stored.summary as UsageSummary, findings };
}

/** What a test expects of findings: class, event, effect. */
const short = (findings: readonly UsageFinding[]) => findings.map((one) => [one.class, one.reference, one.effect]);

const ten = Array.from({ length: 10 }, (_unused, index) => anEvent(`same-${index}`, { q: `${index + 1}` }));
const both = (legacy: readonly UsageRecord[], solvimon: readonly UsageRecord[]): UsageInput => ({
  legacy: [...ten, ...legacy],
  solvimon: [...ten, ...solvimon],
});

const late = { ingestedAt: '2026-11-05T00:00:00.000Z' as Instant };
const one = anEvent('e1', { q: '2.5' });

describe('each way in which an event can be other than it should be', () => {
  test.each<[string, UsageInput, readonly (readonly [string, string | null, string])[]]>([
    ['nothing is wrong', both([one], [one]), []],
    ['never sent', both([one], []), [['missing', 'e1', '-2.5']]],
    ['sent by nobody', both([], [one]), [['extra', 'e1', '2.5']]],
    ['taken back', both([one], [{ ...one, outcome: 'deleted' }]), [['missing', 'e1', '-2.5']]],
    ['taken back and never in legacy', both([], [{ ...one, outcome: 'deleted' }]), []],
    ['without a price', both([one], [{ ...one, outcome: 'not_matched' }]), [['unmatched', 'e1', '-2.5']]],
    [
      'without a price and unknown to legacy',
      both([], [{ ...one, outcome: 'not_matched' }]),
      [['unmatched', 'e1', '0']],
    ],
    ['after the close', both([one], [{ ...one, ...late }]), [['late', 'e1', '-2.5']]],
    ['twice under one reference', both([one], [one, one]), [['duplicate', 'e1', '2.5']]],
    [
      'twice under two references',
      both([one], [one, { ...one, reference: 'e1-again' }]),
      [['duplicate', 'e1-again', '2.5']],
    ],
    ['twice, the copy refused', both([one], [one, { ...one, outcome: 'duplicate' }]), [['duplicate', 'e1', '0']]],
    ['twice in legacy', both([one, one], [one]), [['duplicate', 'e1', '-2.5']]],
    ['twice on both sides', both([one, one], [one, one]), []],
    ['for another customer', both([one], [{ ...one, customer: 'C2' }]), [['wrong_customer', 'e1', '-2.5']]],
    ['to another meter', both([one], [{ ...one, meter: 'sms' }]), [['wrong_meter', 'e1', '-2.5']]],
    [
      'in the month before',
      both([one], [{ ...one, at: at('2026-09-30T23:00:00.000Z') }]),
      [['wrong_period', 'e1', '-2.5']],
    ],
    [
      'from the month after',
      both([{ ...one, at: at('2026-11-01T00:30:00.000Z') }], [one]),
      [['wrong_period', 'e1', '2.5']],
    ],
    ['an hour later', both([one], [{ ...one, at: at('2026-10-10T13:00:00.000Z') }]), [['wrong_time', 'e1', '0']]],
    ['another quantity', both([one], [{ ...one, quantity: q('3') }]), [['wrong_quantity', 'e1', '0.5']]],
    [
      'dated in the future',
      both([one], [{ ...one, ingestedAt: '2026-10-10T11:00:00.000Z' as Instant }]),
      [['future', 'e1', '0']],
    ],
    [
      'unreadable in solvimon',
      both(
        [one],
        [
          {
            type: 'rejected',
            reference: 'e1',
            customer: 'C1',
            meter: 'api',
            problems: [{ code: 'amount_malformed', place: {}, field: 'quantity', value: 'x', expected: 'a number' }],
            place: {},
          },
        ],
      ),
      [['unreadable', 'e1', '-2.5']],
    ],
    [
      'without references on a side',
      both([{ ...one, reference: null }], [{ ...one, reference: null, quantity: q('3') }]),
      [['count_differs', null, '0.5']],
    ],
    ['without references and equal', both([{ ...one, reference: null }], [{ ...one, reference: null }]), []],
  ])('%s', async (_name, input, expected) => {
    const { findings, stored } = await check(input);
    expect(short(findings)).toEqual(expected);
    expect(stored.isComplete).toBe(!input.solvimon.some((record) => record.type === 'rejected'));
  });

  test('a reference that came again with other content says what the other content was', async () => {
    const { findings } = await check(
      both([one], [one, { ...one, quantity: q('7'), ingestedAt: '2026-10-11T00:00:00.000Z' as Instant }]),
    );
    expect(findings).toMatchObject([{ class: 'duplicate', effect: '7', otherReference: 'e1' }]);
    expect(findings[0]?.reason).toMatch(/^twice in solvimon, with other content: C1 api .* 7$/);
    const refused = await check(both([one], [one, { ...one, quantity: q('7'), outcome: 'duplicate' }]));
    expect(refused.findings).toMatchObject([{ class: 'duplicate', effect: '0' }]);
    expect(refused.findings[0]?.reason).toContain('with other content');
  });

  test('customers and meters that are in no mapping are named, and are not called missing and extra', async () => {
    const known = new Map([['C1', 'C1' as CustomerKey]]);
    const input = {
      ...both(
        [
          { ...one, customer: 'C9' },
          { ...one, reference: 'e2', meter: 'smss' },
        ],
        [{ ...one, reference: 'e3', customer: 'S9' }],
      ),
      mapping: { ...identityMapping, customers: { legacy: known, solvimon: known }, hasCustomers: true, strict: true },
      meters: [{ legacy: 'api', solvimon: 'api', product: '', aggregation: '' }],
    };
    const { findings } = await check(input);
    expect(findings.map((finding) => [finding.class, finding.reason])).toEqual([
      ['unknown_meter', 'legacy:smss is in no mapping'],
      ['unknown_customer', 'legacy:C9 is in no mapping'],
      ['unknown_customer', 'solvimon:S9 is in no mapping'],
    ]);
  });
});

describe('when a day begins and ends', () => {
  const zone = 'Europe/Amsterdam';
  const same = (text: string, reference: string) => anEvent(reference, { at: at(text) });

  test('an event on the boundary instant belongs to the month that begins, on both sides alike', async () => {
    const first = same('2026-09-30T22:00:00.000Z', 'first');
    const next = same('2026-10-31T23:00:00.000Z', 'next');
    const { summary, findings } = await check({ legacy: [first, next], solvimon: [first, next] }, { timezone: zone });
    expect(findings).toEqual([]);
    expect(summary.meters).toMatchObject([{ legacyEvents: '1', solvimonEvents: '1' }]);
    const moved = await check(
      { legacy: [first, next], solvimon: [{ ...first, at: at('2026-09-30T21:59:59.999Z') }, next] },
      { timezone: zone },
    );
    expect(short(moved.findings)).toEqual([['wrong_period', 'first', '-1']]);
  });

  test('a local time that was taken for UTC is told as that, also across the clock change', async () => {
    const lastEvening = same('2026-10-31T22:30:00.000Z', 'e1');
    const { findings } = await check(
      { legacy: [lastEvening], solvimon: [{ ...lastEvening, at: at('2026-10-31T23:30:00.000Z') }] },
      { timezone: zone },
    );
    expect(findings).toMatchObject([
      { class: 'wrong_period', day: '2026-10-31', reason: 'its local time was taken for UTC' },
    ]);
    const summer = same('2026-10-01T12:00:00.000Z', 'e2');
    const moved = await check(
      { legacy: [summer], solvimon: [{ ...summer, at: at('2026-10-01T14:00:00.000Z') }] },
      { timezone: zone },
    );
    expect(moved.findings).toMatchObject([{ class: 'wrong_time', reason: 'its local time was taken for UTC' }]);
  });

  test('both hours of the autumn change lie in the same local day, and the day before ends an hour before them', async () => {
    const events = [
      '2026-10-24T21:59:59.000Z',
      '2026-10-24T22:00:00.000Z',
      '2026-10-25T00:30:00.000Z',
      '2026-10-25T01:30:00.000Z',
      '2026-10-25T22:59:59.000Z',
      '2026-10-25T23:00:00.000Z',
    ];
    const { findings } = await check(
      { legacy: events.map((text) => same(text, text)), solvimon: [same('2026-10-02T12:00:00.000Z', 'x')] },
      { timezone: zone },
    );
    expect(findings.filter((finding) => finding.class === 'missing').map((finding) => finding.day)).toEqual([
      '2026-10-24',
      '2026-10-25',
      '2026-10-25',
      '2026-10-25',
      '2026-10-25',
      '2026-10-26',
    ]);
  });

  test('the leap day is a day of its month', async () => {
    const leap = same('2028-02-29T22:59:59.000Z', 'leap');
    const { findings } = await check(
      { legacy: [leap, same('2028-02-28T12:00:00.000Z', 'a')], solvimon: [same('2028-02-28T12:00:00.000Z', 'a')] },
      { cycle: '2028-02', timezone: zone },
    );
    expect(findings).toMatchObject([{ class: 'missing', day: '2028-02-29', reference: 'leap' }]);
  });

  test('an event that comes on the instant of the close still counts; a millisecond later it is late', async () => {
    const close = msOfInstant('2026-11-01T08:00:00.000Z' as Instant);
    const event = (ms: number) => ({ ...one, ingestedAt: instantOfMs(close + ms) });
    expect((await check(both([one], [event(0)]))).findings).toEqual([]);
    expect(short((await check(both([one], [event(1)]))).findings)).toEqual([['late', 'e1', '-2.5']]);
  });
});

describe('counts that a side has added up itself', () => {
  const day = { start: at('2026-10-10T00:00:00.000Z'), end: at('2026-10-11T00:00:00.000Z') };
  const counted = (events: string | null, sum: string): UsageRecord => ({
    type: 'aggregate',
    customer: 'C1',
    meter: 'api',
    period: day,
    count: events === null ? null : q(events),
    sum: q(sum),
  });

  test('are held against the events of their period', async () => {
    expect((await check({ legacy: [counted('10', '55')], solvimon: ten })).findings).toEqual([]);
    expect((await check({ legacy: [counted(null, '55')], solvimon: ten })).findings).toEqual([]);
    const differing = await check({ legacy: [counted('11', '57.5')], solvimon: ten });
    expect(differing.findings).toMatchObject([
      { class: 'count_differs', legacyQuantity: '57.5', solvimonQuantity: '55', effect: '-2.5', day: '2026-10-10' },
    ]);
    expect(differing.findings[0]?.reason).toBe(
      '11 events in legacy, 10 events in solvimon from 2026-10-10 00:00 to 2026-10-11 00:00',
    );
  });

  test('tell what lies in none of their periods', async () => {
    const outside = anEvent('out', { at: at('2026-10-12T12:00:00.000Z') });
    const { findings } = await check({ legacy: [counted('10', '55')], solvimon: [...ten, outside] });
    expect(findings).toMatchObject([
      { class: 'count_differs', legacyQuantity: null, solvimonQuantity: '1', effect: '1' },
    ]);
  });
});

test('what a meter makes of its events is recomputed on both sides', async () => {
  const values: readonly [string, string][] = [
    ['3', 'u1'],
    ['9', 'u2'],
    ['3', 'u1'],
    ['6', 'u3'],
  ];
  const events = (meter: string) =>
    values.map(([value, key], index) =>
      anEvent(`${meter}-${index}`, { meter, q: value, uniqueKey: key, at: at(`2026-10-1${index}T00:00:00.000Z`) }),
    );
  const kinds = ['sum', 'count', 'max', 'min', 'average', 'unique', 'latest'];
  const legacy = kinds.flatMap(events);
  // Without the second event: the largest value, the second user.
  const solvimon = legacy.filter((event) => !event.reference?.endsWith('-1'));
  const { stored } = await check({
    legacy,
    solvimon,
    meters: kinds.map((kind) => ({ legacy: kind, solvimon: kind, product: '', aggregation: kind })),
  });
  const rows = await database.pool.query<{ meter: string; legacy: string; solvimon: string; evidence: string }>(
    `select meter, trim_scale(t.legacy_quantity)::text as legacy, trim_scale(t.solvimon_quantity)::text as solvimon, trim_scale(e.quantity)::text as evidence
     from usage_total t join usage_evidence e using (check_seq, customer, meter) where check_seq = $1 and e.kind = 'missing'`,
    [stored.seq],
  );
  const found = Object.fromEntries(rows.rows.map((row) => [row.meter, [row.legacy, row.solvimon, row.evidence]]));
  expect(found).toEqual({
    sum: ['21', '12', '9'],
    count: ['4', '3', '1'],
    max: ['9', '6', '3'],
    min: ['3', '3', '0'],
    average: ['5.25', '4', '1.25'],
    unique: ['3', '2', '1'],
    latest: ['6', '6', '0'],
  });
});

test('a side that was not read completely makes the check incomplete, with the reason, and so does one without any usage', async () => {
  const cut = await check({
    ...both([one], []),
    done: { solvimon: { complete: false, incompleteBecause: ['page 3 is missing'] } },
  });
  expect(cut.stored).toMatchObject({ isComplete: false, incompleteBecause: ['solvimon: page 3 is missing'] });
  const empty = await check({ legacy: ten, solvimon: [] });
  expect(empty.stored.incompleteBecause).toEqual(['solvimon: no usage was found for this cycle']);
});

test('the same usage gives the same hash in any order, and nothing of the events is left behind', async () => {
  const input = both([one], [{ ...one, customer: 'C2' }]);
  const first = await check(input);
  const again = await check({ legacy: input.legacy.toReversed(), solvimon: input.solvimon.toReversed() });
  expect(again.stored.resultHash).toBe(first.stored.resultHash);
  const other = await check(both([one], [{ ...one, customer: 'C3' }]));
  expect(other.stored.resultHash).not.toBe(first.stored.resultHash);
  const left = await database.pool.query(`select relname from pg_class where relname ~ '^usage_event_l'`);
  expect(left.rows).toEqual([]);
});

test('faults of every class, planted at random into a month of events: each is found and none besides', async () => {
  for (const seed of [1, 2, 3]) {
    const { input, planted } = plant(seed);
    const { findings } = await check(input);
    const found = findings.map((finding) => `${finding.class} ${finding.reference}`);
    expect(found.toSorted()).toEqual(planted.toSorted());
  }
});

/** Some 600 events of 12 customers and 3 meters, one in ten with a fault. */
function plant(seed: number): { readonly input: UsageInput; readonly planted: readonly string[] } {
  let state = seed * 7919;
  const next = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
  const legacy: UsageEvent[] = [];
  const solvimon: UsageEvent[] = [];
  const planted: string[] = [];
  const start = msOfInstant('2026-10-01T00:00:00.000Z' as Instant);
  for (let index = 0; index < 600; index += 1) {
    const event = anEvent(`e${index}`, {
      customer: `C${next(12)}`,
      meter: ['api', 'sms', 'storage'][next(3)] ?? 'api',
      at: instantOfMs(start + 3_600_000 + next(29 * 86_400) * 1000 + index),
      q: `${next(1000)}.${next(100)}`,
    });
    const fault = next(10) === 0 ? next(faults.length) : -1;
    const [name, change] = faults[fault] ?? ['', (same: UsageEvent) => ({ l: [same], s: [same] })];
    const { l, s } = change(event);
    legacy.push(...l);
    solvimon.push(...s);
    const shown = name === 'duplicate' && s.length === 2 ? s[1]?.reference : event.reference;
    if (name !== '') planted.push(`${name} ${shown ?? ''}`);
  }
  return { input: { legacy, solvimon }, planted };
}

type Change = (event: UsageEvent) => { readonly l: readonly UsageEvent[]; readonly s: readonly UsageEvent[] };
const faults: readonly (readonly [string, Change])[] = [
  ['missing', (e) => ({ l: [e], s: [] })],
  ['extra', (e) => ({ l: [], s: [e] })],
  ['duplicate', (e) => ({ l: [e], s: [e, { ...e, reference: `${e.reference ?? ''}-again` }] })],
  ['duplicate', (e) => ({ l: [e], s: [e, e] })],
  ['late', (e) => ({ l: [e], s: [{ ...e, ...late }] })],
  ['unmatched', (e) => ({ l: [e], s: [{ ...e, outcome: 'not_matched' }] })],
  ['wrong_customer', (e) => ({ l: [e], s: [{ ...e, customer: `${e.customer}x` }] })],
  ['wrong_meter', (e) => ({ l: [e], s: [{ ...e, meter: 'other' }] })],
  ['wrong_period', (e) => ({ l: [e], s: [{ ...e, at: at('2026-09-30T20:00:00.000Z') }] })],
  ['wrong_time', (e) => ({ l: [e], s: [{ ...e, at: instantOfMs(msOfInstant(e.at) + 1000) }] })],
  ['wrong_quantity', (e) => ({ l: [e], s: [{ ...e, quantity: q('12345.6') }] })],
];
