import assert from 'node:assert/strict';
import { AppError } from '../../src/errors.js';
import {
  assertComplete,
  assertDocuments,
  canHave,
  cannotHave,
  capabilitiesOf,
  type Check,
  withOpened,
} from './check.js';
import type { Fault, FaultKind, Harness } from './harness.js';
import { ownDocuments, pull, pullLikeWorker, type Pulled } from './pulling.js';
import { document, line, many, pagedCount } from './samples.js';

/** What happens when the world fails. A fault that the transport cannot have is asserted to be refused by the harness. */
export const faultChecks: readonly Check[] = [
  { name: 'a document that appears while pages are read is not lost', run: inserted },
  { name: 'a document that vanishes while pages are read takes no other with it', run: deleted },
  { name: 'a record that is sent twice is one document', run: repeated },
  { name: 'a request to slow down with Retry-After reaches the queue and is obeyed', run: (it) => rateLimited(it, 7) },
  {
    name: 'a request to slow down without Retry-After reaches the queue and is obeyed',
    run: (it) => rateLimited(it, null),
  },
  { name: 'a passing failure of the server changes nothing', run: (it) => passing(it, 'server_error') },
  {
    name: 'a lasting failure of the server is never an empty or smaller cycle',
    run: (it) => lasting(it, 'server_error'),
  },
  { name: 'a cut-off reply changes nothing when it passes', run: (it) => passing(it, 'cut_off') },
  { name: 'a reply that is always cut off is never a smaller cycle', run: (it) => lasting(it, 'cut_off') },
  { name: 'a web page instead of data is never an empty cycle', run: (it) => lasting(it, 'html') },
  { name: 'refused credentials end the pull at once and for good', run: unauthorised },
  { name: 'an abort stops the pull promptly', run: aborted },
];

/** Enough for several pages, and little enough for many attempts. */
const samplesOf = (harness: Harness) => many(harness, pagedCount(harness));

/** Requests that were on their way when the limit was hit may still arrive. */
const inFlight = 5;

async function inserted(harness: Harness): Promise<void> {
  const late = document(harness, 'in_late', [line(harness, 'il_late')], { hour: 730 });
  const fault: Fault = { kind: 'inserts', document: late };
  if (!canHave(harness, 'inserts')) return cannotHave(harness, fault);
  const samples = samplesOf(harness);
  const pulled = await withOpened(harness, { documents: samples, faults: [fault] }, (opened) => pull(harness, opened));
  if (pulled.thrown !== undefined) throw pulled.thrown;
  const ids = ownDocuments(pulled).map((one) => one.source.id as string);
  for (const sample of samples) assert.ok(ids.includes(sample.id), `${sample.id} is lost`);
  assert.equal(new Set(ids).size, ids.length, 'nothing comes twice');
  assert.ok(ids.includes('in_late') || pulled.done?.complete === false, 'it is read, or the pull is not complete');
}

async function deleted(harness: Harness): Promise<void> {
  let gone = '';
  const fault: Fault = {
    kind: 'deletes',
    onDelete: (id) => {
      gone = id;
    },
  };
  if (!canHave(harness, 'deletes')) return cannotHave(harness, fault);
  const samples = samplesOf(harness);
  const pulled = await withOpened(harness, { documents: samples, faults: [fault] }, (opened) =>
    pullLikeWorker(harness, opened),
  );
  if (pulled.thrown !== undefined) throw pulled.thrown;
  assert.notEqual(gone, '', 'the harness has deleted a document');
  const ids = ownDocuments(pulled).map((one) => one.source.id as string);
  for (const { id } of samples) assert.ok(id === gone || ids.includes(id), `${id} is lost`);
  assert.equal(new Set(ids).size, ids.length, 'nothing comes twice');
}

async function repeated(harness: Harness): Promise<void> {
  const fault: Fault = { kind: 'repeats' };
  if (!canHave(harness, 'repeats')) return cannotHave(harness, fault);
  const samples = samplesOf(harness);
  const can = await capabilitiesOf(harness);
  const pulled = await withOpened(harness, { documents: samples, faults: [fault] }, (opened) => pull(harness, opened));
  assertComplete(pulled);
  assertDocuments(pulled, samples, can);
}

