import { Command, CommanderError } from 'commander';
import { AppError, exitCodeOf } from '../errors.js';
import { formats } from './output.js';
import { type AddCommands, type Host, openSession, tell } from './session.js';

/** A command tree of these commands. */
export function programOf(commands: readonly AddCommands[], hostOf: (program: Command) => Host): Command {
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
export async function runCommands(
  commands: readonly AddCommands[],
  args: readonly string[],
  variables: NodeJS.ProcessEnv,
): Promise<number> {
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
  const program = programOf(commands, (built) => ({
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
