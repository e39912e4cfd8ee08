import type { Command } from 'commander';
import { workContext } from '../../app-api.js';
import { AppError } from '../../errors.js';
import { type Act, settableStatuses } from '../../model/work.js';
import { type ActInput, type ActPreview, applyAct, previewAct } from '../../run/act-on-mismatches.js';
import { decideProposal } from '../../run/decide-proposal.js';
import { takeBack } from '../../run/take-back.js';
import type { WorkContext } from '../../run/work-context.js';
import { listWorkProposals, type WorkProposal } from '../../store/proposals.js';
import { cliActor } from '../actor.js';
import { writeRows } from '../output.js';
import { amount } from '../render/money.js';
import { table } from '../render/table.js';
import { type AddCommands, type Host, say, subcommand, withConfiguredStore } from '../session.js';
import { readCycle } from '../read-cycle.js';

type WorkOptions = {
  readonly by: string;
  readonly apply?: boolean;
  readonly cause?: string;
  readonly status?: string;
  readonly currency?: string;
  readonly customer?: string;
};

/** What people do about mismatches. Nothing is done without --apply: first it is shown what would be. */
export const addWorkCommands: AddCommands = (program, host) => {
  const mismatch = program.commands.find((command) => command.name() === 'mismatch');
  if (mismatch === undefined) throw new TypeError('the command mismatch is added first');
  onMismatches(mismatch, host, 'assign', 'give mismatches to somebody')
    .option('--to <name>', 'who gets them; nobody without it')
    .action(
      actOn(host, (options: { to?: string }) => ({
        kind: 'assign',
        assignee: options.to?.trim().toLowerCase() ?? null,
      })),
    );
  onMismatches(mismatch, host, 'comment', 'say something about mismatches')
    .requiredOption('--text <text>', 'what you say')
    .action(actOn(host, (options: { text: string }) => ({ kind: 'comment', text: options.text })));
  onMismatches(mismatch, host, 'set', 'set the status of mismatches')
    .requiredOption('--to <status>', settableStatuses.join(', '))
    .option('--note <text>')
    .action(actOn(host, (options: { to: string; note?: string }) => statusAct(options.to, options.note ?? null)));
  onMismatches(mismatch, host, 'accept', 'accept differences for a while; above a limit it becomes a proposal')
    .requiredOption('--reason <reason>', 'why they are accepted')
    .requiredOption('--expires <date>', 'first day on which they count again; at most 90 days away')
    .requiredOption('--max <amount>', 'most money that each may come to')
    .action(
      actOn(host, (options: { reason: string; expires: string; max: string }) => ({
        kind: 'accept',
        reason: options.reason,
        expiresOn: options.expires,
        maxAmount: readAmount(options.max),
      })),
    );
  addProposalCommands(program, host);
};

function onMismatches(parent: Command, _host: Host, name: string, description: string): Command {
  return subcommand(parent, name, description)
    .argument('<cycle>')
    .argument('[ids...]', 'mismatch ids; those of the filter without any')
    .requiredOption('--by <name>', 'who does it')
    .option('--apply', 'do it; without it only shows what would be done')
    .option('--cause <causes>', 'filter: causes or groups, with commas between them')
    .option('--status <statuses>', 'filter: statuses, with commas between them')
    .option('--currency <codes>', 'filter: currencies, with commas between them')
    .option('--customer <customer>', 'filter: customer');
}

function actOn<Options>(host: Host, toAct: (options: Options) => Act) {
  return async (cycle: string, ids: readonly string[], options: WorkOptions & Options): Promise<void> => {
    const current = host.session();
    const act = toAct(options);
    await withConfiguredStore(current, async (store, loaded) => {
      const context = workContext(store, loaded, () => new Date());
      // Whoever has the shell has the database: the second person is still asked for by what it comes to.
      const input: ActInput = {
        cycle: readCycle(cycle),
        selection: selectionOf(ids, options),
        act,
        actor: cliActor(options.by),
        mayApprove: true,
      };
      const preview = await previewAct(context, input);
      if (options.apply !== true)
        return say(`${previewText(preview)}\nNothing was done. Repeat with --apply to do it.`);
      say(await doneText(context, input, preview));
    });
  };
}