async function rateLimited(harness: Harness, retryAfterSeconds: number | null): Promise<void> {
  const fault: Fault = { kind: 'rate_limited', after: 1, times: 12, retryAfterSeconds };
  if (!canHave(harness, 'rate_limited')) return cannotHave(harness, fault);
  const samples = samplesOf(harness);
  const can = await capabilitiesOf(harness);
  const pulled = await withOpened(harness, { documents: samples, faults: [fault] }, (opened) =>
    pullLikeWorker(harness, opened),
  );
  assertComplete(pulled);
  assertDocuments(pulled, samples, can);
  assert.ok(pulled.limits.length >= 1, 'the queue was told');
  for (const { retryAfterMs } of pulled.limits)
    assert.ok(
      retryAfterMs >= Math.max(1, (retryAfterSeconds ?? 0) * 1000),
      `a pause of ${retryAfterMs} ms is too short`,
    );
  const allowed = inFlight * pulled.limits.length;
  assert.ok(
    pulled.impatientRequests <= Math.min(allowed, inFlight),
    `${pulled.impatientRequests} requests did not wait`,
  );
}

const spoilt = (kind: Extract<FaultKind, 'server_error' | 'cut_off' | 'html'>, times: number): Fault => ({
  kind,
  after: 1,
  times,
});

async function passing(harness: Harness, kind: 'server_error' | 'cut_off'): Promise<void> {
  if (!canHave(harness, kind)) return cannotHave(harness, spoilt(kind, 1));
  const samples = samplesOf(harness);
  const can = await capabilitiesOf(harness);
  const setup = { documents: samples, faults: [spoilt(kind, 2)] };
  const pulled = await withOpened(harness, setup, (opened) => pullLikeWorker(harness, opened));
  assertComplete(pulled);
  assertDocuments(pulled, samples, can);
}

async function lasting(harness: Harness, kind: 'server_error' | 'cut_off' | 'html'): Promise<void> {
  if (!canHave(harness, kind)) return cannotHave(harness, spoilt(kind, Number.POSITIVE_INFINITY));
  const setup = { documents: samplesOf(harness), faults: [spoilt(kind, Number.POSITIVE_INFINITY)] };
  const pulled = await withOpened(harness, setup, (opened) => pull(harness, opened));
  assertFailed(pulled);
  const error = pulled.thrown as AppError;
  const codes = kind === 'html' ? ['source_reply_invalid'] : ['source_unreachable', 'source_reply_invalid'];
  assert.ok(codes.includes(error.code), `${error.code} is thrown for ${kind}; ${codes.join(' or ')} was expected`);
  assert.notEqual(error.retry, 'never', 'it may pass, so it may be tried again');
}

/** A pull that could not read everything throws; it never ends as if it had. */
function assertFailed(pulled: Pulled): void {
  assert.equal(pulled.done, undefined, 'the pull ended as if nothing had happened');
  if (!(pulled.thrown instanceof AppError)) assert.fail(`an AppError is expected, not ${String(pulled.thrown)}`);
}

async function unauthorised(harness: Harness): Promise<void> {
  const fault: Fault = { kind: 'unauthorised' };
  if (!canHave(harness, 'unauthorised')) return cannotHave(harness, fault);
  await withOpened(harness, { documents: samplesOf(harness), faults: [fault] }, async (opened) => {
    const pulled = await pull(harness, opened);
    assertFailed(pulled);
    const error = pulled.thrown as AppError;
    assert.ok(['source_unauthorised', 'not_allowed'].includes(error.code), `${error.code} is thrown`);
    assert.equal(error.retry, 'never');
    assert.ok(opened.requests() <= inFlight, `${opened.requests()} requests were made with refused credentials`);
  });
}

/** How long a source may take to notice; a source that waits for its own timeout needs far longer. */
const patienceMs = 5000;

async function aborted(harness: Harness): Promise<void> {
  const abort = new AbortController();
  const reason = new AppError('interrupted');
  const stop = () => abort.abort(reason);
  const fault: Fault = { kind: 'hangs', after: 1, onHang: stop };
  const canHang = canHave(harness, 'hangs');
  if (!canHang) await cannotHave(harness, fault);
  const setup = { documents: samplesOf(harness), ...(canHang && { faults: [fault] }) };
  await withOpened(harness, setup, async (opened) => {
    let afterStop = 0;
    const pulling = pull(harness, opened, {
      signal: abort.signal,
      onEvent: () => {
        if (abort.signal.aborted) afterStop += 1;
        else if (!canHang) stop();
      },
    });
    const pulled = await within(patienceMs, pulling, 'the pull goes on after the abort');
    assert.ok(abort.signal.aborted, 'the pull reached the point where it is aborted');
    assert.equal(pulled.done, undefined, 'an aborted pull has not read everything');
    assert.notEqual(pulled.thrown, undefined, 'an aborted pull throws');
    assert.equal(afterStop, 0, 'nothing comes after the abort');
  });
}

async function within<Result>(ms: number, work: Promise<Result>, otherwise: string): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new assert.AssertionError({ message: otherwise })), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
