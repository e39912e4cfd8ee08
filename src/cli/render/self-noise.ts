import type { CycleId } from '../../model/ids.js';
import type { Side } from '../../model/side.js';
import type { SelfNoiseReport } from '../../run/self-noise.js';
import { table } from './table.js';

/** What differed between two readings of one side, for people. Ends without a line break. */
export function renderSelfNoise(report: SelfNoiseReport, cycle: CycleId, side: Side): string {
  const lines = [`${side} read twice, cycle ${cycle}: ${documents(report.documentCount)} in both readings.`];
  for (const reason of report.incompleteBecause) lines.push(`Not whole: ${reason}`);
  if (report.unstable.length > 0)
    lines.push(
      table(
        [
          { head: 'field' },
          { head: 'documents', isAmount: true },
          { head: 'would be a mismatch' },
          { head: 'for example' },
        ],
        report.unstable.map((one) => [
          one.field,
          String(one.documentCount),
          one.isCompared ? 'yes' : 'no',
          one.examples.join(' '),
        ]),
      ),
    );
  lines.push(...told('only in the first reading', report.onlyFirst));
  lines.push(...told('only in the second reading', report.onlySecond));
  lines.push(...told('readable in one reading only, or with other problems', report.rejectedDifferently));
  lines.push(verdict(report));
  return lines.join('\n');
}

const documents = (count: number): string => `${count} ${count === 1 ? 'document' : 'documents'}`;

function told(what: string, { count, examples }: SelfNoiseReport['onlyFirst']): readonly string[] {
  return count === 0 ? [] : [`${documents(count)} ${what}: ${examples.join(' ')}`];
}

function verdict(report: SelfNoiseReport): string {
  if (report.isNoisy)
    return 'What differs from itself will also differ from the other system: find out why before comparing.';
  return report.unstable.length === 0
    ? 'Nothing differs from itself.'
    : 'Only fields that are not compared differ from themselves.';
}
