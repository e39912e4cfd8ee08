import { usageSchemas } from './app-usage.js';
import { type LoadedConfig, loadConfig } from './config.js';
import type { Config } from './config/schema.js';
import { secretValues } from './config/secret-values.js';
import { AppError } from './errors.js';
import { legacyAdapters } from './legacy-adapters/registry.js';
import { hideValues } from './redact.js';
import { httpConfig } from './solvimon-adapter/http-config.js';
import { pagesConfig } from './solvimon-adapter/pages-source.js';
import { reportsConfig } from './solvimon-adapter/reports-config.js';

/** Schemas of every source block, for the configuration. */
export function sourceSchemas() {
  return {
    legacy: Object.fromEntries(Object.values(legacyAdapters).map((adapter) => [adapter.kind, adapter.configSchema])),
    solvimon: { http: httpConfig, pages: pagesConfig, reports: reportsConfig },
    usage: usageSchemas(),
  };
}

/** Reads a configuration; throws AppError `config_invalid` with every mistake on a line of its own. */
export function readConfig(file: string, now: Date): LoadedConfig {
  const result = loadConfig(file, { ...sourceSchemas(), today: now.toISOString().slice(0, 10) });
  if (result.ok) {
    hideSecretsOf(result.loaded.config, result.loaded.baseDir);
    return result.loaded;
  }
  const lines = result.problems.map((one) => `${one.file}:${one.line}:${one.column} ${one.path}  ${one.message}`);
  throw new AppError('config_invalid', {
    detail: `\n${lines.join('\n')}\n${lines.length} ${lines.length === 1 ? 'error' : 'errors'}`,
    context: { problems: result.problems },
  });
}

/** From here on none of the secrets that a configuration names is shown, in whatever message it turns up. */
export function hideSecretsOf(config: Config, baseDir: string): void {
  hideValues(secretValues(config, process.env, baseDir));
}
