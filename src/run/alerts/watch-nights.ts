import { changesBetween } from '../../store/alert-facts.js';
import { lateData, missedNights } from '../../store/nights.js';
import { silentWorkers } from '../../store/processes.js';
import { silentAfterMs } from '../heartbeat.js';
import { amountWords } from './amount-words.js';
import { newsSince, type Watcher } from './context.js';

/** Nights that did not keep their deadline. It needs no worker: whoever looks sees it in the tables. */
export const watchNights: Watcher = async (context) => {
  const missed = await missedNights(context.db, newsSince(context), context.now());
  return missed.map(({ dueAt, dueOn, finishBy, isBegun, cycles }) => ({
    kind: 'run.missing',
    about: dueAt,
    cycle: cycles[0] ?? null,
    run: null,
    title: `The runs of the night of ${dueOn} were not finished in time`,
    lines: [
      `due ${dueAt}, to be finished by ${finishBy}`,
      isBegun ? `not finished in time: ${cycles.join(', ')}` : 'nobody has begun it: no process looked at the schedule',
      'Nothing new is known of these cycles. What was known before may be out of date.',
    ],
    detail: { dueAt, dueOn, finishBy, isBegun, cycles },
    customers: [],
    owners: [],
    link: '/jobs',
  }));
};

/** Workers that are silent and have not said goodbye. */
export const watchWorkers: Watcher = async (context) => {
  const now = context.now().getTime();
  const silent = await silentWorkers(context.db, newsSince(context), new Date(now - silentAfterMs));
  return silent.map(({ id, host, pid, startedAt, beatAt }) => ({
    kind: 'worker.silent',
    about: id,
    cycle: null,
    run: null,
    title: `A worker on ${host} is not heard of any more`,
    lines: [`process ${pid}, begun ${startedAt}, last heard of ${beatAt}`, 'Other workers go on with its jobs.'],
    detail: { process: id, host, pid, startedAt, beatAt },
    customers: [],
    owners: [],
    link: '/jobs',
  }));
};

/** Numbers that changed after people signed for them: a run is proposed, with what it would change. */
export const watchLateData: Watcher = async (context) => {
  const found = await lateData(context.db, newsSince(context));
  const alerts = [];
  for (const { cycle, state, run, preview, seq, previewSeq, resultHash } of found) {
    const changes = await changesBetween(context.db, previewSeq, seq);
    const told = changes.filter(({ change }) => change !== 'same');
    alerts.push({
      kind: 'run.late_data' as const,
      about: `${cycle} ${resultHash}`,
      cycle,
      run: preview,
      title: `Late data changes the numbers of ${cycle}, which is ${state === 'signed' ? 'signed' : 'in review'}`,
      lines: [
        ...(told.length === 0 ? ['no difference is new, worse or gone; documents themselves changed'] : []),
        ...told.map(({ change, keys, gross, currency }) => `${change}: ${keys} with ${amountWords(gross, currency)}`),
        `to take it in: shadowbill run ${cycle}; the signatures are then suspended`,
      ],
      detail: { standing: run, preview, changes: told },
      customers: [],
      owners: [],
      link: `/cycles/${encodeURIComponent(cycle)}?run=${encodeURIComponent(preview)}`,
    });
  }
  return alerts;
};
