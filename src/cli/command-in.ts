/** Options before the command that take a value. */
const valued: ReadonlySet<string> = new Set(['-c', '--config', '-o', '--output']);

/** The command that a command line names; `undefined` when there is none or the line is not plain enough to tell. */
export function commandIn(args: readonly string[]): string | undefined {
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? '';
    if (!word.startsWith('-')) return word;
    if (valued.has(word)) at += 1;
    else if (!/^--(config|output)=/.test(word)) return undefined;
  }
  return undefined;
}
