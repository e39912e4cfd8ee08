import type { DecisionKind } from '../../model/cohort.js';
import { loadPolicy } from '../../config/policy-file.js';
import path from 'node:path';
import { AppError } from '../../errors.js';
import { adoptPolicy } from '../../run/adopt-policy.js';
import { foundCohort, personName } from '../../run/cohort-members.js';
import { evaluateCohort } from '../../run/evaluate-cohort.js';
import { evaluateCohorts } from '../../run/evaluate-cohorts.js';
import { listEvaluations } from '../../store/evaluations.js';
import { insertEpoch } from '../../store/policies.js';
import { withConfidence } from '../cohort-session.js';
import { writeRows } from '../output.js';
import { evaluationRow, historyRow } from '../render/gate-rows.js';
import { renderEvaluation, renderEvaluations, renderHistory } from '../render/gates.js';
import { type AddCommands, countOption, say, subcommand, tell } from '../session.js';
import { readCycle } from '../read-cycle.js';

/** With --exit-code a scheduler can tell the recommendations apart without reading any output. */
const exitOf: Readonly<Record<DecisionKind, number>> = { EXPAND: 0, HOLD: 10, FIX_FORWARD: 11, ROLLBACK: 12 };

/** What each gate asks, for `gate explain`. */
const explanations: Readonly<Record<string, string>> = {
  DATA_NOT_TRUSTED:
    'The data is stale, incomplete, ambiguous or could not be read. Nothing is concluded from it, in either direction, unless a named person confirmed harm on a live cohort.',
  SEVERE:
    'Harm that acts at once, without waiting for significance: over-billing, a wide cause, missing invoices, wrong tax, duplicates.',
  CATASTROPHIC:
    'Harm so large that, once sent and while the way back is open, the answer is to go back first and ask then.',
  UNEXPLAINED_VARIANCE: 'More money differs without a proven cause than the clearly trivial share allows.',
  OPEN_VIOLATION: 'A census maximum is exceeded. Every pair was compared, so this is a fact and not an estimate.',
  CYCLES: 'Enough closed billing cycles were observed.',
  CLEAN_CYCLES:
    'Enough closed cycles in a row had every row final, no maximum exceeded and no severe trigger. One more after a rollback.',
  SAMPLE: 'Enough customers drawn at random have matured.',
  COUNT_EVIDENCE:
    'We stake 1. Each clean customer grows the stake, each bad one shrinks it. If the true rate were at the tolerance or worse, no betting scheme can be expected to grow; reaching 20 would happen at most 1 time in 20, no matter how often you look.',
  VALUE_EVIDENCE:
    'The same test on money: over-billed value against the value seen, large customers reviewed one by one.',
  STRATA: 'Every kind of customer that goes live next has its own evidence, at three times the step’s tolerance.',
  COVERAGE: 'The pairwise combinations of features that the whole base shows were seen in this cohort.',
  BLAST_RADIUS: 'The share of the monthly revenue that is live after the step stays under the limit.',
  AGREEMENT: 'The same recommendation on enough nights in a row.',
  BOUNDARY: 'The look stands at the end of a cycle in which every row is final.',
};

