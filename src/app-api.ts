import { randomBytes } from 'node:crypto';
import type { ApiContext } from './api/context.js';
import type { AuthOptions } from './api/auth/options.js';
import { buildServer } from './api/server.js';
import { withAlerts } from './app-alerts.js';
import { openConfidence } from './app-confidence.js';
import { webhookHandler } from './app-webhook.js';
import type { LoadedConfig } from './config.js';
import type { Env } from './config/env.js';
import { AppError } from './errors.js';
import type { Logger } from './log.js';
import type { OpenStore } from './app.js';
import type { WorkContext } from './run/work-context.js';

const defaultPort = 8080;

/** The context of work, sign-off and exports from a loaded configuration. */
export function workContext(
  store: Pick<OpenStore, 'db'>,
  { config }: Pick<LoadedConfig, 'config'>,
  now: () => Date,
): WorkContext {
  return {
    db: store.db,
    now,
    zone: config.timezone,
    acceptLimits: new Map(Object.entries(config.work?.accept_limits ?? {})),
    // The preparer is one of those who sign.
    reviewers: Math.max(1, (config.signoff?.approvers ?? 2) - 1),
    certification: config.signoff?.certification ?? null,
  };
}

export function apiContext(
  store: Pick<OpenStore, 'db'>,
  loaded: LoadedConfig,
  now: () => Date,
  chromium: string | null = null,
  variables: ServeOptions['variables'] = process.env,
): ApiContext {
  return {
    db: store.db,
    now,
    work: workContext(store, loaded, now),
    loaded,
    confidence: () => openConfidence(store, loaded, now),
    withAlerts: (work) => withAlerts({ store, loaded, variables, now }, work),
    chromium,
  };
}

export type ServeOptions = {
  readonly store: OpenStore;
  readonly loaded: LoadedConfig;
  readonly env: Env;
  /** What `client_secret_env` names is read from here. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  /** The one user of local mode; null: people sign in at the configured issuer. */
  readonly localUser: string | null;
  readonly host: string | undefined;
  readonly port: number | undefined;
};

export type Serving = { readonly address: string; close(): Promise<void> };

/**
 * Starts the pages and their API. Throws AppError `config_invalid` when nobody could sign in, and for local mode on an
 * address that others can reach.
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { loaded, env, localUser, store } = options;
  const host = options.host ?? loaded.config.api?.host ?? '127.0.0.1';
  const port = options.port ?? loaded.config.api?.port ?? defaultPort;
  const auth: AuthOptions = localUser === null ? oidcOptions(options) : localOptions(localUser, host, env);
  const app = await buildServer({
    api: apiContext(store, loaded, () => new Date(), env.chromium, options.variables),
    auth,
    session: {
      key: sessionKey(env),
      seconds: (loaded.config.auth?.session_hours ?? 8) * 3600,
    },
    isHttps: loaded.config.base_url?.startsWith('https:') ?? false,
    webhook: webhookHandler({ ...options, now: () => new Date() }),
    log: options.log,
  });
  try {
    return { address: await app.listen({ host, port }), close: () => app.close() };
  } catch (error) {
    await app.close();
    throw new AppError('config_invalid', { detail: `${host}:${port} cannot be listened on`, cause: error });
  }
}

const loopback: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

function localOptions(user: string, host: string, env: Env): AuthOptions {
  if (env.isProduction)
    throw new AppError('config_invalid', { detail: 'local mode knows no passwords and is not for production' });
  if (!loopback.has(host))
    throw new AppError('config_invalid', {
      detail: `local mode knows no passwords and listens on loopback only, not on ${host}`,
    });
  return { kind: 'local', user };
}

function oidcOptions({ loaded, variables }: ServeOptions): AuthOptions {
  const { auth, base_url: baseUrl } = loaded.config;
  if (auth === undefined)
    throw new AppError('config_invalid', {
      detail: 'nobody can sign in: add the block auth, or use --local on your own machine',
    });
  if (baseUrl === undefined)
    throw new AppError('config_invalid', { detail: 'base_url is missing: the issuer sends people back to it' });
  const secret = auth.client_secret_env === undefined ? null : (variables[auth.client_secret_env] ?? '');
  if (secret === '')
    throw new AppError('config_invalid', { detail: `the variable ${auth.client_secret_env ?? ''} is not set` });
  return {
    kind: 'oidc',
    issuer: auth.issuer,
    clientId: auth.client_id,
    clientSecret: secret,
    roles: Object.fromEntries(Object.entries(auth.roles ?? {}).filter(([, groups]) => groups !== undefined)),
    baseUrl,
  };
}

function sessionKey(env: Env): Buffer {
  if (env.sessionKey !== null) return Buffer.from(env.sessionKey, 'hex');
  if (env.isProduction)
    throw new AppError('config_invalid', {
      detail: 'SESSION_KEY is not set: a new one at every start would sign everybody out',
    });
  return randomBytes(32);
}
