import { AppError } from '../../errors.js';
import { type AuditEntry, listAudit, verifyAudit } from '../../store/audit.js';
import { writeRows } from '../output.js';
import { table } from '../render/table.js';
import { type AddCommands, countOption, say, subcommand, withConfiguredStore } from '../session.js';

type ListOptions = {
  readonly actor?: string;
  readonly action?: string;
  readonly cycle?: string;
  readonly limit: string;
};

export const addAuditCommands: AddCommands = (program, host) => {
  const audit = subcommand(program, 'audit', 'who did what');
  subcommand(audit, 'list', 'newest first')
    .option('--actor <name>')
    .option('--action <action>', 'e.g. work.accept or cycle.prepare')
    .option('--cycle <cycle>')
    .option('--limit <n>', 'how many', '50')
    .action(async (options: ListOptions) => {
      const current = host.session();
      await withConfiguredStore(current, async (store) => {
        const { actor, action, cycle } = options;
        const limit = countOption('--limit', options.limit) ?? 50;
        const rows = await listAudit(store.db, { actor, action, cycle, limit });
        await writeRows(current.globals.output, rows, renderAudit);
      });
    });
  subcommand(audit, 'verify', 'compute every hash of the log again; exit 1 when it is not as it was written')
    .option('--head <seq:hash>', 'an entry that was kept elsewhere and has to be in the log')
    .action(async (options: { head?: string }) => {
      const current = host.session();
      await withConfiguredStore(current, async (store) => {
        const verdict = await verifyAudit(store.db, readHead(options.head));
        if (current.globals.output !== 'table') say(JSON.stringify({ schemaVersion: 1, ...verdict }));
        else if (verdict.broken === null)
          say(`the log is whole: ${verdict.entries} entries, head ${verdict.head.seq}:${verdict.head.hash}`);
        else say(`entry ${verdict.broken.seq}: ${verdict.broken.because}`);
        if (!verdict.isWhole) host.setExit(1);
      });
    });
};

function readHead(text: string | undefined): { readonly seq: string; readonly hash: string } | undefined {
  if (text === undefined) return undefined;
  const [, seq, hash] = /^(\d{1,18}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (seq === undefined || hash === undefined)
    throw new AppError('usage', { detail: '--head is written as number:hash, as verify prints it' });
  return { seq, hash };
}

function renderAudit(rows: readonly AuditEntry[]): string {
  if (rows.length === 0) return 'Nothing was done yet.';
  return table(
    ['no', 'time', 'who', 'by', 'what', 'subject', 'cycle'].map((head) => ({ head })),
    rows.map((row) => [row.seq, row.at, row.actor, row.via, row.action, row.subject, row.cycle ?? '–']),
  );
}