export const addGateCommands: AddCommands = (program, host) => {
  const gate = subcommand(program, 'gate', 'whether a cohort may grow');
  subcommand(gate, 'evaluate', 'look at a cohort, or at all, and write the look down')
    .argument('[cohort]')
    .option('--cycle <cycle>', 'look no further than this cycle')
    .option('--exit-code', '0 EXPAND, 10 HOLD, 11 FIX-FORWARD, 12 ROLLBACK (the most careful of several)')
    .action(async (id: string | undefined, options: { cycle?: string; exitCode?: boolean }) => {
      const current = host.session();
      const cycle = options.cycle === undefined ? undefined : readCycle(options.cycle);
      await withConfidence(current, async (context) => {
        const looks =
          id === undefined
            ? await evaluateCohorts(context, { cycle })
            : [await evaluateCohort(context, { cohortId: id, cycle })];
        const { output } = current.globals;
        const [only] = looks;
        if (output === 'table')
          say(id !== undefined && only !== undefined ? renderEvaluation(only) : renderEvaluations(looks));
        else if (output === 'json' && id !== undefined && only !== undefined) say(JSON.stringify(evaluationRow(only)));
        else await writeRows(output, looks.map(evaluationRow), () => '');
        if (options.exitCode === true)
          host.setExit(Math.max(0, ...looks.map(({ decision }) => exitOf[decision.decision])));
      });
    });
  subcommand(gate, 'history', 'every look at a cohort, newest first')
    .argument('<cohort>')
    .option('--limit <n>', 'how many', '30')
    .action(async (id: string, options: { limit: string }) => {
      const current = host.session();
      await withConfidence(current, async (context) => {
        const cohort = await foundCohort(context, id);
        const limit = countOption('--limit', options.limit) ?? 30;
        const rows = await listEvaluations(context.db, { cohortId: cohort.id, limit });
        await writeRows(current.globals.output, rows.map(historyRow), renderHistory);
      });
    });
  subcommand(gate, 'explain', 'what a gate asks')
    .argument('[gate]')
    .action((name: string | undefined) => {
      const wanted = name?.toUpperCase().replaceAll('-', '_');
      const rows = Object.entries(explanations).filter(([id]) => wanted === undefined || id === wanted);
      if (rows.length === 0)
        throw new AppError('usage', {
          detail: `there is no gate ${name ?? ''}. Write one of ${Object.keys(explanations).join(', ')}`,
        });
      for (const [id, text] of rows) say(`${id}\n  ${text}`);
    });
  subcommand(gate, 'lint', 'check the policy file').action(async () =>
    withConfidence(host.session(), async ({ roster, policy }, { config, baseDir }) => {
      const population = new Set((roster?.entries ?? []).map(({ customer }) => customer)).size;
      // Every rung is a part of the roster, so a claim that needs more customers than it has can never be proven.
      const reach = new Map(population === 0 ? [] : policy.ladder.map((step) => [step, population] as const));
      const { warnings } = loadPolicy(config.policy === undefined ? null : path.resolve(baseDir, config.policy), reach);
      for (const { path: where, message } of warnings) tell(`${where}  ${message}`);
      say(config.policy === undefined ? 'No policy file: the defaults hold.' : `${config.policy} is fine.`);
    }),
  );
  subcommand(gate, 'adopt', 'put a changed policy in force; a weaker one needs two people and restarts the evidence')
    .requiredOption('--by <names...>', 'who adopts it')
    .action(async (options: { by: string[] }) =>
      withConfidence(host.session(), async (context) => {
        const people = options.by.map(personName);
        const { isNew, weakened, stored } = await adoptPolicy(context.db, {
          policy: context.policy,
          people,
          now: context.now(),
        });
        for (const { path: where, before, after } of weakened)
          tell(`weaker: ${where} ${JSON.stringify(before)} → ${JSON.stringify(after)}`);
        say(
          isNew
            ? `policy ${stored.hash} is in force${stored.restartsEvidence ? '; the evidence starts again' : ''}`
            : 'this policy is in force already',
        );
      }),
    );
  subcommand(gate, 'epoch', 'note a fix or a change in a billing system: strict evidence starts again with a cycle')
    .requiredOption('--from <cycle>', 'first cycle that is billed with it')
    .requiredOption('--reason <reason>', 'what changed')
    .requiredOption('--by <name>', 'who notes it')
    .option('--cohort <cohort>', 'only this cohort')
    .action(async (options: { from: string; reason: string; by: string; cohort?: string }) =>
      withConfidence(host.session(), async (context) => {
        const cohortId = options.cohort === undefined ? null : (await foundCohort(context, options.cohort)).id;
        await insertEpoch(context.db, {
          cohortId,
          kind: 'fix',
          startsWith: readCycle(options.from),
          reason: options.reason,
          by: personName(options.by),
          now: context.now(),
        });
        say(`a new epoch begins with cycle ${options.from}`);
      }),
    );
};
