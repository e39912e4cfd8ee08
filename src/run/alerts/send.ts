import { randomBytes } from 'node:crypto';
import type { Transaction } from 'kysely';
import { AppError } from '../../errors.js';
import { type AlertKind, isAtLeast, severities } from '../../model/alert.js';
import { backoffMs, maxAttempts } from '../../notify/backoff.js';
import type { Channel } from '../../notify/channel.js';
import {
  alertsOfMessage,
  type AttemptEnd,
  channelsWithDue,
  claimMessage,
  type ClaimedMessage,
  endAttempt,
  insertMessage,
  lockComposing,
  openDeliveries,
} from '../../store/alert-messages.js';
import { routeAlert, type StoredAlert, unroutedAlerts } from '../../store/alerts.js';
import type { Database } from '../../store/tables.js';
import type { AlertContext, Route } from './context.js';
import { afterQuiet } from './quiet.js';
import { toBody } from './to-body.js';

/** How long one attempt may take before somebody else may try; longer than any channel's own time-outs. */
const claimMs = 60_000;
/** Most alerts that are given channels, that one message carries, and most messages of a channel in one go. */
const routedAtOnce = 500;
const mostAlerts = 50;
const mostMessages = 200;

export type SendOutcome = { readonly sent: number; readonly again: number; readonly dead: number };

/**
 * Gives new alerts their channels, makes messages of what is due and tries each message that is due once. Any number of
 * processes may do this at the same time, and each may be killed anywhere: a message is marked as sent after it was, so
 * that it is sent at least once, and every attempt carries the same id, so that the receiver sees it once.
 */
export async function sendAlerts(context: AlertContext): Promise<SendOutcome> {
  await composeMessages(context);
  const due = await channelsWithDue(context.db, context.now());
  const ends = (await Promise.all(due.map((channel) => sendChannel(context, channel)))).flat();
  const count = (kind: AttemptEnd['kind']) => ends.filter((end) => end === kind).length;
  return { sent: count('sent'), again: count('again'), dead: count('dead') };
}

async function composeMessages(context: AlertContext): Promise<void> {
  const now = context.now();
  await context.db.transaction().execute(async (trx) => {
    await lockComposing(trx);
    for (const alert of await unroutedAlerts(trx, routedAtOnce)) await route(context, trx, alert, now);
    await compose(context, trx, now);
  });
}

async function route(context: AlertContext, trx: Transaction<Database>, alert: StoredAlert, now: Date): Promise<void> {
  // A channel that failed is not told so.
  const failed = alert.kind === 'alert.undelivered' ? alert.detail['channel'] : undefined;
  const deliveries = context.routes
    .filter((one) => isWanted(one, alert) && one.channel.id !== failed)
    .flatMap(({ channel }) =>
      channel.recipients(alert.owners).map((recipient) => ({
        alertId: alert.id,
        channel: channel.id,
        recipient,
        // Programs decide themselves whom they wake.
        notBefore: channel.groups && alert.severity !== 'critical' ? afterQuiet(now, context.quiet, context.zone) : now,
      })),
    );
  await routeAlert(trx, alert.id, deliveries, now);
}

function isWanted({ kinds, least, onlyWith }: Route, { kind, severity, detail }: StoredAlert): boolean {
  if (kinds !== null && !kinds.has(kind as AlertKind)) return false;
  if (!isAtLeast(severity, least)) return false;
  if (onlyWith === null || kind !== 'run.digest' || detail['isComplete'] !== true) return true;
  return onlyWith.some((part) => (Array.isArray(detail[part]) ? detail[part].length > 0 : detail[part] !== 0));
}

async function compose(context: AlertContext, trx: Transaction<Database>, now: Date): Promise<void> {
  const groups = new Map<string, { channel: string; recipient: string; alerts: string[] }>();
  for (const { alertId, channel, recipient } of await openDeliveries(trx, now)) {
    const isGrouped = channelOf(context, channel)?.groups === true;
    const key = JSON.stringify([channel, recipient, isGrouped ? '' : alertId]);
    const group = groups.get(key) ?? { channel, recipient, alerts: [] };
    group.alerts.push(alertId);
    groups.set(key, group);
  }
  for (const { alerts, ...to } of groups.values())
    for (let at = 0; at < alerts.length; at += mostAlerts)
      await insertMessage(trx, { ...to, alerts: alerts.slice(at, at + mostAlerts), now });
}

function channelOf(context: AlertContext, id: string): Channel | undefined {
  return context.routes.find(({ channel }) => channel.id === id)?.channel;
}

/** Sends what is due on one channel, one message after the other: a receiver that is slow is not asked twice at a time. */
async function sendChannel(context: AlertContext, channel: string): Promise<readonly AttemptEnd['kind'][]> {
  const ends: AttemptEnd['kind'][] = [];
  while (ends.length < mostMessages && !context.signal.aborted) {
    const claim = randomBytes(8).toString('hex');
    const now = context.now();
    const until = new Date(now.getTime() + claimMs);
    const message = await claimMessage(context.db, { channel, claim, now, until });
    if (message === undefined) break;
    const end = await attempt(context, message);
    // Stopped in the middle: the claim runs out by itself, and the next attempt says that it may be a repeat.
    if (context.signal.aborted && end.kind !== 'sent') break;
    await endAttempt(context.db, { id: message.id, claim, end, now: context.now() });
    context.log('alert message', {
      messageId: message.id,
      channel,
      attempt: message.attempts,
      end: end.kind,
      ...(end.kind !== 'sent' && { reason: end.error }),
    });
    ends.push(end.kind);
  }
  return ends;
}

async function attempt(context: AlertContext, message: ClaimedMessage): Promise<AttemptEnd> {
  const { id, channel: name, recipient, isRepeat } = message;
  const channel = channelOf(context, name);
  if (channel === undefined) return { kind: 'dead', error: 'the channel is no longer configured' };
  const alerts = (await alertsOfMessage(context.db, id)).map((alert) => toBody(context, alert));
  const worstFirst = alerts.toSorted((a, b) => severities.indexOf(b.severity) - severities.indexOf(a.severity));
  try {
    const { reference } = await channel.send(
      { id, alerts: worstFirst, recipient, isRepeat, isTest: false },
      context.signal,
    );
    return { kind: 'sent', reference };
  } catch (error) {
    return afterFailure(context, message, error);
  }
}

function afterFailure(context: AlertContext, message: ClaimedMessage, error: unknown): AttemptEnd {
  const isKnown = error instanceof AppError;
  const reason = isKnown ? (error.detail ?? error.code) : 'shadowbill made a mistake';
  if (!isKnown) context.log('a channel failed in an unknown way', { channel: message.channel, error });
  if (isKnown && error.code === 'notification_refused') return { kind: 'dead', error: reason };
  if (message.attempts >= maxAttempts) return { kind: 'dead', error: `${reason}, after ${message.attempts} attempts` };
  const waitMs = Math.max(backoffMs(message.id, message.attempts), isKnown ? (error.retryAfterMs ?? 0) : 0);
  const mayHaveArrived = !isKnown || error.context['mayHaveArrived'] === true;
  return { kind: 'again', error: reason, dueAt: new Date(context.now().getTime() + waitMs), mayHaveArrived };
}
