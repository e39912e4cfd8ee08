import { z } from 'zod';
import { AppError } from '../../errors.js';
import { sides } from '../../model/side.js';
import { findPair, runOfCycle } from '../../run/look-up.js';
import { pairDetail } from '../../run/pair-detail.js';
import { rawBytes } from '../../store/invoices.js';
import { pairPage, type PairSelection, pairTotals } from '../../store/pair-pages.js';
import { currentWork } from '../current-work.js';
import { decodeCursor, encodeCursor } from '../cursor.js';
import { type ApiRoute, fileRoute, route } from '../route.js';
import { cycleId } from '../schemas/common.js';
import { type pairFilter, pairDetail as pairDetailSchema, pairList, pairQuery } from '../schemas/pairs.js';
import { workingOf } from './mismatches.js';

const listName = 'pairs';
const pairParams = z.object({ pair: z.string().max(40) });

export const pairRoutes: readonly ApiRoute[] = [
  route({
    method: 'GET',
    url: '/api/v1/cycles/:cycle/pairs',
    rule: 'read',
    tag: 'pairs',
    summary: 'Pairs of a cycle: every document of both sides in exactly one',
    params: z.object({ cycle: cycleId }),
    query: pairQuery,
    response: pairList,
    handle: async ({ api, params, query }) => {
      const run = await runOfCycle(api.db, params.cycle, query.run);
      const selection = toPairSelection(query);
      const found = await pairPage(api.db, run, selection, {
        size: query.size,
        after: decodeCursor(listName, query.after),
        before: decodeCursor(listName, query.before),
      });
      return {
        cycle: run.cycle,
        run: run.id,
        rows: found.rows,
        page: { after: encodeCursor(listName, found.next), before: encodeCursor(listName, found.previous) },
        totals: await pairTotals(api.db, run, selection),
      };
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/pairs/:pair',
    rule: 'read',
    tag: 'pairs',
    summary: 'Both invoices side by side: every line, how they are related, the working and the footing',
    params: pairParams,
    response: pairDetailSchema,
    handle: async ({ api, params }) => {
      await currentWork(api);
      const detail = await pairDetail(api.db, params.pair);
      const mismatches = detail.mismatches.map((one) => {
        const { rivals, working, tolerance } = workingOf(one);
        return { ...one, rivals, working, tolerance };
      });
      return { ...detail, mismatches };
    },
  }),
  fileRoute({
    method: 'GET',
    url: '/api/v1/pairs/:pair/raw/:side/:document',
    rule: 'read',
    tag: 'pairs',
    summary: 'The bytes of a document as its source sent them',
    produces: 'application/octet-stream',
    params: pairParams.extend({ side: z.enum(sides), document: z.string().max(500) }),
    handle: async ({ api, params, reply }) => {
      const { pair, run } = await findPair(api.db, params.pair);
      const known = pair[params.side].includes(params.document);
      const raw = known ? await rawBytes(api.db, run, params.side, params.document) : undefined;
      if (raw === undefined)
        throw new AppError('not_found', { detail: `the bytes of ${params.side} ${params.document} were not kept` });
      // Foreign bytes are for reading, never for a browser to run.
      return reply
        .header('content-type', 'application/octet-stream')
        .header('content-disposition', 'attachment; filename="record.bin"')
        .header('etag', `"${raw.sha256}"`)
        .send(raw.bytes);
    },
  }),
];

export function toPairSelection(query: z.output<typeof pairFilter>): PairSelection {
  return { state: query.state, customer: query.customer, currency: query.currency, search: query.search };
}
