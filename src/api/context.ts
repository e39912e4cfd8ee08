import type { Kysely } from 'kysely';
import type { LoadedConfig } from '../config.js';
import type { Role, Scope } from '../model/access.js';
import type { AlertContext } from '../run/alerts/context.js';
import type { ConfidenceContext } from '../run/confidence-context.js';
import type { WorkContext } from '../run/work-context.js';
import type { Database } from '../store/tables.js';

/** What the routes work with. Built by the composition root; the clock is passed in so that tests own it. */
export type ApiContext = {
  readonly db: Kysely<Database>;
  now(): Date;
  readonly work: WorkContext;
  /** The configuration that `serve` began with: for settings, sign-off and exports. */
  readonly loaded: LoadedConfig;
  /** Policy, roster and cohorts of the configuration, read anew: the files may have changed. Throws AppError `config_invalid`. */
  confidence(): Promise<ConfidenceContext>;
  /** Opens the channels of alerts for as long as `work` takes. Throws AppError `config_invalid` when a variable is missing. */
  withAlerts<Answer>(work: (alerts: AlertContext) => Promise<Answer>): Promise<Answer>;
  /** Program that prints PDFs; null: look for one. */
  readonly chromium: string | null;
};

/** Whoever sent a request, as they proved it. */
export type Caller = {
  /** Trimmed and in lower case. */
  readonly name: string;
  readonly kind: 'session' | 'token' | 'local';
  readonly roles: readonly Role[];
  readonly scopes: readonly Scope[];
  /** What unsafe requests must bring along; null for tokens, which no browser sends by itself. */
  readonly csrf: string | null;
};
