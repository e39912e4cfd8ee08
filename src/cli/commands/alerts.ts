import { lookAndSend, withAlerts } from '../../app-alerts.js';
import type { OpenStore } from '../../app.js';
import { AppError } from '../../errors.js';
import { alertKindNames } from '../../model/alert.js';
import { acknowledge, findAlert, resend, testChannels } from '../../run/alerts/act.js';
import type { AlertContext } from '../../run/alerts/context.js';
import { type ListedAlert, listAlerts } from '../../store/alerts.js';
import { cliActor } from '../actor.js';
import { writeRows } from '../output.js';
import { drawAlerts, drawAlert, drawTests } from '../render/alerts.js';
import { type AddCommands, countOption, type Session, say, subcommand, tell, withConfiguredStore } from '../session.js';

type ListFlags = {
  readonly kind?: string;
  readonly open?: boolean;
  readonly undelivered?: boolean;
  readonly limit: string;
};

export const addAlertsCommands: AddCommands = (program, host) => {
  const alerts = subcommand(program, 'alerts', 'what people were told, and whether it arrived');
  subcommand(alerts, 'list', 'alerts, newest first')
    .option('--kind <kind>', 'only these, e.g. run.digest')
    .option('--open', 'only those that nobody has acknowledged')
    .option('--undelivered', 'only those of which a message was given up')
    .option('--limit <n>', 'at most so many', '50')
    .action(async (flags: ListFlags) => {
      const current = host.session();
      const filter = readFilter(flags);
      await withConfiguredStore(current, async ({ db }) =>
        writeRows(current.globals.output, (await listAlerts(db, filter)).map(toRow), drawAlerts),
      );
    });
  subcommand(alerts, 'show', 'one alert, where it went and what became of it')
    .argument('<id>')
    .action(async (id: string) => showOne(host.session(), ({ db }) => findAlert(db, id)));
  subcommand(alerts, 'ack', 'say that you take care of it: it is open no longer')
    .argument('<id>')
    .requiredOption('--by <name>', 'who takes care')
    .option('--note <text>', 'what is being done')
    .action(async (id: string, options: { by: string; note?: string }) =>
      showOne(host.session(), ({ db }) =>
        acknowledge({ db, now }, { id, actor: cliActor(options.by), note: options.note ?? null }),
      ),
    );
  subcommand(alerts, 'resend', 'try messages of an alert that were given up again')
    .argument('<id>')
    .requiredOption('--by <name>', 'who asks for it')
    .action(async (id: string, options: { by: string }) =>
      showOne(host.session(), ({ db }) => resend({ db, now }, { id, actor: cliActor(options.by) })),
    );
  subcommand(alerts, 'send', 'look for what people should know, and send what is due').action(async () =>
    host.setExit(await sendNow(host.session())),
  );
};

export const addNotifyCommands: AddCommands = (program, host) => {
  const notify = subcommand(program, 'notify', 'the channels that alerts go to');
  subcommand(notify, 'test', 'send a test message to every channel, or to one')
    .argument('[channel]', 'its id in the configuration')
    .action(async (channel: string | undefined) => {
      const current = host.session();
      await withChannels(current, async (open) => {
        const outcomes = await testChannels(open, channel ?? null);
        await writeRows(current.globals.output, outcomes, drawTests);
        if (outcomes.some(({ problem }) => problem !== null)) host.setExit(5);
      });
    });
};

const now = () => new Date();

function readFilter({ kind, open, undelivered, limit }: ListFlags): Parameters<typeof listAlerts>[1] {
  if (kind !== undefined && !alertKindNames.some((known) => known === kind))
    throw new AppError('usage', { detail: `--kind ${kind} is not known; write one of ${alertKindNames.join(', ')}` });
  if (open === true && undelivered === true)
    throw new AppError('usage', { detail: 'ask for --open or for --undelivered, not for both' });
  const show = open === true ? 'open' : undelivered === true ? 'undelivered' : undefined;
  return { kind, show, limit: countOption('--limit', limit) ?? 50 };
}

const toRow = (alert: ListedAlert) => ({ schemaVersion: 1, ...alert });

async function showOne(current: Session, find: (store: OpenStore) => Promise<ListedAlert>): Promise<void> {
  await withConfiguredStore(current, async (store) => {
    const found = await find(store);
    say(current.globals.output === 'table' ? drawAlert(found) : JSON.stringify(toRow(found)));
  });
}

/** Exit 5 when something could not be delivered: it is tried again, or waits for a person. */
async function sendNow(current: Session): Promise<number> {
  let code = 0;
  await withChannels(current, async (open) => {
    const outcome = await lookAndSend(open);
    if (open.routes.length === 0) tell('no channel is configured: alerts are only listed');
    if (current.globals.output !== 'table') say(JSON.stringify({ schemaVersion: 1, ...outcome }));
    else
      say(`${outcome.found} new; ${outcome.sent} sent, ${outcome.again} to be tried again, ${outcome.dead} given up`);
    if (outcome.again + outcome.dead > 0) code = 5;
  });
  return code;
}

async function withChannels(current: Session, work: (open: AlertContext) => Promise<void>): Promise<void> {
  const { log, signal } = current;
  await withConfiguredStore(current, (store, loaded) =>
    withAlerts({ store, loaded, variables: process.env, log, signal, now }, work),
  );
}
