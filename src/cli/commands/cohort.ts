import { AppError } from '../../errors.js';
import {
  addMembers,
  completeCohort,
  createCohort,
  createConfigured,
  createFromRoster,
  foundCohort,
  growCohort,
  membersOfProposal,
  proposeNextCohort,
  removeMember,
} from '../../run/cohort-members.js';
import type { ConfidenceContext } from '../../run/confidence-context.js';
import { evaluateCohort } from '../../run/evaluate-cohort.js';
import { type Preview, previewExpansion } from '../../run/preview-expansion.js';
import type { CohortProposal } from '../../confidence/propose-cohort.js';
import { listCohorts, membersOf } from '../../store/cohorts.js';
import { withConfidence } from '../cohort-session.js';
import { writeRows } from '../output.js';
import { evaluationRow } from '../render/gate-rows.js';
import { renderCohorts, renderEvaluation, renderMembers, renderMoney, share } from '../render/gates.js';
import { table } from '../render/table.js';
import { type AddCommands, countOption, say, subcommand, tell } from '../session.js';

type CreateOptions = {
  readonly step?: string;
  readonly seed?: string;
  readonly customer?: readonly string[];
  readonly all?: boolean;
  readonly propose?: string;
  readonly by: string;
};

export const addCohortCommands: AddCommands = (program, host) => {
  const cohort = subcommand(program, 'cohort', 'groups of customers that move together');
  const by = '--by <name>';
  subcommand(cohort, 'list', 'every cohort with its stage and rung').action(async () => {
    const current = host.session();
    await withConfidence(current, async ({ db }) =>
      writeRows(
        current.globals.output,
        (await listCohorts(db)).map((one) => ({ schemaVersion: 1, ...one })),
        renderCohorts,
      ),
    );
  });
  subcommand(cohort, 'show', 'members, money and a look that is not written down')
    .argument('<cohort>')
    .action(async (id: string) => {
      const current = host.session();
      await withConfidence(current, async (context) => {
        const look = await evaluateCohort(context, { cohortId: id, isRehearsal: true });
        const members = await membersOf(context.db, id);
        if (current.globals.output !== 'table') return say(JSON.stringify({ ...evaluationRow(look), members }));
        say([renderEvaluation(look), '', renderMoney(look), '', renderMembers(members)].join('\n'));
      });
    });
  subcommand(cohort, 'create', 'freeze a list of members: by name, by the rules, or as configured')
    .argument('[cohort]', 'without a name: every cohort of the configuration, or of the roster’s column cohort')
    .option('--step <step>', 'rung of the policy whose gate is asked')
    .option('--customer <ids...>', 'members by name (convenience: they feed no bound)')
    .option('--all', 'everybody of the roster: a full cutover instead of a ladder')
    .option('--propose <seats>', 'as many seats by the rules: coverage core and a seeded random remainder')
    .option('--seed <seed>', 'seed of the draw')
    .requiredOption(by, 'who creates it')
    .action(async (id: string | undefined, options: CreateOptions) => {
      const current = host.session();
      await withConfidence(current, async (context) => {
        const made = id === undefined ? await createMany(context, options) : [await createOne(context, id, options)];
        await writeRows(
          current.globals.output,
          made.map((one) => ({ schemaVersion: 1, ...one })),
          renderCohorts,
        );
      });
    });
  subcommand(cohort, 'add', 'further members: by name (they feed no bound), or drawn by the rules')
    .argument('<cohort>')
    .argument('[customers...]')
    .option('--propose <seats>', 'as many seats by the rules, with the cohort’s own seed')
    .requiredOption(by, 'who adds them')
    .action(async (id: string, customers: string[], options: { by: string; propose?: string }) => {
      const seats = countOption('--propose', options.propose);
      if ((seats === undefined) === (customers.length === 0))
        throw new AppError('usage', { detail: 'name customers, or write --propose <seats>' });
      await withConfidence(host.session(), async (context) => {
        const added =
          seats === undefined
            ? await addMembers(context, { cohortId: id, customers, by: options.by })
            : await growCohort(context, { cohortId: id, seats, by: options.by });
        tell(`${added} added to ${id}`);
      });
    });
  subcommand(cohort, 'remove', 'take a member out; after a first look it goes on counting')
    .argument('<cohort>')
    .argument('<customer>')
    .requiredOption('--reason <reason>', 'why')
    .requiredOption(by, 'who takes it out')
    .action(async (id: string, customer: string, options: { reason: string; by: string }) =>
      withConfidence(host.session(), async (context) => {
        const how = await removeMember(context, { cohortId: id, customer, ...options });
        tell(how === 'left' ? `${customer} has left ${id} and still counts` : `${customer} was removed from ${id}`);
      }),
    );
  subcommand(cohort, 'stage', 'where a cohort stands; --complete closes a live one')
    .argument('<cohort>')
    .option('--complete', 'everybody is live and the way back is closed')
    .action(async (id: string, options: { complete?: boolean }) => {
      const current = host.session();
      await withConfidence(current, async (context) => {
        const one = options.complete === true ? await completeCohort(context, id) : await foundCohort(context, id);
        await writeRows(current.globals.output, [{ schemaVersion: 1, ...one }], renderCohorts);
      });
    });
  subcommand(cohort, 'propose', 'the next cohort by the rules; nothing is written')
    .argument('<seats>')
    .option('--max-revenue <share>', 'largest share of the monthly revenue', '0.05')
    .requiredOption('--seed <seed>', 'seed of the draw')
    .action(async (seats: string, options: { maxRevenue: string; seed: string }) => {
      const current = host.session();
      await withConfidence(current, async (context) => {
        const proposal = await proposeNextCohort(context, {
          seats: countOption('<seats>', seats) ?? 0,
          maxRevenueShare: readShare(options.maxRevenue),
          seed: options.seed,
        });
        say(current.globals.output === 'table' ? renderProposal(proposal) : JSON.stringify(toJson(proposal)));
      });
    });
  subcommand(cohort, 'preview', 'would these customers have passed?')
    .argument('[customers...]', 'customer ids')
    .option('--cohort <cohort>', 'the members of this cohort')
    .action(async (customers: string[], options: { cohort?: string }) => {
      const current = host.session();
      await withConfidence(current, async (context) => {
        const named =
          options.cohort === undefined
            ? []
            : (await membersOf(context.db, (await foundCohort(context, options.cohort)).id)).map((one) => one.customer);
        const preview = await previewExpansion(context, [...customers, ...named]);
        say(
          current.globals.output === 'table'
            ? renderPreview(preview)
            : JSON.stringify({ schemaVersion: 1, ...preview }),
        );
      });
    });
};

