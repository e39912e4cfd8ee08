import { AppError } from './errors.js';
import type { Config } from './config/schema.js';
import { legacyUsageAdapters } from './legacy-adapters/usage/registry.js';
import type { Side } from './model/side.js';
import type { UsageSource } from './model/usage.js';
import { solvimonUsageReaders } from './solvimon-adapter/usage/registry.js';

const readers = { legacy: legacyUsageAdapters, solvimon: solvimonUsageReaders } as const;

/** Schemas of every usage block, for the configuration. */
export function usageSchemas() {
  const schemasOf = (side: Side) => Object.fromEntries(readers[side].map((one) => [one.kind, one.configSchema]));
  return { legacy: schemasOf('legacy'), solvimon: schemasOf('solvimon') };
}

/** The usage part of a configuration; throws AppError `config_invalid` when there is none. */
export function usageConfig(config: Config): NonNullable<Config['usage']> {
  if (config.usage !== undefined) return config.usage;
  throw new AppError('config_invalid', { detail: 'usage: is not configured. Name usage.legacy and usage.solvimon' });
}

/** Opens the usage source of one side as configured. */
export async function openUsage(config: Config, side: Side, baseDir: string): Promise<UsageSource> {
  const { kind, ...block } = usageConfig(config)[side];
  const reader = readers[side].find((one) => one.kind === kind);
  if (reader === undefined) throw new AppError('config_invalid', { detail: `usage.${side}.kind ${kind} is not known` });
  return reader.open(block, { baseDir });
}
