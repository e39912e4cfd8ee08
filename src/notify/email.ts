import { createTransport } from 'nodemailer';
import { AppError } from '../errors.js';
import type { AlertMessage } from '../model/alert.js';
import type { Channel } from './channel.js';
import { htmlOf, textOf } from './email-text.js';
import { headline } from './words.js';

export type EmailOptions = {
  readonly id: string;
  /** smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465. */
  readonly smtpUrl: string;
  /** An address, or a name with an address in angle brackets. */
  readonly from: string;
  readonly to: readonly string[];
  /** Whether those who answer for what an alert is about get it too, when their name is an address. */
  readonly withOwners: boolean;
};

const connectMs = 10_000;
const answerMs = 20_000;
const loopback: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Sends one mail per recipient through an SMTP server. The Message-ID follows from the message, so that mail servers and
 * programs which know it drop a repeat. With a password the connection has to be encrypted, except to this machine.
 */
export function emailChannel(options: EmailOptions): Channel {
  const transport = openTransport(options.smtpUrl);
  const domain = /@([^\s>]+)>?\s*$/.exec(options.from)?.[1] ?? 'shadowbill.invalid';
  return {
    id: options.id,
    kind: 'email',
    groups: true,
    recipients: (owners) => {
      const others = options.withOwners ? owners.filter(isAddress) : [];
      return [...new Set([...options.to, ...others].map((one) => one.toLowerCase()))];
    },
    send: async (message, signal) => {
      try {
        const info = await transport.sendMail({ ...mailOf(message, options.from, domain), signal });
        return { reference: info.messageId };
      } catch (cause) {
        signal.throwIfAborted();
        throw smtpError(cause);
      }
    },
    close: async () => transport.close(),
  };
}

/** Whether a name can be written to. */
export function isAddress(name: string): boolean {
  return /^[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\]+$/.test(name);
}

function openTransport(smtpUrl: string) {
  const url = new URL(smtpUrl);
  const isSecure = url.protocol === 'smtps:';
  const hasPassword = url.password !== '';
  return createTransport({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (isSecure ? 465 : 587) : Number(url.port),
    secure: isSecure,
    requireTLS: hasPassword && !isSecure && !loopback.has(url.hostname),
    ...(hasPassword && {
      auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) },
    }),
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    socketTimeout: answerMs,
    // Nothing in a message may make the mailer read a file or fetch an address.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

function mailOf(message: AlertMessage, from: string, domain: string) {
  return {
    from,
    to: message.recipient,
    subject: `[shadowbill] ${headline(message)}`,
    messageId: `<${message.id}@${domain}>`,
    text: textOf(message),
    html: htmlOf(message),
    headers: {
      // RFC 3834: nobody's holiday notice should answer.
      'Auto-Submitted': 'auto-generated',
      'X-Shadowbill-Message': message.id,
    },
    ...(message.alerts[0]?.severity === 'critical' && { priority: 'high' as const }),
  };
}

/** Failures before anything was handed over; RFC 5321, 4.2.1: 4yz may pass, 5yz does not. */
const beforeSending: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ECONNECTION', 'EDNS', 'ETLS', 'EAUTH']);

function smtpError(cause: unknown): AppError {
  const { code, responseCode, errno } = (cause ?? {}) as {
    readonly code?: unknown;
    readonly responseCode?: unknown;
    readonly errno?: unknown;
  };
  if (typeof responseCode === 'number') {
    const detail = `the mail server answered ${responseCode}`;
    return new AppError(responseCode >= 500 ? 'notification_refused' : 'notification_failed', { detail, cause });
  }
  const name = typeof code === 'string' ? code : 'unknown';
  const mayHaveArrived = !beforeSending.has(name) && errno === undefined;
  const detail = `no answer from the mail server (${name})`;
  return new AppError('notification_failed', { detail, cause, context: { mayHaveArrived } });
}
