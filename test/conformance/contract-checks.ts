import assert from 'node:assert/strict';
import type { Checkpoint, PullEvent } from '../../src/model/source.js';
import { minimiser } from '../../src/run/minimise-raw.js';
import { assertComplete, canHave, cannotHave, capabilitiesOf, type Check, withOpened } from './check.js';
import type { Harness } from './harness.js';
import { documentEvents, plainContext, pull, type Pulled, rejectedDocuments } from './pulling.js';
import { document, line, many, pagedCount, variety } from './samples.js';

const minimise = minimiser({ keep: [], remove: [] });

/** The promises that hold whatever is read. */
export const contractChecks: readonly Check[] = [
  { name: 'the source says which side and system it is', run: identity },
  { name: 'every record is accounted for', run: counts },
  { name: 'every document is in itself sound', run: soundness },
  { name: 'the same input gives the same documents in the same order', run: determinism },
  { name: 'a pull killed at any checkpoint goes on to the same documents', run: resume },
  { name: 'raw records replay to the same documents', run: replay },
  { name: 'one document can be read again by its id', run: fetchOne },
  { name: 'nothing is ever written', run: neverWrites },
  { name: 'each request asks for a token first', run: metered },
  { name: 'check finds nothing wrong with a healthy source', run: healthyCheck },
  { name: 'check names refused credentials in plain words', run: unauthorisedCheck },
];

/** Enough of everything: pages, shapes of money, and one document that cannot be read. */
async function everything(harness: Harness) {
  const can = await capabilitiesOf(harness);
  return [
    ...many(harness, pagedCount(harness)),
    ...variety(harness, can),
    document(harness, 'in_unknown', [line(harness, 'il_unknown')], { currency: 'ZZZ', hour: 30 }),
  ];
}

async function identity(harness: Harness): Promise<void> {
  await withOpened(harness, { documents: [] }, async ({ source }) => {
    assert.equal(source.side, harness.side);
    assert.match(source.system, /^[a-z][a-z0-9_]*$/);
  });
}

async function counts(harness: Harness): Promise<void> {
  const documents = await everything(harness);
  const pulled = await withOpened(harness, { documents }, (opened) => pull(harness, opened));
  assertComplete(pulled);
  assertCounts(pulled.events);
  assert.equal(rejectedDocuments(pulled).length, 1, 'the unreadable document is rejected');
}

function assertCounts(events: readonly PullEvent[]): void {
  const of = (type: PullEvent['type']) => events.filter((event) => event.type === type).length;
  const done = events.find((event) => event.type === 'done');
  const emitted = of('document');
  const rejected = of('rejected');
  const skipped = of('skipped');
  assert.deepEqual(done?.counts, { listed: emitted + rejected + skipped, emitted, rejected, skipped });
}

async function soundness(harness: Harness): Promise<void> {
  const documents = await everything(harness);
  const pulled = await withOpened(harness, { documents }, (opened) => pull(harness, opened));
  for (const { document } of documentEvents(pulled)) {
    assert.deepEqual(
      document.lines.map((one) => one.ordinal),
      document.lines.map((_, index) => index + 1),
      'ordinals count from 1',
    );
    assert.equal(new Set(document.lines.map((one) => one.id)).size, document.lines.length, 'line ids stand once');
    assert.notEqual(document.customerRef, '');
    assert.notEqual(document.rawStatus, undefined);
  }
  const ids = documentEvents(pulled).map(({ document }) => document.source.id);
  assert.equal(new Set(ids).size, ids.length, 'document ids stand once');
}

/** Without what says when something was read. */
function comparable(events: readonly PullEvent[]): string {
  return JSON.stringify(events, (key, value: unknown) => {
    if (key === 'requestId' || key === 'fetchedAt' || key === 'asOf') return undefined;
    return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
  });
}

async function determinism(harness: Harness): Promise<void> {
  const documents = await everything(harness);
  const once = () => withOpened(harness, { documents }, (opened) => pull(harness, opened));
  const [first, second] = [await once(), await once()];
  assertComplete(first);
  assert.equal(comparable(first.events), comparable(second.events));
}

async function resume(harness: Harness): Promise<void> {
  const documents = await everything(harness);
  const can = await capabilitiesOf(harness);
  const whole = await withOpened(harness, { documents }, (opened) => pull(harness, opened));
  assertComplete(whole);
  const stops = whole.events.flatMap((event, index) =>
    event.type === 'checkpoint' ? [{ index, checkpoint: event.checkpoint }] : [],
  );
  if (!can.resumable) {
    assert.equal(stops.length, 0, 'a source that cannot resume gives no checkpoint');
    return;
  }
  assert.ok(stops.length >= 2, `${stops.length} checkpoints are too few to prove anything`);
  for (const { index, checkpoint } of stops) {
    const again = JSON.parse(JSON.stringify(checkpoint)) as Checkpoint;
    const rest = await withOpened(harness, { documents }, (opened) => pull(harness, opened, { resume: again }));
    assertComplete(rest);
    const joined = [...whole.events.slice(0, index), ...rest.events];
    const at = `after the checkpoint ${checkpoint.phase} ${checkpoint.cursor}`;
    assert.deepEqual(contentOf(joined), contentOf(whole.events), `the documents differ ${at}`);
    assert.deepEqual(rest.done?.counts, whole.done?.counts, `counts are of the whole pull ${at}`);
  }
}

