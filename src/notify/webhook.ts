import { createHmac } from 'node:crypto';
import type { AlertBody, AlertMessage } from '../model/alert.js';
import type { Channel } from './channel.js';
import { Poster } from './post.js';

/**
 * Posts one alert a request as JSON, signed as the Standard Webhooks specification says: headers `webhook-id`,
 * `webhook-timestamp` (epoch seconds) and `webhook-signature`, which is `v1,` and the base64 of HMAC-SHA256 over
 * `id.timestamp.body`. https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 *
 * `secret` is one or more secrets with spaces between them, the newest first: while a secret is changed, each signs. One
 * that begins with `whsec_` is base64, any other is taken as its UTF-8 bytes.
 */
export function webhookChannel(options: {
  readonly id: string;
  readonly url: string;
  readonly secret: string;
  readonly now: () => number;
}): Channel {
  const poster = new Poster();
  const keys = options.secret.split(/\s+/).map(keyOf);
  return {
    id: options.id,
    kind: 'webhook',
    groups: false,
    recipients: () => [''],
    send: async (message, signal) => {
      const body = JSON.stringify(webhookBody(message));
      const timestamp = String(Math.floor(options.now() / 1000));
      const signed = `${message.id}.${timestamp}.${body}`;
      const signatures = keys.map((key) => `v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
      await poster.post(options.url, {
        headers: {
          'webhook-id': message.id,
          'webhook-timestamp': timestamp,
          'webhook-signature': signatures.join(' '),
        },
        body,
        signal,
      });
      return { reference: null };
    },
    close: () => poster.close(),
  };
}

function keyOf(secret: string): Buffer {
  const base64 = /^whsec_(.+)$/.exec(secret)?.[1];
  return base64 === undefined ? Buffer.from(secret, 'utf8') : Buffer.from(base64, 'base64');
}

/** What a program reads. `id` stays the same over every attempt, so that a repeat can be told. */
function webhookBody(message: AlertMessage): object {
  const [first] = message.alerts;
  return {
    schemaVersion: 1,
    id: message.id,
    isTest: message.isTest,
    ...(first === undefined ? {} : alertFields(first)),
  };
}

function alertFields({ id, ...rest }: AlertBody): object {
  return { alert: id, ...rest };
}
