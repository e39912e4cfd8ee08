import { randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import { AppError } from '../../errors.js';
import type { Actor } from '../../model/access.js';
import { reviveMessages } from '../../store/alert-messages.js';
import { acknowledgeAlert, listAlerts, type ListedAlert } from '../../store/alerts.js';
import { appendAudit } from '../../store/audit.js';
import type { Database } from '../../store/tables.js';
import type { AlertContext } from './context.js';

type ActContext = { readonly db: Kysely<Database>; now(): Date };

/** One alert; throws AppError `alert_not_found`. */
export async function findAlert(db: Kysely<Database>, id: string): Promise<ListedAlert> {
  const [found] = await listAlerts(db, { id, limit: 1 });
  if (found === undefined) throw new AppError('alert_not_found', { detail: id });
  return found;
}

/**
 * Notes that somebody takes care of an alert: it leaves the list of open ones and is not reminded of. The first name
 * stays; a second acknowledgement throws AppError `conflict`.
 */
export async function acknowledge(
  context: ActContext,
  input: { readonly id: string; readonly actor: Actor; readonly note: string | null },
): Promise<ListedAlert> {
  const found = await findAlert(context.db, input.id);
  const now = context.now();
  await context.db.transaction().execute(async (trx) => {
    const { id, actor, note } = input;
    if (!(await acknowledgeAlert(trx, { id, by: actor.name, note, now }))) {
      const by = (await findAlert(trx, id)).acknowledgedBy ?? 'somebody';
      throw new AppError('conflict', { detail: `${by} has acknowledged ${id} already` });
    }
    await appendAudit(trx, {
      actor,
      action: 'alert.acknowledge',
      subject: `alert ${id}`,
      cycle: found.cycle,
      detail: { kind: found.kind },
      now,
    });
  });
  return findAlert(context.db, input.id);
}

/** Puts messages of an alert that were given up back, to be tried at once; throws AppError `conflict` when there are none. */
export async function resend(
  context: ActContext,
  input: { readonly id: string; readonly actor: Actor },
): Promise<ListedAlert> {
  const found = await findAlert(context.db, input.id);
  const now = context.now();
  await context.db.transaction().execute(async (trx) => {
    const { id, actor } = input;
    const messages = await reviveMessages(trx, id, now);
    if (messages === 0) throw new AppError('conflict', { detail: `no message of ${id} was given up` });
    await appendAudit(trx, {
      actor,
      action: 'alert.resend',
      subject: `alert ${id}`,
      cycle: found.cycle,
      detail: { kind: found.kind, messages },
      now,
    });
  });
  return findAlert(context.db, input.id);
}

export type TestOutcome = { readonly channel: string; readonly recipient: string; readonly problem: string | null };

/**
 * Sends a test message to a channel, or to every one, at once and outside the outbox; answers what each receiver said.
 * Throws AppError `not_found` for a channel that is not configured.
 */
export async function testChannels(context: AlertContext, channelId: string | null): Promise<readonly TestOutcome[]> {
  const channels = context.routes
    .map(({ channel }) => channel)
    .filter(({ id }) => channelId === null || id === channelId);
  if (channels.length === 0) {
    const known = context.routes.map(({ channel }) => channel.id).join(', ');
    const detail = known === '' ? 'no channel is configured' : `no channel ${channelId ?? ''}; there are ${known}`;
    throw new AppError('not_found', { detail });
  }
  const outcomes: TestOutcome[] = [];
  for (const channel of channels)
    for (const recipient of channel.recipients([]))
      outcomes.push({ channel: channel.id, recipient, problem: await testOne(context, channel, recipient) });
  return outcomes;
}

async function testOne(
  context: AlertContext,
  channel: AlertContext['routes'][number]['channel'],
  recipient: string,
): Promise<string | null> {
  const id = `N-${randomBytes(10).toString('hex')}`;
  const alert = {
    id: `A-${'0'.repeat(20)}`,
    kind: 'test',
    severity: 'info',
    cycle: null,
    run: null,
    title: `Alerts to ${channel.id} arrive`,
    lines: ['This message was sent by hand to see whether this channel works.'],
    detail: {},
    customers: [],
    raisedAt: context.now().toISOString(),
    link: null,
    runbook: null,
  } as const;
  try {
    await channel.send({ id, alerts: [alert], recipient, isRepeat: false, isTest: true }, context.signal);
    return null;
  } catch (error) {
    if (error instanceof AppError) return error.detail ?? error.message;
    throw error;
  }
}