/** Documents, rejections and skips as a multiset. */
function contentOf(events: readonly PullEvent[]): readonly string[] {
  return events
    .filter((event) => event.type === 'document' || event.type === 'rejected' || event.type === 'skipped')
    .map((event) => comparable([event]))
    .sort();
}

async function replay(harness: Harness): Promise<void> {
  const documents = await everything(harness);
  await withOpened(harness, { documents }, async (opened) => {
    const pulled: Pulled = await pull(harness, opened);
    assertComplete(pulled);
    const { source } = opened;
    for (const event of pulled.events) {
      if (event.type !== 'document' && event.type !== 'rejected') continue;
      if (source.capabilities.snapshot === 'file') {
        assert.equal(event.raw, null, 'a file is read again and nothing of it is copied');
        continue;
      }
      assert.ok(event.raw !== null, 'the record is kept as it was sent');
      const stored = { ...event.raw, bytes: Uint8Array.from(event.raw.bytes) };
      const { raw: _raw, isNeighbour: _isNeighbour, ...translated } = event;
      assert.deepEqual(source.translate(stored), translated);
      // What is stored has fields taken out that no translation may need.
      assert.deepEqual(source.translate(minimise(stored)), translated);
    }
    if (source.capabilities.snapshot !== 'file') return;
    const raw = { objectType: 'invoice', id: 'x', bytes: new Uint8Array(), apiVersion: null, requestId: null };
    const { asOf } = pulled.done ?? {};
    assert.ok(asOf !== undefined);
    assert.throws(() => source.translate({ ...raw, fetchedAt: asOf }));
  });
}

async function fetchOne(harness: Harness): Promise<void> {
  const can = await capabilitiesOf(harness);
  const documents = variety(harness, can);
  await withOpened(harness, { documents }, async (opened) => {
    const pulled = await pull(harness, opened);
    assertComplete(pulled);
    const { source } = opened;
    for (const event of documentEvents(pulled)) {
      const again = await source.fetchOne(event.document.source.id, plainContext(opened));
      if (!can.fetchOne) {
        assert.equal(again, undefined, 'fetchOne is not declared');
        continue;
      }
      assert.ok(again?.type === 'document', `${event.document.source.id} is read again`);
      assert.equal(documentText(again.document), documentText(event.document));
    }
    assert.equal(await source.fetchOne('in_never_was', plainContext(opened)), undefined, 'what is gone is undefined');
  });
}

const documentText = (value: unknown): string =>
  JSON.stringify(value, (key, inner: unknown) => (key === 'requestId' ? undefined : inner));

async function neverWrites(harness: Harness): Promise<void> {
  const documents = await everything(harness);
  await withOpened(harness, { documents }, async (opened) => {
    await pull(harness, opened);
    await opened.source.check(plainContext(opened));
    await opened.source.fetchOne('in_plain', plainContext(opened));
    assert.deepEqual(opened.writes(), []);
  });
}

async function metered(harness: Harness): Promise<void> {
  const documents = await everything(harness);
  await withOpened(harness, { documents }, async (opened) => {
    const pulled = await pull(harness, opened);
    assertComplete(pulled);
    if (harness.isMetered) {
      assert.ok(opened.requests() > 0, 'the fake counts its requests');
      assert.ok(pulled.acquired >= opened.requests(), `${opened.requests()} requests with ${pulled.acquired} tokens`);
    } else assert.equal(pulled.acquired, 0, 'a source that is not metered asks for no tokens');
  });
}

async function healthyCheck(harness: Harness): Promise<void> {
  await withOpened(harness, { documents: many(harness, 1) }, async (opened) => {
    const findings = await opened.source.check(plainContext(opened));
    assert.ok(findings.length > 0, 'a check that looked at nothing is no check');
    for (const { level, topic, sentence, next } of findings) {
      assert.notEqual(level, 'problem', sentence);
      assert.notEqual(topic, '');
      assert.match(sentence, /^[A-Z].*\.$/su, 'a finding is a sentence');
      if (level !== 'ok') assert.notEqual(next, null, `what to do about: ${sentence}`);
    }
  });
}

async function unauthorisedCheck(harness: Harness): Promise<void> {
  if (!canHave(harness, 'unauthorised')) return cannotHave(harness, { kind: 'unauthorised' });
  await withOpened(harness, { documents: [], faults: [{ kind: 'unauthorised' }] }, async (opened) => {
    const findings = await opened.source.check(plainContext(opened));
    const found = findings.find(({ level, topic }) => level === 'problem' && topic === 'credentials');
    assert.ok(found !== undefined, `no problem with the credentials among ${JSON.stringify(findings)}`);
    assert.notEqual(found.next, null);
  });
}
