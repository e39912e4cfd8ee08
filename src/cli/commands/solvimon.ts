import { randomUUID } from 'node:crypto';
import type { OpenStore } from '../../app.js';
import { openWrites, readSolvimonList, solvimonLists } from '../../app-solvimon.js';
import type { LoadedConfig } from '../../config.js';
import { AppError } from '../../errors.js';
import type { ShadowWrites } from '../../run/shadow-writes.js';
import { listHolds, listIncidents, type StoredHold, type StoredIncident } from '../../store/solvimon-records.js';
import { writeRows } from '../output.js';
import { table } from '../render/table.js';
import { type AddCommands, type Host, say, subcommand, withConfiguredStore } from '../session.js';

/** What may be asked of Solvimon besides reading, and what was. Everything that sends is off until the configuration says otherwise. */
export const addSolvimonCommands: AddCommands = (program, host) => {
  const solvimon = subcommand(program, 'solvimon', 'shadow invoices in Solvimon: holds, reprocesses, incidents');
  subcommand(solvimon, 'hold', 'put open and draft shadow invoices on hold; needs sources.solvimon.writes.hold')
    .argument('[customers...]', 'customers as the configuration names them; all when none is given')
    .action(async (customers: string[]) => hold(host, customers));
  subcommand(solvimon, 'reprocess', 'ask for an invoice to be computed again; needs sources.solvimon.writes.reprocess')
    .argument('<invoice>', 'its id, invo_…')
    .action(async (invoiceId: string) => reprocess(host, invoiceId));
  subcommand(solvimon, 'list', 'what the platform has, with ids and references: for writing mapping files')
    .argument('<what>', solvimonLists.join(', '))
    .action(async (what: string) => list(host, what));
  subcommand(solvimon, 'holds', 'holds that shadowbill set, oldest first').action(async () => {
    const current = host.session();
    await withConfiguredStore(current, async (store, loaded) =>
      writeRows(current.globals.output, await listHolds(store.db, accountOf(loaded)), renderHolds),
    );
  });
  subcommand(solvimon, 'incidents', 'shadow invoices that turned FINAL, newest first').action(async () => {
    const current = host.session();
    await withConfiguredStore(current, async (store, loaded) =>
      writeRows(current.globals.output, await listIncidents(store.db, accountOf(loaded)), renderIncidents),
    );
  });
};

async function list(host: Host, what: string): Promise<void> {
  const kind = solvimonLists.find((known) => known === what);
  if (kind === undefined)
    throw new AppError('usage', { detail: `${what} is no list; write one of ${solvimonLists.join(', ')}` });
  const current = host.session();
  await withConfiguredStore(current, async (store, loaded) => {
    const rows = readSolvimonList(loaded, kind, { store, log: current.log }, current.signal);
    await writeRows(current.globals.output, rows, drawList);
  });
}

/** A column for each field of the rows, in their order. */
function drawList(rows: readonly object[]): string {
  const [first] = rows;
  if (first === undefined) return 'Nothing there.';
  return table(
    Object.keys(first).map((head) => ({ head })),
    rows.map((row) => Object.values(row).map((value) => (value === null ? '' : String(value)))),
  );
}

async function hold(host: Host, customers: readonly string[]): Promise<void> {
  await withWrites(host, async (writes) => {
    const asker = { runId: `cli ${randomUUID()}`, step: 'hold' };
    const counts = await writes.hold(customers.length === 0 ? 'all' : customers, asker);
    say(`${counts.held} put on hold, ${counts.alreadyHeld} were on hold already.`);
    if (counts.tooLate.length === 0) return;
    say(`Too late for ${counts.tooLate.join(', ')}: no longer OPEN or DRAFT.`);
    host.setExit(1);
  });
}

async function reprocess(host: Host, invoiceId: string): Promise<void> {
  await withWrites(host, async (writes) => {
    const asker = { runId: `cli ${randomUUID()}`, step: 'reprocess' };
    say(`Asked for: ${await writes.reprocess({ kind: 'invoice', invoiceId }, asker)}.`);
  });
}

async function withWrites(host: Host, work: (writes: ShadowWrites) => Promise<void>): Promise<void> {
  const current = host.session();
  await withConfiguredStore(current, async (store: OpenStore, loaded) => {
    const writes = openWrites(loaded, { store, log: current.log }, current.signal);
    try {
      await work(writes);
    } finally {
      await writes.close();
    }
  });
}

/** Under which account the store keeps what belongs to the configured platform. */
function accountOf(loaded: LoadedConfig): string {
  const id = loaded.config.sources.solvimon['platform_id'];
  return typeof id === 'string' ? id : '';
}

function renderHolds(rows: readonly StoredHold[]): string {
  if (rows.length === 0) return 'No holds of ours.';
  return table(
    [{ head: 'invoice' }, { head: 'asked for by' }, { head: 'set' }, { head: 'confirmed' }],
    rows.map((row) => [row.invoiceId, `${row.askedBy} ${row.step}`, row.intendedAt, row.confirmedAt ?? 'no']),
  );
}

function renderIncidents(rows: readonly StoredIncident[]): string {
  if (rows.length === 0) return 'No incidents.';
  return table(
    [
      { head: 'what' },
      { head: 'invoice' },
      { head: 'customer' },
      { head: 'first seen' },
      { head: 'seen', isAmount: true },
    ],
    rows.map((row) => [
      row.kind,
      row.invoiceId,
      row.customerRef ?? '?',
      `${row.firstSeenAt} by ${row.seenBy}`,
      String(row.sightings),
    ]),
  );
}
