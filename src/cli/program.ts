import { Command, CommanderError } from 'commander';
import { AppError, exitCodeOf } from '../errors.js';
import { addAlertsCommands, addNotifyCommands } from './commands/alerts.js';
import { addBackupCommands } from './commands/backup.js';
import { addCausesCommands } from './commands/causes.js';
import { addCohortCommands } from './commands/cohort.js';
import { addConfigCommands } from './commands/config.js';
import { addDatabaseCommands } from './commands/database.js';
import { addDecisionCommands } from './commands/decision.js';
import { addDemoCommand } from './commands/demo.js';
import { addDoctorCommand } from './commands/doctor.js';
import { addGateCommands } from './commands/gate.js';
import { addGoliveCommands } from './commands/golive.js';
import { addInvoiceCommands } from './commands/invoice.js';
import { addKnownCommands } from './commands/known.js';
import { addMappingCommands } from './commands/mapping.js';
import { addMismatchCommands } from './commands/mismatch.js';
import { addPairCommands } from './commands/pair.js';
import { addRunCommand } from './commands/run.js';
import { addRunsCommands } from './commands/runs.js';
import { addSourceCommands } from './commands/source.js';
import { addSolvimonCommands } from './commands/solvimon.js';
import { addServeCommand } from './commands/serve.js';
import { addAuditCommands } from './commands/audit.js';
import { addCycleCommands } from './commands/cycle.js';
import { addExportCommand } from './commands/export.js';
import { addUsageCommands } from './commands/usage.js';
import { addTokenCommands } from './commands/token.js';
import { addWorkCommands } from './commands/work.js';
import { formats } from './output.js';
import { type AddCommands, type Host, openSession, tell } from './session.js';

/** Every command, in the order in which help shows them. */
const commands: readonly AddCommands[] = [
  addRunCommand,
  addRunsCommands,
  addCausesCommands,
  addMismatchCommands,
  addWorkCommands,
  addPairCommands,
  addInvoiceCommands,
  addKnownCommands,
  addMappingCommands,
  addCohortCommands,
  addGateCommands,
  addDecisionCommands,
  addGoliveCommands,
  addUsageCommands,
  addSolvimonCommands,
  addCycleCommands,
  addExportCommand,
  addAuditCommands,
  addAlertsCommands,
  addNotifyCommands,
  addTokenCommands,
  addServeCommand,
  addConfigCommands,
  addDoctorCommand,
  addDatabaseCommands,
  addBackupCommands,
  addSourceCommands,
  addDemoCommand,
];

/** The whole command tree, for running and for the generated reference. */
export function buildProgram(hostOf: (program: Command) => Host): Command {
  const program = new Command('shadowbill')
    .description('Proves that Solvimon bills the same as the old system before customers move')
    .option('-c, --config <file>', 'configuration file', 'shadowbill.yml')
    .option('-o, --output <format>', formats.join(', '), 'table')
    .exitOverride();
  const host = hostOf(program);
  for (const add of commands) add(program, host);
  return program;
}

/** Runs the command line; answers the exit code (0 done, 1 findings, 2 usage, 3 config, 4 incomplete, 5 dependency, 6 not allowed, 7 conflict, 70 our bug). */
export async function runProgram(args: readonly string[], variables: NodeJS.ProcessEnv): Promise<number> {
  const stop = new AbortController();
  const onSignal = () => stop.abort(new AppError('interrupted'));
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  const onPipe = (error: NodeJS.ErrnoException) => {
    // The reader of a pipe may leave early, as `head` does; that is no failure of ours.
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  };
  process.stdout.on('error', onPipe);
  let code = 0;
  const program = buildProgram((built) => ({
    session: () => openSession(built, variables, stop.signal),
    setExit: (exit) => {
      code = exit;
    },
  }));
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    return explainFailure(error);
  } finally {
    process.removeListener('SIGINT', onSignal);
    process.removeListener('SIGTERM', onSignal);
    process.stdout.removeListener('error', onPipe);
  }
}

function explainFailure(error: unknown): number {
  // Commander has already printed its own sentence, or the help that was asked for.
  if (error instanceof CommanderError) {
    if (error.code === 'shadowbill.output') tell(error.message);
    return error.exitCode === 0 ? 0 : 2;
  }
  if (error instanceof AppError) tell(`${error.message}\n${error.next}`);
  else tell(`shadowbill made a mistake: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return exitCodeOf(error);
}
