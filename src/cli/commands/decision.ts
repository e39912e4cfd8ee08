import { AppError } from '../../errors.js';
import { type ApproverRole, approverRoles, type DecisionKind, decisionKinds } from '../../model/cohort.js';
import { approveDecision, stateOf } from '../../run/approve-decision.js';
import type { ConfidenceContext } from '../../run/confidence-context.js';
import { proposeDecision } from '../../run/propose-decision.js';
import { listProposals, type StoredProposal } from '../../store/decisions.js';
import { withConfidence } from '../cohort-session.js';
import { writeRows } from '../output.js';
import { table } from '../render/table.js';
import { type AddCommands, countOption, say, subcommand } from '../session.js';

type ProposeOptions = {
  readonly reason: string;
  readonly by: string;
  readonly effective?: string;
  readonly expires?: string;
};
type ApproveOptions = {
  readonly by: string;
  readonly role: string;
  readonly reject?: boolean;
  readonly comment?: string;
};

export const addDecisionCommands: AddCommands = (program, host) => {
  const decision = subcommand(program, 'decision', 'what people decided about cohorts');
  subcommand(decision, 'propose', 'propose a decision on a fresh look')
    .argument('<cohort>')
    .argument('<decision>', decisionKinds.join(', ').replace('_', '-'))
    .requiredOption('--reason <reason>', 'why')
    .requiredOption('--by <name>', 'who proposes; the same person may not approve')
    .option('--effective <date>', 'billing boundary on which it takes effect')
    .option('--expires <date>', 'end of the proposal; needed for less care than recommended')
    .action(async (cohortId: string, kind: string, options: ProposeOptions) => {
      const current = host.session();
      const wanted = readDecision(kind);
      await withConfidence(current, async (context) => {
        const { proposal, needed, evaluation } = await proposeDecision(context, {
          cohortId,
          decision: wanted,
          reason: options.reason,
          by: options.by,
          effectiveOn: options.effective,
          expiresOn: options.expires,
        });
        if (current.globals.output !== 'table') return say(JSON.stringify(decisionRow(context, proposal)));
        const roles = needed.roles.length === 0 ? '' : ` (${needed.roles.join(' and ')})`;
        say(
          [
            `proposal ${proposal.id}  cohort ${proposal.cohortId}  ${proposal.decision}, recommended ${proposal.recommendation} ${evaluation.decision.reason}${proposal.isOverride ? '  OVERRIDE' : ''}`,
            `effective ${proposal.effectiveOn}  customers affected ${proposal.affected.length}`,
            needed.approvals === 0
              ? 'in force: nothing changes, so nobody has to approve'
              : `needs ${needed.approvals} ${needed.approvals === 1 ? 'approval' : 'approvals'}${roles} by others than ${proposal.proposedBy}: shadowbill decision approve ${proposal.id} --by <name> --role <role>`,
          ].join('\n'),
        );
      });
    });
  subcommand(decision, 'approve', 'say yes, or with --reject no; never to one’s own proposal')
    .argument('<proposal>')
    .requiredOption('--by <name>', 'who decides')
    .requiredOption('--role <role>', approverRoles.join(', '))
    .option('--reject', 'say no')
    .option('--comment <text>')
    .action(async (proposalId: string, options: ApproveOptions) => {
      const current = host.session();
      const role = readRole(options.role);
      await withConfidence(current, async (context) => {
        const verdict = options.reject === true ? 'reject' : 'approve';
        const proposal = await approveDecision(context, {
          proposalId,
          approver: options.by,
          role,
          verdict,
          comment: options.comment,
        });
        const row = decisionRow(context, proposal);
        say(current.globals.output === 'table' ? `proposal ${proposal.id} is ${row.state}` : JSON.stringify(row));
      });
    });
  subcommand(decision, 'log', 'every proposal with what was said of it, newest first')
    .option('--cohort <cohort>')
    .option('--limit <n>', 'how many', '50')
    .action(async (options: { cohort?: string; limit: string }) => {
      const current = host.session();
      await withConfidence(current, async (context) => {
        const limit = countOption('--limit', options.limit) ?? 50;
        const filter = options.cohort === undefined ? { limit } : { limit, cohortId: options.cohort };
        const rows = (await listProposals(context.db, filter)).map((one) => decisionRow(context, one));
        await writeRows(current.globals.output, rows, renderLog);
      });
    });
};

/** FIX-FORWARD as people write it is FIX_FORWARD inside. */
function readDecision(text: string): DecisionKind {
  const known = decisionKinds.find((kind) => kind === text.toUpperCase().replace('-', '_'));
  if (known === undefined)
    throw new AppError('usage', { detail: `"${text}" is no decision. Write EXPAND, HOLD, FIX-FORWARD or ROLLBACK` });
  return known;
}

function readRole(text: string): ApproverRole {
  const known = approverRoles.find((role) => role === text);
  if (known === undefined)
    throw new AppError('usage', { detail: `--role ${text} is not known. Write ${approverRoles.join(', ')}` });
  return known;
}

function decisionRow(context: ConfidenceContext, one: StoredProposal) {
  return { schemaVersion: 1, ...one, state: stateOf(context, one) };
}

function renderLog(rows: readonly ReturnType<typeof decisionRow>[]): string {
  if (rows.length === 0) return 'Nothing was decided yet.';
  return table(
    [
      'id',
      'time',
      'cohort',
      'recommended',
      'decided',
      'state',
      'proposed by',
      'decided by',
      'effective',
      'reason',
      'inputs',
    ].map((head) => ({ head })),
    rows.map((row) => [
      row.id,
      row.proposedAt,
      row.cohortId,
      `${row.recommendation} ${row.evaluationReason}`,
      `${row.decision}${row.isOverride ? ' (override)' : ''}`,
      row.state,
      row.proposedBy,
      row.approvals.map(({ approver, role, verdict }) => `${approver} (${role}) ${verdict}`).join(', ') || '–',
      row.effectiveOn,
      row.reason,
      row.inputsHash.replace('sha256:', '').slice(0, 12),
    ]),
  );
}
