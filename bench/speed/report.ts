import os from 'node:os';
import type { Measured } from './measure.js';

export type Series = {
  readonly customers: number;
  readonly name: string;
  readonly what: string;
  readonly runs: readonly Measured[];
  /** Why the figure does not count; null when the answer was right. */
  readonly complaint: string | null;
};

type Setting = { readonly seed: number; readonly rounds: number; readonly date: string };

/** The middle of the values; the lower one of two. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}

/** Slope of log wall over log customers between the smallest and the largest size; null with one size only. */
export function exponent(points: readonly { readonly customers: number; readonly wallS: number }[]): number | null {
  const sorted = [...points].sort((a, b) => a.customers - b.customers);
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined || first.customers === last.customers) return null;
  return Math.log(last.wallS / first.wallS) / Math.log(last.customers / first.customers);
}

/** The committed page: what was measured and how to measure it again, around the table. */
export function renderPage(table: string, args: readonly string[], note: string): string {
  return [
    '# Benchmark',
    '',
    'Written by the benchmark itself; do not edit. Again, on your machine:',
    '',
    '```',
    `npm run bench -- ${args.map((arg) => (/^[\w,./-]+$/.test(arg) ? arg : JSON.stringify(arg))).join(' ')}`,
    '```',
    '',
    'The workload is made from the seed: one invoice a customer and side, two to twelve lines, five currencies, one customer',
    'in a hundred damaged in one of eleven ways. Each contender reads the same two files and has to name exactly the damaged',
    'customers. On a machine that does other work compare only within a round, and trust CPU seconds more than wall seconds.',
    'What was done about the figures, and what did not help, stands in [decisions/0004](decisions/0004-fast-path.md).',
    '',
    ...(note === '' ? [] : [note, '']),
    table,
    '',
  ].join('\n');
}

/** The figures as a Markdown page and as data. */
export function renderReport(
  all: readonly Series[],
  setting: Setting,
): { readonly table: string; readonly json: unknown } {
  const rows = all.map((one) => {
    const of = (pick: (run: Measured) => number) => median(one.runs.map(pick));
    const ours = all.find((other) => other.name === 'shadowbill' && other.customers === one.customers);
    const wallS = of((run) => run.wallS);
    const oursS = ours === undefined ? Number.NaN : median(ours.runs.map((run) => run.wallS));
    return {
      customers: one.customers,
      name: one.name,
      complaint: one.complaint,
      wallS,
      minS: Math.min(...one.runs.map((run) => run.wallS)),
      maxS: Math.max(...one.runs.map((run) => run.wallS)),
      invoicesPerSecond: (2 * one.customers) / wallS,
      cpuS: of((run) => run.cpuS),
      serverCpuS: of((run) => run.serverCpuS),
      peakMb: of((run) => run.peakMb),
      serverPeakMb: of((run) => run.serverPeakMb),
      ratio: oursS / wallS,
    };
  });
  const names = [...new Set(all.map((one) => one.name))];
  const machine = `${os.cpus()[0]?.model ?? 'unknown'} × ${os.cpus().length}, ${Math.round(os.totalmem() / 2 ** 30)} GB, Node ${process.version}`;
  const exponents = names.map((name) => ({
    name,
    exponent: exponent(rows.filter((row) => row.name === name && row.complaint === null && row.customers >= 20_000)),
  }));
  const table = [
    `Machine: ${machine}. ${setting.date}, seed ${setting.seed}, ${setting.rounds} rounds, contenders taking turns; medians, wall with its range.`,
    `“ours ÷” is the wall of shadowbill over that of the row: below 1 we are faster. A wrong answer has no figure.`,
    '',
    '| customers a side | contender | wall s | range | invoices/s | ours ÷ | CPU s | server CPU s | peak MB | server peak MB |',
    '|---:|---|---:|---|---:|---:|---:|---:|---:|---:|',
    ...rows.map((row) =>
      row.complaint === null
        ? `| ${row.customers.toLocaleString('en')} | ${row.name} | ${row.wallS.toFixed(2)} | ${row.minS.toFixed(2)}–${row.maxS.toFixed(2)} | ${Math.round(row.invoicesPerSecond).toLocaleString('en')} | ${row.ratio.toFixed(2)} | ${row.cpuS.toFixed(1)} | ${row.serverCpuS.toFixed(1)} | ${row.peakMb.toFixed(0)} | ${row.serverPeakMb.toFixed(0)} |`
        : `| ${row.customers.toLocaleString('en')} | ${row.name} | ${row.complaint} | | | | | | | |`,
    ),
    '',
    ...names.map((name) => `- **${name}**: ${all.find((one) => one.name === name)?.what ?? ''}`),
    '',
    ...exponents
      .filter((one) => one.exponent !== null)
      .map((one) => `- exponent of wall over customers, ${one.name}: ${one.exponent?.toFixed(2)}`),
  ].join('\n');
  return { table, json: { machine, ...setting, rows, exponents } };
}
