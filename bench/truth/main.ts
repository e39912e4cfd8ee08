import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runBigInvoices } from './big-invoice.js';
import { runCauses } from './causes.js';
import { runCycles } from './cycles.js';
import { runLines } from './lines.js';
import { demands, report, type Results } from './report.js';
import { runSharedKeys } from './shared-keys.js';
import { runSplits } from './splits.js';

/*
 * npm run bench:truth [-- --quick] [--seeds 1,2,3] [--out docs/TRUTH.md]
 * Generates the workloads W1-W5 with planted truth, judges them and their baselines, prints the report, and ends with 1
 * when a demand is not met.
 */

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '1,2,3' },
    out: { type: 'string' },
  },
});
const seeds = values.seeds.split(',').map(Number);
const size = values.quick
  ? { perCause: 30, customers: 100, perKind: 30, causes: 20, invoices: 2_000, lines: 2_000 }
  : { perCause: 60, customers: 500, perKind: 150, causes: 40, invoices: 100_000, lines: 10_000 };

const results: Results = {
  isQuick: values.quick,
  machine: `${os.cpus()[0]?.model ?? 'unknown'} (${os.cpus().length} cores), Node ${process.version}, ${os.platform()}`,
  date: new Date().toISOString().slice(0, 10),
  size,
  seeds: seeds.map((seed) => {
    process.stderr.write(`seed ${seed}\n`);
    return {
      seed,
      keys: runSharedKeys(seed, size.invoices),
      lines: runLines(seed, size.customers),
      splits: runSplits(seed, size.perKind),
      causes: runCauses(seed, size.perCause),
      cycles: runCycles(seed, size.causes),
    };
  }),
  big: runBigInvoices(1, size.lines),
};

const text = report(results);
if (values.out === undefined) process.stdout.write(text);
else {
  mkdirSync(path.dirname(values.out), { recursive: true });
  writeFileSync(values.out, text);
}
const missed = demands(results).filter((demand) => !demand.isMet);
for (const demand of missed) process.stderr.write(`not met: ${demand.text}: ${demand.measured}\n`);
process.exitCode = missed.length === 0 ? 0 : 1;
