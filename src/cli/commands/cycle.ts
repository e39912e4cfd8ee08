import { readFileSync, writeFileSync } from 'node:fs';
import { workContext } from '../../app-api.js';
import { AppError } from '../../errors.js';
import type { Actor } from '../../model/access.js';
import { cycleOverview, cycleSummaries, type CycleSummary } from '../../run/cycle-overview.js';
import { packCycle } from '../../run/pack/pack-cycle.js';
import { verifyPack } from '../../run/pack/verify-pack.js';
import { prepareCycle, reopenCycle, reviewCycle, type SignoffStatus, signoffStatus } from '../../run/sign-cycle.js';
import type { WorkContext } from '../../run/work-context.js';
import { writeRows } from '../output.js';
import { cliActor } from '../actor.js';
import { amount } from '../render/money.js';
import { table } from '../render/table.js';
import { type AddCommands, type Host, say, type Session, subcommand, tell, withConfiguredStore } from '../session.js';
import { readCycle } from '../read-cycle.js';

type SignOptions = { readonly by: string; readonly as: string; readonly certify?: string; readonly hash?: string };

export const addCycleCommands: AddCommands = (program, host) => {
  const cycle = subcommand(program, 'cycle', 'where a cycle stands, and signing it');
  subcommand(cycle, 'status', 'every cycle, or one with its statement and signatures')
    .argument('[cycle]')
    .action(async (id: string | undefined) => {
      const current = host.session();
      await withWork(current, async (context) =>
        id === undefined
          ? writeRows(current.globals.output, await cycleSummaries(context), renderCycles)
          : showCycle(context, current, readCycle(id)),
      );
    });
  subcommand(cycle, 'sign', 'sign a cycle as its preparer, or as a reviewer of what somebody else prepared')
    .argument('<cycle>')
    .requiredOption('--by <name>', 'who signs; the preparer may not review')
    .requiredOption('--as <part>', 'preparer or reviewer')
    .option('--hash <hash>', 'result hash that you looked at; the newest one without it')
    .option('--certify <text>', 'the text you sign; the configured one without it')
    .action(async (id: string, options: SignOptions) =>
      withWork(host.session(), async (context) => say(signedText(id, await sign(context, readCycle(id), options)))),
    );
  subcommand(cycle, 'reopen', 'take a cycle back to work on it; its signatures no longer count')
    .argument('<cycle>')
    .requiredOption('--by <name>', 'who takes it back')
    .requiredOption('--reason <reason>', 'why')
    .action(async (id: string, options: { by: string; reason: string }) =>
      withWork(host.session(), async (context) => {
        const input = { cycle: readCycle(id), actor: cliActor(options.by), reason: options.reason };
        say(signedText(id, await reopenCycle(context, input)));
      }),
    );
  addPackCommands(cycle, host);
};

function addPackCommands(cycle: Parameters<typeof subcommand>[0], host: Host): void {
  subcommand(cycle, 'pack', 'write the sign-off pack: everything that was signed, with a manifest of hashes')
    .argument('<cycle>')
    .requiredOption('--to <file>', 'zip file to write')
    .requiredOption('--by <name>', 'who makes it')
    .action(async (id: string, options: { to: string; by: string }) => {
      const current = host.session();
      await withWork(current, async (context) => {
        const input = { cycle: readCycle(id), actor: cliActor(options.by), chromium: current.env.chromium };
        const pack = await packCycle(context, input);
        writeFileOrFail(options.to, pack.zip);
        for (const one of pack.leftOut) tell(`left out ${one}`);
        say(`${options.to}  manifest ${pack.manifestHash}`);
      });
    });
  subcommand(cycle, 'verify', 'check a sign-off pack against its manifest; needs no database')
    .argument('<file>')
    .option('--manifest <sha256>', 'hash of the manifest as it was kept elsewhere')
    .action((file: string, options: { manifest?: string }) => {
      const verdict = verifyPack(readFileOrFail(file), options.manifest ?? null);
      if (host.session().globals.output !== 'table') say(JSON.stringify({ schemaVersion: 1, ...verdict }));
      else if (verdict.isWhole)
        say(
          `${file} is whole: cycle ${verdict.manifest?.cycle ?? ''}, run ${verdict.manifest?.run ?? ''}, manifest ${verdict.manifestHash ?? ''}`,
        );
      else for (const fault of verdict.faults) say(`${file}: ${fault}`);
      if (!verdict.isWhole) host.setExit(1);
    });
}

