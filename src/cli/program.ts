import type { Command } from 'commander';
import { addAlertsCommands, addNotifyCommands } from './commands/alerts.js';
import { addBackupCommands } from './commands/backup.js';
import { addCausesCommands } from './commands/causes.js';
import { addCompareCommand } from './commands/compare.js';
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
import { programOf, runCommands } from './run-commands.js';
import type { AddCommands, Host } from './session.js';

/** Every command, in the order in which help shows them. */
const commands: readonly AddCommands[] = [
  addRunCommand,
  addCompareCommand,
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
  return programOf(commands, hostOf);
}

/** Runs the command line with every command; answers the exit code. */
export function runProgram(args: readonly string[], variables: NodeJS.ProcessEnv): Promise<number> {
  return runCommands(commands, args, variables);
}
