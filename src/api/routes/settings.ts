import { z } from 'zod';
import { todayIn } from '../../run/carry-work.js';
import { runOfCycle } from '../../run/look-up.js';
import { mappingCoverage } from '../../store/coverage.js';
import { type ApiRoute, route } from '../route.js';
import { anything, cycleId, list, money, textList } from '../schemas/common.js';

export const settingsRoutes: readonly ApiRoute[] = [
  route({
    method: 'GET',
    url: '/api/v1/settings',
    rule: 'read',
    tag: 'settings',
    summary:
      'The effective configuration with the place of each value, and known differences by expiry; no secrets are in it',
    response: z.object({
      file: z.string(),
      hash: z.string(),
      timezone: z.string(),
      values: list(z.object({ path: z.string(), value: z.string(), source: z.string() })),
      tolerance: anything,
      known: list(
        z.object({
          id: z.string(),
          match: anything,
          reason: z.string(),
          owner: z.string(),
          expires: z.string(),
          maxAmount: money,
          hasExpired: z.boolean(),
        }),
      ),
      roles: z.record(z.string(), textList),
    }),
    handle: async ({ api }) => {
      const { loaded } = api;
      const today = todayIn(api.now(), loaded.config.timezone);
      const known = loaded.config.known.map(({ id, match, reason, owner, expires, max_amount }) => ({
        id,
        match,
        reason,
        owner,
        expires,
        maxAmount: max_amount,
        hasExpired: expires <= today,
      }));
      const roles = Object.entries(loaded.config.auth?.roles ?? {}).map(
        ([role, groups]) => [role, groups ?? []] as const,
      );
      return {
        file: nameOf(loaded.file),
        hash: loaded.hash,
        timezone: loaded.config.timezone,
        values: loaded.values.map((one) => ({ ...one, source: nameOf(one.source) })),
        tolerance: loaded.config.tolerance,
        known: known.toSorted((a, b) => (a.expires < b.expires ? -1 : 1)),
        roles: Object.fromEntries(roles),
      };
    },
  }),
  route({
    method: 'GET',
    url: '/api/v1/mapping/coverage',
    rule: 'read',
    tag: 'settings',
    summary: 'Products by money and whether both sides know them; what only one side knows first',
    query: z.object({ cycle: cycleId }),
    response: z.object({
      cycle: z.string(),
      run: z.string(),
      rows: list(
        z.object({
          chargeKey: z.string(),
          currency: z.string(),
          isMapped: z.boolean(),
          legacyLines: z.number().int(),
          legacyNet: z.string().nullable(),
          solvimonLines: z.number().int(),
          solvimonNet: z.string().nullable(),
        }),
      ),
    }),
    handle: async ({ api, query }) => {
      const run = await runOfCycle(api.db, query.cycle, undefined);
      return { cycle: run.cycle, run: run.id, rows: await mappingCoverage(api.db, run) };
    },
  }),
];

/** The name of a file without the folders of the machine it lies on. */
function nameOf(place: string): string {
  return place.split(/[\\/]/).at(-1) ?? place;
}