async function withWork(current: Session, work: (context: WorkContext) => Promise<void>): Promise<void> {
  await withConfiguredStore(current, (store, loaded) => work(workContext(store, loaded, () => new Date())));
}

async function sign(context: WorkContext, cycle: string, options: SignOptions): Promise<SignoffStatus> {
  const actor: Actor = cliActor(options.by);
  const { certification } = await signoffStatus(context, cycle, actor.name);
  const { run } = await cycleOverview(context, cycle, actor.name);
  const resultHash = options.hash ?? run?.resultHash ?? '';
  const input = { cycle, actor, resultHash, certification: options.certify ?? certification };
  if (options.as === 'preparer') return prepareCycle(context, input);
  if (options.as === 'reviewer') return reviewCycle(context, input);
  throw new AppError('usage', { detail: `--as ${options.as} is not known; write preparer or reviewer` });
}

function signedText(cycle: string, status: SignoffStatus): string {
  const counting = status.signatures.filter((one) => one.counts).map((one) => `${one.person} (${one.part})`);
  return `cycle ${cycle} is ${status.state.state.replace('_', ' ')}${counting.length > 0 ? `; signed by ${counting.join(', ')}` : ''}`;
}

function renderCycles(rows: readonly CycleSummary[]): string {
  if (rows.length === 0) return 'No cycle was run yet.';
  return table(
    ['cycle', 'state', 'runs', 'newest run', 'run state', 'complete'].map((head) => ({ head })),
    rows.map((row) => [
      row.cycle,
      row.state.replace('_', ' '),
      String(row.runs),
      row.newestRun,
      row.newestRunState,
      row.isComplete === null ? '–' : row.isComplete ? 'yes' : 'no',
    ]),
  );
}

async function showCycle(context: WorkContext, current: Session, cycle: string): Promise<void> {
  const found = await cycleOverview(context, cycle, '');
  const { statement, signoff } = found;
  if (current.globals.output !== 'table') {
    const { cycle: summary, states, outside, readiness, byStatus, proposals } = found;
    const shown = {
      ...summary,
      states,
      statement,
      outside,
      readiness,
      byStatus,
      proposals,
      signatures: signoff.signatures,
    };
    return say(JSON.stringify({ schemaVersion: 1, ...shown }));
  }
  say(`cycle ${cycle}  ${found.cycle.state.replace('_', ' ')}  run ${found.cycle.run ?? 'none has finished'}`);
  for (const one of statement)
    say(
      table(
        [{ head: one.currency }, { head: 'mismatches', isAmount: true }, { head: 'amount', isAmount: true }],
        [
          ['legacy total', '', amount(one.legacy, one.currency)],
          ...one.steps.map((step) => [
            step.cause ?? step.kind.replace('_', ' '),
            String(step.mismatches),
            amount(step.amount, one.currency),
          ]),
          ['solvimon total', '', amount(one.solvimon, one.currency)],
          ['left over', '', one.difference === '0' ? '0 ✓' : `${one.difference} ✗ our bug`],
        ],
      ),
    );
  for (const one of signoff.signatures)
    say(`${one.signedAt}  ${one.person}  ${one.part}${one.counts ? '' : '  no longer counts'}`);
}

function writeFileOrFail(file: string, content: Uint8Array): void {
  try {
    writeFileSync(file, content);
  } catch (error) {
    throw new AppError('file_unreadable', { detail: file, cause: error });
  }
}

function readFileOrFail(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new AppError('file_unreadable', { detail: file, cause: error });
  }
}
