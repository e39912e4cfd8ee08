#!/usr/bin/env node
import { commandIn } from './command-in.js';

/*
 * A nightly run needs a tenth of the program, and loading the rest of it costs seconds and a hundred megabytes. So these
 * commands are loaded alone; every other one, and every question for help, loads them all.
 */
const alone = {
  compare: async () => (await import('./commands/compare.js')).addCompareCommand,
  run: async () => (await import('./commands/run.js')).addRunCommand,
} as const;

async function main(args: readonly string[]): Promise<number> {
  const command = commandIn(args);
  if (command !== undefined && Object.hasOwn(alone, command)) {
    const { runCommands } = await import('./run-commands.js');
    return runCommands([await alone[command as keyof typeof alone]()], args, process.env);
  }
  const { runProgram } = await import('./program.js');
  return runProgram(args, process.env);
}

process.exitCode = await main(process.argv.slice(2));
