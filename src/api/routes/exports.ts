import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import {
  type Exported,
  exportFormats,
  exportLines,
  exportMismatches,
  exportPairs,
} from '../../run/export/export-cycle.js';
import { runOfCycle } from '../../run/look-up.js';
import { packCycle } from '../../run/pack/pack-cycle.js';
import { printPdf } from '../../run/report/pdf.js';
import { cycleReport } from '../../run/report/report.js';
import { actorOf } from '../actor.js';
import { currentWork } from '../current-work.js';
import { type ApiRoute, fileRoute } from '../route.js';
import { cycleId } from '../schemas/common.js';
import { mismatchFilter, sortOrder } from '../schemas/mismatches.js';
import { pairFilter } from '../schemas/pairs.js';
import { toSelection, toSort } from './mismatches.js';
import { toPairSelection } from './pairs.js';

const cycleParams = z.object({ cycle: cycleId });
const format = z.enum(exportFormats).default('csv');
const run = z.string().max(26).optional();

export const exportRoutes: readonly ApiRoute[] = [
  fileRoute({
    method: 'GET',
    url: '/api/v1/cycles/:cycle/exports/mismatches',
    rule: 'read',
    tag: 'exports',
    summary: 'All mismatches of a filter, not a page, as CSV, XLSX or JSONL',
    produces: 'text/csv',
    params: cycleParams,
    query: mismatchFilter.extend({ sort: sortOrder, format, run }),
    handle: async ({ api, params, query, reply }) => {
      await currentWork(api);
      const found = await runOfCycle(api.db, params.cycle, query.run);
      const input = { run: found, format: query.format, selection: toSelection(query), sort: toSort(query.sort) };
      return send(reply, await exportMismatches(api.db, input));
    },
  }),
  fileRoute({
    method: 'GET',
    url: '/api/v1/cycles/:cycle/exports/pairs',
    rule: 'read',
    tag: 'exports',
    summary: 'All pairs of a filter as CSV, XLSX or JSONL',
    produces: 'text/csv',
    params: cycleParams,
    query: pairFilter.extend({ format, run }),
    handle: async ({ api, params, query, reply }) => {
      const found = await runOfCycle(api.db, params.cycle, query.run);
      return send(
        reply,
        await exportPairs(api.db, { run: found, format: query.format, selection: toPairSelection(query) }),
      );
    },
  }),
  fileRoute({
    method: 'GET',
    url: '/api/v1/cycles/:cycle/exports/lines',
    rule: 'read',
    tag: 'exports',
    summary: 'Every line of both sides as CSV, XLSX or JSONL',
    produces: 'text/csv',
    params: cycleParams,
    query: z.object({ format, run }),
    handle: async ({ api, params, query, reply }) => {
      const found = await runOfCycle(api.db, params.cycle, query.run);
      return send(reply, await exportLines(api.db, { run: found, format: query.format }));
    },
  }),
  fileRoute({
    method: 'GET',
    url: '/api/v1/cycles/:cycle/report',
    rule: 'read',
    tag: 'exports',
    summary: 'The report of a cycle, to be printed: HTML without a script',
    produces: 'text/html',
    params: cycleParams,
    handle: async ({ api, params, reply }) => {
      await currentWork(api);
      const report = await cycleReport(api.work, params.cycle);
      return reply
        .header('content-type', 'text/html; charset=utf-8')
        .header(
          'content-security-policy',
          `default-src 'none'; style-src '${report.styleHash}'; frame-ancestors 'none'; base-uri 'none'`,
        )
        .send(report.html);
    },
  }),
  fileRoute({
    method: 'GET',
    url: '/api/v1/cycles/:cycle/report.pdf',
    rule: 'read',
    tag: 'exports',
    summary: 'The report as PDF, where Chromium is installed',
    produces: 'application/pdf',
    params: cycleParams,
    handle: async ({ api, params, reply }) => {
      await currentWork(api);
      const report = await cycleReport(api.work, params.cycle);
      const pdf = await printPdf(report.html, api.chromium);
      return attach(reply, 'application/pdf', `report-${params.cycle}.pdf`).send(pdf);
    },
  }),
  fileRoute({
    method: 'POST',
    url: '/api/v1/cycles/:cycle/pack',
    rule: 'work',
    tag: 'exports',
    summary:
      'The sign-off pack: report, tables, configuration, decisions, and a manifest of hashes; its making is noted',
    produces: 'application/zip',
    params: cycleParams,
    handle: async ({ api, params, request, reply }) => {
      await currentWork(api);
      const pack = await packCycle(api.work, { cycle: params.cycle, actor: actorOf(request), chromium: api.chromium });
      return attach(reply, 'application/zip', pack.filename)
        .header('x-manifest-sha256', pack.manifestHash)
        .send(Buffer.from(pack.zip));
    },
  }),
];

function send(reply: FastifyReply, exported: Exported): FastifyReply {
  return attach(reply, exported.contentType, exported.filename).send(exported.content);
}

function attach(reply: FastifyReply, contentType: string, filename: string): FastifyReply {
  return reply
    .header('content-type', contentType)
    .header('content-disposition', `attachment; filename="${filename}"`)
    .header('cache-control', 'no-store');
}