function selectionOf(ids: readonly string[], options: WorkOptions): ActInput['selection'] {
  if (ids.length > 0) return { ids };
  const { cause, status, currency, customer } = options;
  if ([cause, status, currency, customer].every((one) => one === undefined))
    throw new AppError('usage', { detail: 'name mismatches by their ids, or give a filter' });
  const listOf = (text: string | undefined) => text?.split(',').filter((part) => part !== '');
  return { cause: listOf(cause), status: listOf(status), currency: listOf(currency), customer };
}

function statusAct(text: string, note: string | null): Act {
  const status = settableStatuses.find((known) => known === text);
  if (status === undefined)
    throw new AppError('usage', { detail: `--to ${text} is not known; write ${settableStatuses.join(', ')}` });
  return { kind: 'status', status, note };
}

function readAmount(text: string): string {
  if (/^\d{1,30}(\.\d{1,30})?$/.test(text)) return text;
  throw new AppError('usage', { detail: `--max ${text} is not an amount of zero or more` });
}

function previewText(preview: ActPreview): string {
  const totals = preview.totals.map(
    (one) =>
      `${one.currency ?? 'no currency'} ${one.count} mismatches, gross ${amount(one.gross, one.currency)}, net ${amount(one.net, one.currency)}`,
  );
  const proposes = preview.proposes === null ? [] : [`would become a proposal: ${preview.proposes}`];
  return [`${preview.keys} keys, ${preview.mismatches} mismatches`, ...totals, ...proposes].join('\n');
}

async function doneText(context: WorkContext, input: ActInput, preview: ActPreview): Promise<string> {
  const done = await applyAct(context, { ...input, token: preview.token });
  if (done.proposal !== null)
    return `proposal ${done.proposal}: ${done.why ?? ''}. Somebody else decides: shadowbill proposal decide ${done.proposal} --by <name>`;
  return `${done.items.length} keys done; take it back with shadowbill proposal take-back ${done.batch ?? ''} --by <name>`;
}

function addProposalCommands(program: Command, host: Host): void {
  const proposal = subcommand(program, 'proposal', 'acceptances that need a second person');
  subcommand(proposal, 'list', 'newest first')
    .option('--cycle <cycle>')
    .option('--state <state>', 'waiting, approved or rejected')
    .action(async (options: { cycle?: string; state?: string }) => {
      const current = host.session();
      await withConfiguredStore(current, async (store) =>
        writeRows(current.globals.output, await listWorkProposals(store.db, options), renderProposals),
      );
    });
  subcommand(proposal, 'decide', 'say yes, or with --reject no; never to one’s own proposal')
    .argument('<proposal>')
    .requiredOption('--by <name>', 'who decides')
    .option('--reject', 'say no')
    .option('--comment <text>')
    .action(async (id: string, options: { by: string; reject?: boolean; comment?: string }) =>
      withConfiguredStore(host.session(), async (store, loaded) => {
        const context = workContext(store, loaded, () => new Date());
        const after = await decideProposal(context, {
          id,
          actor: cliActor(options.by),
          verdict: options.reject === true ? 'reject' : 'approve',
          comment: options.comment ?? null,
        });
        say(`proposal ${after.id} is ${after.state}`);
      }),
    );
  subcommand(proposal, 'take-back', 'put the mismatches of a batch back as they stood before it')
    .argument('<batch>')
    .requiredOption('--by <name>', 'who takes it back')
    .option('--reason <reason>', 'why; needed after 30 seconds and for others’ acts')
    .action(async (batch: string, options: { by: string; reason?: string }) =>
      withConfiguredStore(host.session(), async (store, loaded) => {
        const context = workContext(store, loaded, () => new Date());
        const actor = cliActor(options.by);
        const done = await takeBack(context, { batch, actor, reason: options.reason ?? null, mayApprove: true });
        say(`${done.items.length} keys are as they were`);
      }),
    );
}

function renderProposals(rows: readonly WorkProposal[]): string {
  if (rows.length === 0) return 'There are no proposals.';
  return table(
    ['id', 'cycle', 'state', 'keys', 'gross', 'proposed by', 'decided by', 'why'].map((head) => ({ head })),
    rows.map((row) => [
      row.id,
      row.cycle,
      row.state,
      String(row.items.length),
      row.totals.map((one) => `${one.currency ?? ''} ${amount(one.gross, one.currency)}`).join(' '),
      row.proposedBy,
      row.decidedBy ?? '–',
      row.why,
    ]),
  );
}
