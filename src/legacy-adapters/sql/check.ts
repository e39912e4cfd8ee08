import { AppError, type ErrorCode } from '../../errors.js';
import { cyclePeriod, dateInZone, instantOfMs, msOfInstant } from '../../model/period.js';
import type { CycleId } from '../../model/ids.js';
import type { CheckFinding, PullContext } from '../../model/source.js';
import { beginReading, type Reading, statementsOf } from './records.js';
import type { AsOf, Session } from './session.js';
import type { SqlPlan } from './shape.js';

/** A clock that is off by more makes "the cycle has ended" mean two things. */
const mostSkewMs = 60_000;
const mostLagMs = 300_000;

const topics: Partial<Record<ErrorCode, string>> = {
  source_unauthorised: 'credentials',
  source_unreachable: 'reachability',
  timeout: 'reachability',
  config_invalid: 'queries',
};

/**
 * Looks at everything a pull depends on, with the queries of the cycle before this one, and says what is wrong in plain
 * words. Trouble with the database is a finding too; only broken promises are thrown.
 */
export async function checkSql(
  plan: SqlPlan,
  open: (context: PullContext) => Promise<Session>,
  context: PullContext,
): Promise<readonly CheckFinding[]> {
  const findings: CheckFinding[] = [];
  let session: Session | undefined;
  try {
    session = await open(context);
    findings.push(ok('reachability', `${session.server} answers, and the credentials are accepted.`));
    if (session.versionProblem !== null)
      findings.push(
        warning(
          'version',
          session.versionProblem,
          'Read from a newer server, or try it and hold the totals against your own.',
        ),
      );
    findings.push(channelFinding(session, plan));
    const asOf = await session.asOf();
    findings.push(clockFinding(asOf, context), ageFinding(asOf));
    const reading = await beginReading(session, plan, periodBefore(plan, context), 0, context);
    findings.push(ok('permissions', 'Both queries run, and their columns are what they should be.'));
    findings.push(await roleFinding(reading), ...(await completenessFindings(reading)));
  } catch (error) {
    findings.push(troubleFinding(error, session !== undefined));
  } finally {
    await session?.close();
  }
  return findings;
}

const ok = (topic: string, sentence: string): CheckFinding => ({ level: 'ok', topic, sentence, next: null });
const warning = (topic: string, sentence: string, next: string): CheckFinding => ({
  level: 'warning',
  topic,
  sentence,
  next,
});
const trouble = (topic: string, sentence: string, next: string): CheckFinding => ({
  level: 'problem',
  topic,
  sentence,
  next,
});

function periodBefore(plan: SqlPlan, context: PullContext) {
  const { timezone } = plan.read.rows;
  const today = dateInZone(instantOfMs(context.now()), timezone);
  return cyclePeriod(today.slice(0, 7) as CycleId, timezone);
}

function channelFinding({ channel }: Session, plan: SqlPlan): CheckFinding {
  const option = plan.system === 'mysql' ? 'ssl=true' : 'sslmode=verify-full';
  const next = `Put ?${option} behind the address of the database.`;
  switch (channel) {
    case 'verified':
      return ok('encryption', 'The connection is encrypted, and the certificate of the server was checked.');
    case 'local':
      return ok('encryption', 'The connection does not leave this machine.');
    case 'unverified':
      return warning(
        'encryption',
        'The connection is encrypted, but nobody checked whose certificate it is: another machine could stand in between.',
        next,
      );
    case 'open':
      return warning(
        'encryption',
        'The connection is not encrypted: whoever is on the way can read the invoices, and change them.',
        next,
      );
  }
}

function clockFinding(asOf: AsOf, context: PullContext): CheckFinding {
  const skewMs = msOfInstant(asOf.serverTime) - context.now();
  if (Math.abs(skewMs) <= mostSkewMs) return ok('clock', 'The clock of the database agrees with ours.');
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  return warning(
    'clock',
    `The clock of the database is ${seconds} seconds ${skewMs > 0 ? 'ahead of' : 'behind'} ours.`,
    'Set both by the same time server: the end of a cycle is judged by it.',
  );
}

function ageFinding(asOf: AsOf): CheckFinding {
  if (asOf.unknownBecause !== null)
    return trouble(
      'completeness',
      `How far the replica lags is not known: ${asOf.unknownBecause}.`,
      'Mend the replication or grant that, or read from the primary.',
    );
  if (!asOf.isReplica) return ok('environment', 'This is a primary: what it shows is current.');
  const lagMs = msOfInstant(asOf.serverTime) - msOfInstant(asOf.at);
  const sentence = `This is a replica that shows the data as of ${asOf.at}, ${Math.round(lagMs / 1000)} seconds behind.`;
  return lagMs <= mostLagMs
    ? ok('environment', sentence)
    : warning(
        'completeness',
        sentence,
        'Wait until it has caught up: a cycle whose end it has not replayed is incomplete.',
      );
}

async function roleFinding(reading: Reading): Promise<CheckFinding> {
  const found = await reading.session.writable(statementsOf(reading));
  if (found.tables.length === 0) return ok('writable', 'The role can read what it needs and change none of it.');
  const sentence = `The role could change ${found.tables.join(', ')}: ${found.why}.`;
  const next = `Use a role that can only read:\n${found.statements.join('\n')}`;
  return reading.plan.allowWritableRole ? warning('writable', sentence, next) : trouble('writable', sentence, next);
}

async function completenessFindings(reading: Reading): Promise<readonly CheckFinding[]> {
  const { plan, columns, session } = reading;
  const names = columns.documents.map(({ name }) => name);
  const outside = await session.outsideSnapshot([plan.documents, plan.lines]);
  return [
    names.includes('line_count') || names.includes('document_gross')
      ? ok('completeness', 'Each document says how many lines, or how much money, it has.')
      : warning(
          'completeness',
          'The documents query selects neither line_count nor document_gross, so a document whose lines are missing in part looks whole.',
          'Select one of them.',
        ),
    ...outside.map((table) =>
      warning(
        'completeness',
        `${table} has no transactions, so it may change while it is read.`,
        'Convert it to InnoDB, or read a copy.',
      ),
    ),
    ...plan.gaps.map((gap) => warning('completeness', gap, 'See docs/sql-sources.md.')),
  ];
}

function troubleFinding(error: unknown, isConnected: boolean): CheckFinding {
  if (!(error instanceof AppError)) throw error;
  const topic =
    error.code === 'source_unauthorised' && isConnected ? 'permissions' : (topics[error.code] ?? error.code);
  return trouble(topic, error.message.endsWith('.') ? error.message : `${error.message}.`, error.next);
}
