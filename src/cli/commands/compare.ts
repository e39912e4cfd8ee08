import { compareFiles } from '../../app-compare.js';
import { readConfig } from '../../app-config.js';
import { AppError } from '../../errors.js';
import { describeProblem } from '../../model/problem.js';
import { sides } from '../../model/side.js';
import type { CustomerFinding, FileComparison } from '../../run/compare-files.js';
import { writeRows } from '../output.js';
import { readCycle } from '../read-cycle.js';
import { table } from '../render/table.js';
import { type AddCommands, type Session, subcommand, tell } from '../session.js';

/** More customers are not drawn as a table; jsonl and csv have them all. */
const mostDrawn = 1000;

export const addCompareCommand: AddCommands = (program, host) => {
  subcommand(program, 'compare', 'compare two file drops without a database: which customers do not agree')
    .argument('<cycle>', 'for example 2026-10')
    .option('--no-store', 'store nothing; needed, because `run` is what stores')
    .action(async (cycle: string, options: { store: boolean }) => {
      if (options.store)
        throw new AppError('usage', { detail: 'compare stores nothing: write --no-store, or use shadowbill run' });
      host.setExit(await compareCommand(host.session(), cycle));
    });
};

async function compareCommand(current: Session, cycle: string): Promise<number> {
  const now = new Date();
  const loaded = readConfig(current.globals.config, now);
  const found = await compareFiles(loaded, readCycle(cycle), now, current.signal);
  await writeRows(current.globals.output, found.findings, drawFindings);
  for (const line of wordsOf(found)) tell(line);
  if (!found.isComplete) return 4;
  return found.findings.length > 0 ? 1 : 0;
}

function drawFindings(findings: readonly CustomerFinding[]): string {
  if (findings.length === 0) return 'Every customer agrees.';
  const drawn = table(
    [
      { head: 'customer' },
      { head: 'finding' },
      { head: 'legacy documents', isAmount: true },
      { head: 'solvimon documents', isAmount: true },
    ],
    findings
      .slice(0, mostDrawn)
      .map((one) => [
        one.customer,
        one.finding.replaceAll('_', ' '),
        String(one.legacyDocuments),
        String(one.solvimonDocuments),
      ]),
  );
  const rest = findings.length - mostDrawn;
  return rest > 0 ? `${drawn}\nand ${rest} more: write -o jsonl or -o csv` : drawn;
}

/** How it went, for people: beside the rows, which may be for a program. */
function wordsOf(found: FileComparison): readonly string[] {
  const words = [
    `${found.settledCustomers} customers agree, ${found.findings.length} do not; shadowbill run says why and by how much.`,
  ];
  for (const side of sides) {
    const { documents, rejected, skipped, problems, problemCount, incompleteBecause } = found.sides[side];
    words.push(`${side}: ${documents} documents, ${rejected} could not be read, ${skipped} left out`);
    for (const reason of incompleteBecause) words.push(`  incomplete: ${reason}`);
    for (const one of problems) words.push(`  ${describeProblem(one)}`);
    if (problemCount > problems.length) words.push(`  and ${problemCount - problems.length} more problems`);
  }
  return words;
}
