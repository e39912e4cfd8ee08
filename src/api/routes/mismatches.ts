import { z } from 'zod';
import { findMismatch, runOfCycle } from '../../run/look-up.js';
import { keyAcrossCycles } from '../../store/cause-views.js';
import type { MismatchSelection } from '../../store/mismatch-filter.js';
import { type MismatchRecord, mismatchPage, type Sort, sortKeys } from '../../store/mismatch-pages.js';
import { selectionFacets, selectionTotals } from '../../store/mismatch-totals.js';
import { eventsOfKey, newestRuns } from '../../store/work.js';
import { decodeCursor, encodeCursor } from '../cursor.js';
import { type ApiRoute, route } from '../route.js';
import { cycleId } from '../schemas/common.js';
import { mismatchDetail, type mismatchFilter, mismatchList, mismatchQuery } from '../schemas/mismatches.js';
import { currentWork } from '../current-work.js';

export const mismatchRoutes: readonly ApiRoute[] = [
  route({
    method: 'GET',
    url: '/api/v1/cycles/:cycle/mismatches',
    rule: 'read',
    tag: 'mismatches',
    summary: 'Mismatches of a cycle: filtered, sorted, by pages, with the totals of the whole filter',
    params: z.object({ cycle: cycleId }),
    query: mismatchQuery,
    response: mismatchList,
    handle: async ({ api, params, query }) => {
      await currentWork(api);
      const run = await runOfCycle(api.db, params.cycle, query.run);
      const selection = toSelection(query);
      const sort = toSort(query.sort);
      const listName = `mismatches ${query.sort}`;
      // Three readings that do not need one another: together they take as long as the slowest.
      const [found, totals, facets] = await Promise.all([
        mismatchPage(api.db, run, selection, {
          sort,
          size: query.size,
          after: decodeCursor(listName, query.after),
          before: decodeCursor(listName, query.before),
        }),
        query.totals === false ? null : selectionTotals(api.db, run, selection),
        query.facets === true ? selectionFacets(api.db, run, selection) : null,
      ]);
      return {
        cycle: run.cycle,
        run: run.id,
        rows: found.rows,
        page: { after: encodeCursor(listName, found.next), before: encodeCursor(listName, found.previous) },
        totals,
        facets,
      };
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/mismatches/:mismatch',
    rule: 'read',
    tag: 'mismatches',
    summary: 'One mismatch with its working, its history and itself in other cycles',
    params: z.object({ mismatch: z.string().max(40) }),
    response: mismatchDetail,
    handle: async ({ api, params }) => {
      await currentWork(api);
      const { mismatch, run } = await findMismatch(api.db, params.mismatch);
      return {
        mismatch,
        run: run.id,
        ...workingOf(mismatch),
        history: await eventsOfKey(api.db, mismatch.key),
        cycles: await keyAcrossCycles(api.db, await newestRuns(api.db), mismatch.key),
      };
    },
  }),
];

/** A filter as it stood in an address, as the store wants it. */
export function toSelection(query: z.output<typeof mismatchFilter>): MismatchSelection {
  const { min, max, ...same } = query;
  return {
    cause: same.cause,
    state: same.state,
    status: same.status,
    customer: same.customer,
    currency: same.currency,
    level: same.level,
    confidence: same.confidence,
    direction: same.direction,
    minAbs: min,
    maxAbs: max,
    assignee: same.assignee,
    cohort: same.cohort,
    fingerprint: same.fingerprint,
    search: same.search,
  };
}

/** "-abs": by the absolute delta, largest first. The schema has checked it. */
export function toSort(text: string): Sort {
  const key = text.replace(/^-/, '');
  return { by: sortKeys.find((known) => known === key) ?? 'abs', isDescending: text.startsWith('-') };
}

type Detail = {
  readonly rivals?: readonly string[];
  readonly working?: readonly { readonly label: string; readonly text: string }[];
  readonly rules?: readonly string[];
  readonly tolerance?: unknown;
};

/** How a mismatch was explained, as the engine stored it. */
export function workingOf(mismatch: Pick<MismatchRecord, 'detail'>) {
  const { rivals = [], working = [], rules = [], tolerance = null } = (mismatch.detail ?? {}) as Detail;
  return { rivals, working, rules, tolerance };
}
