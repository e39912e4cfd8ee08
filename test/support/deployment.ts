import type { Command } from 'commander';
import { buildProgram } from '../../src/cli/program.js';

/** What is wrong with a command line of the program, as a sentence; null when the command, its options and the count of its arguments are known. */
export function commandLineFault(args: readonly string[]): string | null {
  const program = buildProgram(() => ({
    session: () => {
      throw new Error('a command line is only looked at here');
    },
    setExit: () => undefined,
  }));
  let command: Command = program;
  let rest = [...args];
  const taken: string[] = [];
  while (rest.length > 0) {
    const [word = ''] = rest;
    rest = rest.slice(1);
    const child = taken.length === 0 ? command.commands.find((one) => one.name() === word) : undefined;
    if (child !== undefined) command = child;
    else if (word.startsWith('-')) {
      const option = command.options.find((one) => one.long === word || one.short === word);
      if (option === undefined) return `${command.name()} has no option ${word}`;
      if (option.required) rest = rest.slice(1);
    } else taken.push(word);
  }
  if (command.commands.length > 0) return `${[command.name(), ...taken].join(' ')} is no command`;
  const least = command.registeredArguments.filter((one) => one.required).length;
  const most = command.registeredArguments.length;
  return taken.length < least || taken.length > most
    ? `${command.name()} takes ${least} to ${most} arguments and got ${taken.length}`
    : null;
}

/** The command line of the program in what a container is started with: a shell line that runs it, or plain arguments. */
export function programArgs(words: readonly string[]): readonly string[] {
  if (words[0] !== 'sh') return words;
  const line = words.at(-1) ?? '';
  const [, after = ''] = line.split(/--config \S+ /);
  return (after.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ''));
}
