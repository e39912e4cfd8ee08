import type { Command } from 'commander';
import { sourceSchemas } from '../src/app.js';
import { buildProgram } from '../src/cli/program.js';
import { describeAll } from '../src/config/schema-walk.js';
import { configSchema } from '../src/config/schema.js';
import { type EnvEntry, envTable } from '../src/config/env.js';
import { type ErrorEntry, errorTable } from '../src/errors.js';

/*
 * The reference pages that are made from code. `npm run docs` writes them; test/docs.test.ts fails when a committed one
 * is not what the code says.
 */

const made = '<!-- Made by `npm run docs` from the code; changes here are lost. -->';

/** Every generated page by its path from the project's root. */
export function generatedDocs(): ReadonlyMap<string, string> {
  return new Map([
    ['docs/ERRORS.md', errorsPage()],
    ['docs/ENVIRONMENT.md', environmentPage()],
    ['docs/CLI.md', commandsPage()],
    ['docs/CONFIG.md', configPage()],
  ]);
}

const row = (...cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
const head = (...names: readonly string[]) => [row(...names), row(...names.map(() => '---'))];

function errorsPage(): string {
  const entries = Object.entries(errorTable) as [string, ErrorEntry][];
  const sentences = { never: 'no', later: 'later', after: 'after the time it names' } as const;
  return [
    '# Errors',
    made,
    'Every error that can reach you: what it means, whether doing the same again can help, the exit code, what to do next.',
    '',
    ...head('code', 'meaning', 'again?', 'exit', 'next'),
    ...entries.map(([code, entry]) =>
      row(`\`${code}\``, entry.sentence, sentences[entry.retry], String(entry.exitCode), entry.next),
    ),
    '',
  ].join('\n');
}

function environmentPage(): string {
  return [
    '# Environment variables',
    made,
    'Secrets come from variables or from files, never from `shadowbill.yml`. Where “file” is yes, `NAME_FILE` may name a file that holds the value.',
    '',
    ...head('variable', 'meaning', 'values', 'when not set', 'file'),
    ...(envTable as readonly EnvEntry[]).map((entry) =>
      row(
        `\`${entry.name}\``,
        entry.meaning,
        entry.values === null ? 'text' : entry.values.join(', '),
        entry.fallback,
        entry.hasFile ? 'yes' : 'no',
      ),
    ),
    '',
  ].join('\n');
}

function commandsPage(): string {
  const program = buildProgram(() => ({
    session: () => {
      throw new Error('the reference runs no command');
    },
    setExit: () => undefined,
  }));
  return [
    '# Commands',
    made,
    '`shadowbill [options] <command>`; data goes to standard output, progress and logs to standard error.',
    '',
    ...optionLines(program),
    '',
    ...leaves(program).flatMap(({ path, command }) => [
      `## \`${[path, ...command.registeredArguments.map((argument) => (argument.required ? `<${argument.name()}>` : `[${argument.name()}]`))].join(' ')}\``,
      '',
      `${command.description().slice(0, 1).toUpperCase()}${command.description().slice(1)}.`,
      '',
      ...command.registeredArguments
        .filter((argument) => argument.description !== '')
        .map((argument) => `- \`${argument.name()}\`: ${argument.description}`),
      ...optionLines(command),
      '',
    ]),
    '## Exit codes',
    '',
    ...head('code', 'meaning', 'try again?'),
    ...exitRows.map(([code, meaning, again]) => row(code, meaning, again)),
    '',
  ].join('\n');
}

const exitRows = [
  ['0', 'finished; there may be mismatches', ''],
  ['1', 'findings, only with `--fail-on`', 'no'],
  ['2', 'the command was not understood', 'no'],
  ['3', 'the configuration has mistakes', 'no'],
  ['4', 'incomplete: something could not be read, or is not ready', 'later'],
  ['5', 'something we depend on is down', 'yes'],
  ['6', 'not allowed', 'no'],
  ['7', 'conflict: a run in progress, a signed cycle, a stale version', 'no'],
  ['10, 11, 12', '`gate evaluate --exit-code`: HOLD, FIX-FORWARD, ROLLBACK; 0 is EXPAND', ''],
  ['70', 'our mistake; please report it', 'no'],
  ['130', 'interrupted; `runs resume` goes on', ''],
] as const;

function leaves(command: Command, path = 'shadowbill'): readonly { path: string; command: Command }[] {
  return command.commands.flatMap((child) => {
    const childPath = `${path} ${child.name()}`;
    return child.commands.length > 0 ? leaves(child, childPath) : [{ path: childPath, command: child }];
  });
}

function optionLines(command: Command): readonly string[] {
  return command.options.map((option) => {
    const fallback = typeof option.defaultValue === 'string' ? ` (default \`${option.defaultValue}\`)` : '';
    return `- \`${option.flags}\`${option.description === '' ? '' : `: ${option.description}`}${fallback}`;
  });
}

function configPage(): string {
  const { legacy, solvimon, usage } = sourceSchemas();
  const schema = configSchema({ legacy, solvimon, usage, today: '2026-01-01' });
  const rows = (described: ReturnType<typeof describeAll>) =>
    described.map((one) => row(`\`${one.path}\``, one.description, one.isRequired ? 'yes' : ''));
  const blocks = [
    ...Object.entries(legacy).map(([kind, one]) => ['sources.legacy', kind, one] as const),
    ...Object.entries(solvimon).map(([kind, one]) => ['sources.solvimon', kind, one] as const),
    ...Object.entries(usage.legacy).map(([kind, one]) => ['usage.legacy', kind, one] as const),
    ...Object.entries(usage.solvimon).map(([kind, one]) => ['usage.solvimon', kind, one] as const),
  ];
  return [
    '# Configuration',
    made,
    '`shadowbill.yml` is read strictly: a key we do not know is a mistake, and all mistakes are reported at once with line and column. Quote money.',
    '',
    ...head('key', 'meaning', 'required'),
    ...rows(describeAll(schema)),
    '',
    ...blocks.flatMap(([place, kind, block]) => [
      `## \`${place}\` with \`kind: ${kind}\``,
      '',
      ...head('key', 'meaning', 'required'),
      ...rows(describeAll(block)),
      '',
    ]),
  ].join('\n');
}