async function createMany(context: ConfidenceContext, options: CreateOptions) {
  if (context.cohorts.length > 0) return createConfigured(context, options.by);
  return createFromRoster(context, {
    selection: options.seed === undefined ? 'convenience' : 'random',
    seed: options.seed ?? null,
    steps: new Map(),
    by: options.by,
  });
}

async function createOne(context: ConfidenceContext, id: string, options: CreateOptions) {
  const step = options.step ?? null;
  const base = { id, step, by: options.by };
  if (options.propose !== undefined) {
    if (options.seed === undefined) throw new AppError('usage', { detail: '--propose needs --seed' });
    const rung = context.policy.steps[step ?? context.policy.ladder[0] ?? ''];
    const proposal = await proposeNextCohort(context, {
      seats: countOption('--propose', options.propose) ?? 0,
      maxRevenueShare: rung?.maxNextRevenueShare ?? 0,
      seed: options.seed,
    });
    return createCohort(context, {
      ...base,
      selection: 'proposed',
      seed: options.seed,
      frame: 'customers under the caps',
      members: membersOfProposal(proposal),
    });
  }
  const everybody = [...new Set((context.roster?.entries ?? []).map(({ customer }) => customer))];
  const chosen = options.all === true ? everybody : (options.customer ?? []);
  return createCohort(context, {
    ...base,
    selection: 'convenience',
    seed: null,
    frame: options.all === true ? 'everybody of the roster' : `${chosen.length} named customers`,
    members: chosen.map((customer) => ({ customer, part: 'convenience' as const })),
  });
}

function readShare(text: string): number {
  const value = /^\d(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
  if (value > 0 && value <= 1) return value;
  throw new AppError('usage', { detail: `--max-revenue ${text} is no share. Write e.g. 0.05` });
}

function renderProposal({ core, random, holdout, skipped, report }: CohortProposal): string {
  const reasons = new Map<string, number>();
  for (const { why } of skipped) reasons.set(why, (reasons.get(why) ?? 0) + 1);
  return [
    `core (census only)   ${core.length}: ${core.join(', ')}`,
    `random (feeds E, U)  ${random.length}: ${random.join(', ')}`,
    `holdout              ${holdout.length} stay on legacy to the very end`,
    `skipped              ${[...reasons].map(([why, count]) => `${count} ${why}`).join(', ') || 'nobody'}`,
    `revenue share        ${share(report.revenueShare)}`,
    `pairwise coverage    ${share(report.coverageBefore)} before, ${share(report.coverageAfter)} after`,
    ...report.uncovered
      .slice(0, 5)
      .map(({ combo, weight, who }) => `  nobody shows ${combo} (${weight} customers, e.g. ${who.join(', ')})`),
  ].join('\n');
}

function toJson(proposal: CohortProposal) {
  const { revenueMinor, ...report } = proposal.report;
  return { schemaVersion: 1, ...proposal, report: { ...report, revenueMinor: revenueMinor.toString() } };
}

function renderPreview(preview: Preview): string {
  const shown = preview.customers.filter(({ verdict }) => verdict !== 'would_pass');
  const head = `cycles ${preview.cycles.join(', ') || 'none'}: ${preview.wouldPass} would have passed, ${preview.wouldFail} would have failed, ${preview.notObserved} were not observed in ${preview.wanted} cycles`;
  if (shown.length === 0) return head;
  const rows = shown.map((one) => [
    one.customer,
    one.verdict,
    String(one.cleanCycles),
    one.failedIn ?? '–',
    one.fingerprints.join(', '),
  ]);
  return `${head}\n${table([{ head: 'customer' }, { head: 'verdict' }, { head: 'clean', isAmount: true }, { head: 'failed in' }, { head: 'fingerprints' }], rows)}`;
}
