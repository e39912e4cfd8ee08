import path from 'node:path';
import { AppError } from './errors.js';
import type { Config } from './config/schema.js';
import { legacyUsageAdapters } from './legacy-adapters/usage/registry.js';
import type { Side } from './model/side.js';
import type { UsageSource } from './model/usage.js';
import type { Mapping } from './reconcile/mapping.js';
import { readMeters } from './run/read-mapping.js';
import type { UsageSettings } from './run/usage/settings.js';
import { solvimonUsageReaders } from './solvimon-adapter/usage/registry.js';

const readers = { legacy: legacyUsageAdapters, solvimon: solvimonUsageReaders } as const;

/** How long late events still count where the configuration does not say: Solvimon's grace after DRAFT (contract, fact 4). */
const graceMs = 8 * 3_600_000;

/** Schemas of every usage block, for the configuration. */
export function usageSchemas() {
  const schemasOf = (side: Side) => Object.fromEntries(readers[side].map((one) => [one.kind, one.configSchema]));
  return { legacy: schemasOf('legacy'), solvimon: schemasOf('solvimon') };
}

type UsageConfig = NonNullable<Config['usage']>;

/** What a usage check needs; throws AppError `config_invalid` when no usage is configured, or the meter file is wrong. */
export async function usageSettings(config: Config, baseDir: string, mapping: Mapping): Promise<UsageSettings> {
  const { usage } = config;
  if (usage === undefined)
    throw new AppError('config_invalid', { detail: 'usage: is missing. Name usage.legacy and usage.solvimon' });
  const { meters } = config.mapping;
  return {
    open: (side) => openUsage(usage, side, baseDir),
    rateOf: (side) => {
      const { kind, requests_per_second: perSecond, burst } = usage[side];
      if (typeof perSecond !== 'number') return null;
      return {
        source: `${side} ${kind}`,
        perSecond,
        burst: typeof burst === 'number' ? burst : Math.max(1, perSecond),
      };
    },
    mapping,
    meters: await readMeters(meters === undefined ? null : { path: path.resolve(baseDir, meters), shown: meters }),
    slackHours: usage.slack_hours,
    closesAfterMs: config.schedule?.settle_grace ?? graceMs,
  };
}

async function openUsage(usage: UsageConfig, side: Side, baseDir: string): Promise<UsageSource> {
  const { kind, ...block } = usage[side];
  const reader = readers[side].find((one) => one.kind === kind);
  if (reader === undefined) throw new AppError('config_invalid', { detail: `usage.${side}.kind ${kind} is not known` });
  return reader.open(block, { baseDir });
}
