import { z } from 'zod';
import { alertKindNames, digestParts, severities } from '../model/alert.js';
import * as s from './scalars.js';

/** What every channel has, whatever its kind. */
const common = {
  id: s.text.describe('Your name for it'),
  kinds: z
    .array(s.oneOf(alertKindNames))
    .optional()
    .describe('Alerts that go to it, as docs/alerts.md names them; every one without it'),
  min_severity: s
    .oneOf(severities)
    .default('info')
    .describe('info, warning or critical: what matters less goes elsewhere'),
};

const webhookSchema = z.strictObject({
  ...common,
  url_env: s.variableName.describe('Variable that holds the address'),
  secret_env: s.variableName.describe('Variable that holds the secret each request is signed with'),
});

const slackSchema = z.strictObject({
  ...common,
  webhook_env: s.variableName.describe('Variable that holds the address of an incoming webhook of Slack'),
});

const emailSchema = z.strictObject({
  ...common,
  to: z.array(s.mailAddress).default([]).describe('Addresses'),
  owners: s.bool.default(false).describe('Whether owners whose name is an address get what they answer for'),
});

/** Ids of the channels that the short form `digest` makes. */
export const digestChannels = { slack: 'digest-slack', email: 'digest-email' } as const;

type Channels = {
  readonly webhooks: readonly { readonly id: string }[];
  readonly slack: readonly { readonly id: string }[];
  readonly email: readonly { readonly id: string }[];
};

function twice(alerts: Channels) {
  const reserved: readonly string[] = Object.values(digestChannels);
  const all = (['webhooks', 'slack', 'email'] as const).flatMap((list) =>
    alerts[list].map(({ id }, index) => ({ id, path: [list, index, 'id'] })),
  );
  return all.filter(({ id }, at) => reserved.includes(id) || all.findIndex((other) => other.id === id) < at);
}

/** The block `alerts`: who is told what. */
export const alertsSchema = z
  .strictObject({
    include_names: s.bool.default(false).describe('Whether messages may carry keys of customers'),
    quiet: z
      .strictObject({
        from: s.clockTime.describe('First minute in which mail and Slack wait, in the timezone above'),
        to: s.clockTime.describe('First minute after it; earlier than from means on the next day'),
      })
      .optional()
      .describe('When people are not written to; what is critical, and webhooks, do not wait'),
    unexplained_above: z
      .record(s.currency, s.amount)
      .default({})
      .describe('By currency: an unexplained difference above it is an alert of its own, in major units'),
    digest: z
      .strictObject({
        slack_webhook_env: s.variableName.optional().describe('Variable that holds the webhook address'),
        email: z.array(s.mailAddress).optional().describe('Addresses'),
        only: z
          .array(s.oneOf(digestParts))
          .optional()
          .describe('Only when a run has some of these: new, worse, resolved, expired; always when it is not complete'),
      })
      .optional()
      .describe('One message at the end of a run'),
    webhooks: z.array(webhookSchema).default([]).describe('Programs that get each alert as signed JSON'),
    slack: z.array(slackSchema).default([]).describe('Slack channels'),
    email: z.array(emailSchema).default([]).describe('People who get mail'),
    smtp: z
      .strictObject({
        url_env: s.variableName.describe('Variable that holds smtps://user:password@host:465 or smtp://…@host:587'),
        from: s.text.describe('Sender, e.g. shadowbill <shadowbill@example.com>'),
      })
      .optional()
      .describe('Server that takes mail'),
  })
  .superRefine((alerts, context) => {
    for (const { id, path } of twice(alerts))
      context.addIssue({
        code: 'custom',
        path,
        message: `${JSON.stringify(id)} is taken. Give each channel a name of its own`,
      });
    if (alerts.quiet !== undefined && alerts.quiet.from === alerts.quiet.to)
      context.addIssue({
        code: 'custom',
        path: ['quiet', 'to'],
        message: 'is when it begins: people would never be written to. Write another time, or remove quiet',
      });
    if (alerts.smtp === undefined && (alerts.email.length > 0 || alerts.digest?.email !== undefined))
      context.addIssue({
        code: 'custom',
        path: [alerts.email.length > 0 ? 'email' : 'digest'],
        message: 'needs a mail server. Add alerts.smtp with url_env and from',
      });
  });
