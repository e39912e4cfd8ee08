import type { WebhookHandler } from './api/server.js';
import type { LoadedConfig } from './config.js';
import type { Logger } from './log.js';
import { httpConfig, readSecret } from './solvimon-adapter/http-config.js';
import { handleWebhook } from './solvimon-adapter/webhooks.js';
import type { Store } from './store/database.js';
import { isDeliveryKnown, noteIncident, rememberDelivery } from './store/solvimon-records.js';

/**
 * What takes Solvimon's webhooks; null when no secret for them is configured. Nothing that a delivery says is believed:
 * an invoice that turned FINAL in the shadow raises an incident for a person, everything else only says that there is
 * news, which the next run fetches by itself. Throws AppError `config_invalid` for a secret that cannot be read.
 */
export function webhookHandler(options: {
  readonly store: Pick<Store, 'db'>;
  readonly loaded: LoadedConfig;
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
  readonly now: () => Date;
}): WebhookHandler | null {
  const { loaded, log, now } = options;
  const { db } = options.store;
  const block = httpConfig.safeParse(loaded.config.sources.solvimon);
  if (!block.success) return null;
  const { webhook_secret_env: env, webhook_secret_file: file } = block.data;
  const place = { ...(env !== undefined && { env }), ...(file !== undefined && { file }) };
  const secret = readSecret('the secret of the webhook', place, options.variables, loaded.baseDir);
  if (secret === null) return null;
  return (input) =>
    handleWebhook(input, {
      secrets: [secret],
      now: () => now().getTime(),
      isKnown: (token) => isDeliveryKnown(db, token),
      remember: (token, untilMs) => rememberDelivery(db, token, untilMs, now().getTime()),
      // A delivery names Solvimon's customer and not ours, so this cannot be said; it then counts as yes.
      isShadow: async () => null,
      onIncident: async (incident) => {
        const isNew = await noteIncident(db, { ...incident, account: block.data.platform_id ?? '', now: now() });
        if (isNew) log.error({ invoiceId: incident.invoiceId }, 'an invoice of the shadow cycle turned FINAL');
      },
      wake: async ({ type, invoiceId }) => log.info({ type, invoiceId }, 'Solvimon has news; the next run fetches it'),
      log: (event, data) => log.info(data, event),
    });
}
