import path from 'node:path';
import type { LoadedConfig } from './config.js';
import { loadPolicy } from './config/policy-file.js';
import type { Config } from './config/schema.js';
import { AppError } from './errors.js';
import { type CurrencyCode, parseCurrency } from './model/currency.js';
import type { DecimalText } from './model/money.js';
import { readRoster } from './run/read-roster.js';
import {
  type CohortSettings,
  type ConfidenceContext,
  defaultGolive,
  type GoliveSettings,
} from './run/confidence-context.js';
import type { OpenStore } from './app.js';

/**
 * The context of the cohort use cases from a loaded configuration. Throws AppError `config_invalid` for a policy or roster
 * that cannot be read. A roster that is not named is null, and nothing can then expand.
 */
export async function openConfidence(
  store: Pick<OpenStore, 'db'>,
  { config, baseDir }: Pick<LoadedConfig, 'config' | 'baseDir'>,
  now: () => Date,
): Promise<ConfidenceContext> {
  const fileOf = (name: string | undefined) => (name === undefined ? null : path.resolve(baseDir, name));
  const rosterFile = fileOf(config.roster);
  const { policy } = loadPolicy(fileOf(config.policy));
  return {
    db: store.db,
    now,
    zone: config.timezone,
    policy,
    roster: rosterFile === null ? null : await readRoster(rosterFile),
    reporting:
      config.reporting === undefined
        ? null
        : { currency: config.reporting.currency, rates: ratesOf(config.reporting.rates) },
    cohorts: config.cohorts.map(toCohortSettings),
    golive: toGolive(config.golive),
  };
}

function ratesOf(rates: Readonly<Record<string, DecimalText>>): ReadonlyMap<CurrencyCode, DecimalText> {
  return new Map(
    Object.entries(rates).flatMap(([code, rate]) => {
      const currency = parseCurrency(code);
      return currency === undefined ? [] : [[currency, rate] as const];
    }),
  );
}

function toGolive(golive: Config['golive']): GoliveSettings {
  if (golive === undefined) return defaultGolive;
  return {
    closeDays: golive.close_days,
    holidays: golive.holidays,
    away: golive.away,
    billRunDay: golive.bill_run_day,
    fixDeployHours: golive.fix_deploy_hours,
    rollbackCycles: golive.rollback_cycles,
    events: golive.events,
  };
}

function toCohortSettings({ id, step, selection, seed, select, gates }: Config['cohorts'][number]): CohortSettings {
  return {
    id,
    step: step ?? null,
    selection,
    seed: seed ?? null,
    select: {
      customers: select.customers ?? null,
      country: select.country ?? null,
      plans: select.plan ?? null,
      hasUsage: select.usage ?? null,
      maxMrr: select.max_mrr ?? null,
    },
    requirements: {
      minCoverage: shareOf(gates?.coverage, '>=', `cohorts ${id} coverage`),
      minExplained: shareOf(gates?.explained_rate, '>=', `cohorts ${id} explained_rate`),
      maxUsageVariance: shareOf(gates?.usage_variance, '<=', `cohorts ${id} usage_variance`),
      cleanCycles: gates?.consecutive_clean_cycles ?? null,
      maxOver: gates?.amount_at_risk?.max_over ?? null,
      maxUnder: gates?.amount_at_risk?.max_under ?? null,
    },
  };
}

/** The share in '>= 99.5%' or '<= 0.1%'; the schema has checked the form, and the direction must be the one that makes sense. */
function shareOf(text: string | undefined, direction: '>=' | '<=', where: string): number | null {
  if (text === undefined) return null;
  const number = /(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
  if (number === undefined || !text.startsWith(direction))
    throw new AppError('config_invalid', { detail: `${where} "${text}": write it with ${direction}` });
  return Number(number) / 100;
}
