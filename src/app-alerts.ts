import { setTimeout } from 'node:timers/promises';
import { digestChannels } from './config/alerts.js';
import type { LoadedConfig } from './config.js';
import { toKnownDifferences } from './config/known.js';
import type { Config } from './config/schema.js';
import { AppError } from './errors.js';
import { createLogger, type Logger } from './log.js';
import type { DigestPart } from './model/alert.js';
import type { Channel } from './notify/channel.js';
import { emailChannel } from './notify/email.js';
import { slackChannel } from './notify/slack.js';
import { webhookChannel } from './notify/webhook.js';
import type { AlertContext, Route } from './run/alerts/context.js';
import { sendAlerts, type SendOutcome } from './run/alerts/send.js';
import { watchForAlerts } from './run/alerts/watch.js';
import type { Store } from './store/database.js';

type Variables = Readonly<Record<string, string | undefined>>;
type Alerts = NonNullable<Config['alerts']>;

export type OpenAlerts = AlertContext & { close(): Promise<void> };

/**
 * The context of alerts from a loaded configuration, with its channels open. Throws AppError `config_invalid` with every
 * variable that is missing or holds something else than it should; no value is in the message.
 */
export function openAlerts(options: {
  readonly store: Pick<Store, 'db'>;
  readonly loaded: Pick<LoadedConfig, 'config'>;
  readonly variables: Variables;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly now: () => Date;
}): OpenAlerts {
  const { config } = options.loaded;
  const routes = config.alerts === undefined ? [] : routesOf(config.alerts, options.variables, options.now);
  return {
    db: options.store.db,
    now: options.now,
    routes,
    zone: config.timezone,
    quiet: config.alerts?.quiet ?? null,
    includeNames: config.alerts?.include_names ?? false,
    known: toKnownDifferences(config),
    unexplainedAbove: config.alerts?.unexplained_above ?? {},
    baseUrl: config.base_url ?? null,
    signal: options.signal,
    log: (event, data) => options.log.info(data, event),
    close: async () => void (await Promise.all(routes.map(({ channel }) => channel.close()))),
  };
}

function routesOf(alerts: Alerts, variables: Variables, now: () => Date): readonly Route[] {
  const problems: string[] = [];
  const read = (name: string, isGood: (value: string) => boolean, wanted: string): string => {
    const value = (variables[name] ?? '').trim();
    if (value === '') problems.push(`the variable ${name} is not set`);
    else if (!isGood(value)) problems.push(`the variable ${name} does not hold ${wanted}`);
    return value;
  };
  const specs = [...digestSpecs(alerts), ...webhookSpecs(alerts), ...slackSpecs(alerts), ...emailSpecs(alerts)];
  const ready = specs.map((spec) => ({ spec, open: spec.prepare(read, now) }));
  if (problems.length > 0)
    throw new AppError('config_invalid', { detail: `alerts: ${[...new Set(problems)].join('; ')}` });
  return ready.map(({ spec, open }) => ({
    channel: open(),
    kinds: spec.kinds === undefined ? null : new Set(spec.kinds),
    least: spec.min_severity,
    onlyWith: spec.only ?? null,
  }));
}

type Read = (name: string, isGood: (value: string) => boolean, wanted: string) => string;

/** A channel as configured. `prepare` reads its variables; only when all are good is anything opened. */
type Spec = Pick<Alerts['slack'][number], 'kinds' | 'min_severity'> & {
  readonly only?: readonly DigestPart[] | undefined;
  prepare(read: Read, now: () => Date): () => Channel;
};

const isWeb = (value: string) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
const isSmtp = (value: string) =>
  URL.canParse(value) && /^smtps?:$/.test(new URL(value).protocol) && new URL(value).hostname !== '';
/** A short secret can be guessed from one signed message; whsec_ has to be base64 of as much. */
const isSecret = (value: string) => value.split(/\s+/).every((one) => one.length >= 24);

function webhookSpecs(alerts: Alerts): readonly Spec[] {
  return alerts.webhooks.map(({ id, url_env, secret_env, ...rest }) => ({
    ...rest,
    prepare: (read, now) => {
      const url = read(url_env, isWeb, 'a web address');
      const secret = read(secret_env, isSecret, 'a secret of at least 24 characters');
      return () => webhookChannel({ id, url, secret, now: () => now().getTime() });
    },
  }));
}

function slackSpecs(alerts: Pick<Alerts, 'slack'>): readonly Spec[] {
  return alerts.slack.map(({ id, webhook_env, ...rest }) => ({
    ...rest,
    prepare: (read) => {
      const url = read(webhook_env, isWeb, 'a web address');
      return () => slackChannel({ id, url });
    },
  }));
}

function emailSpecs(alerts: Pick<Alerts, 'email' | 'smtp'>): readonly Spec[] {
  const { smtp } = alerts;
  if (smtp === undefined) return [];
  return alerts.email.map(({ id, to, owners, ...rest }) => ({
    ...rest,
    prepare: (read) => {
      const smtpUrl = read(smtp.url_env, isSmtp, 'an address such as smtps://user:password@host:465');
      return () => emailChannel({ id, smtpUrl, from: smtp.from, to, withOwners: owners });
    },
  }));
}

/** The short form: the digest of each run to one Slack channel and to some addresses. */
function digestSpecs({ digest, smtp }: Alerts): readonly Spec[] {
  if (digest === undefined) return [];
  const { slack_webhook_env: webhookEnv, email: to, only } = digest;
  const common = { kinds: ['run.digest' as const], min_severity: 'info' as const };
  const specs = [
    ...(webhookEnv === undefined
      ? []
      : slackSpecs({ slack: [{ ...common, id: digestChannels.slack, webhook_env: webhookEnv }] })),
    ...(to === undefined
      ? []
      : emailSpecs({ smtp, email: [{ ...common, id: digestChannels.email, to, owners: false }] })),
  ];
  return specs.map((spec) => ({ ...spec, only }));
}

const lookEveryMs = 30_000;
/** As long as anything may take that somebody waits for at a screen. */
const longestMs = 60_000;

/**
 * Looks and sends from now on, in this process, until it is closed. Several processes may do so: the tables decide who
 * sends what. Trouble is logged and tried again at the next turn; it ends nothing else. Throws as `openAlerts` does.
 */
export function startAlerts(options: Omit<Parameters<typeof openAlerts>[0], 'signal'>): { close(): Promise<void> } {
  const stop = new AbortController();
  const alerts = openAlerts({ ...options, signal: stop.signal });
  const loop = async () => {
    while (!stop.signal.aborted) {
      await lookAndSend(alerts).catch((error: unknown) => {
        if (!stop.signal.aborted) options.log.warn({ err: error }, 'alerts could not be looked for or sent');
      });
      await setTimeout(lookEveryMs, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  };
  const looping = loop();
  return {
    close: async () => {
      stop.abort(new AppError('interrupted'));
      await looping;
      await alerts.close();
    },
  };
}

/** Opens the channels for as long as `work` takes. */
export async function withAlerts<Answer>(
  options: Pick<Parameters<typeof openAlerts>[0], 'store' | 'loaded' | 'variables' | 'now'> &
    Partial<Parameters<typeof openAlerts>[0]>,
  work: (alerts: AlertContext) => Promise<Answer>,
): Promise<Answer> {
  const log = options.log ?? createLogger({ level: 'warn', component: 'alerts' });
  const alerts = openAlerts({ signal: AbortSignal.timeout(longestMs), log, ...options });
  try {
    return await work(alerts);
  } finally {
    await alerts.close();
  }
}

/** One turn: what people should know is written down, and what is due is sent. */
export async function lookAndSend(alerts: AlertContext): Promise<SendOutcome & { readonly found: number }> {
  const found = await watchForAlerts(alerts);
  return { found: found.length, ...(await sendAlerts(alerts)) };
}
