import { Worker } from 'node:worker_threads';
import { type FileFuzz, fileFuzzes } from './files.js';
import { laws, type Law } from './laws.js';
import { Chance } from './random.js';
import { recordLaws } from './records.js';

/*
 * `npm run test:fuzz -- [inputs] [seed]`: a million spoilt inputs over every parser, each judged by a law. The same seed gives
 * the same inputs. Ends with 1 when a law was broken or an input took longer than it may.
 */

const inputs = Number(process.argv[2] ?? '1000000');
const seed = Number(process.argv[3] ?? '20261124');
/** A law that is broken this often is not asked on. */
const mostFindings = 5;
/** More processor time than this for one input is a finding: it is a way to keep a worker busy. */
const mostMs = 2000;
/** Nothing at all for this long is a hang, which only another thread can see. */
const hangMs = 120_000;

const watched = new Int32Array(new SharedArrayBuffer(4));
const watcher = new Worker(
  `const { workerData } = require('node:worker_threads');
  let last = -1;
  setInterval(() => {
    const now = Atomics.load(workerData.watched, 0);
    if (now === last) { process.stderr.write('HANG: no input was finished in ${hangMs} ms\\n'); process.kill(process.pid, 'SIGKILL'); }
    last = now;
  }, ${hangMs});`,
  { eval: true, workerData: { watched } },
);
watcher.unref();

type Tally = { readonly name: string; inputs: number; totalMs: number; slowestMs: number; readonly findings: string[] };

const emptyTally = (name: string): Tally => ({ name, inputs: 0, totalMs: 0, slowestMs: 0, findings: [] });

/** Milliseconds of processor time since a reading of it: what other programs take of the machine does not count. */
function cpuMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

function note(tally: Tally, inputsDone: number, fault: string | null, ms: number): void {
  tally.inputs += inputsDone;
  tally.totalMs += ms;
  tally.slowestMs = Math.max(tally.slowestMs, ms / inputsDone);
  if (fault !== null) tally.findings.push(fault);
  else if (ms / inputsDone > mostMs) tally.findings.push(`input ${tally.inputs} took ${Math.round(ms)} ms`);
  Atomics.add(watched, 0, 1);
}

function fuzz(law: Law, count: number, chance: Chance): Tally {
  const tally = emptyTally(law.name);
  while (tally.inputs < count && tally.findings.length < mostFindings) {
    const began = process.cpuUsage();
    const fault = law.judge(chance);
    note(tally, 1, fault, cpuMs(began));
  }
  return tally;
}

async function fuzzFiles(file: FileFuzz, count: number, chance: Chance): Promise<Tally> {
  const tally = emptyTally(file.name);
  while (tally.inputs < count && tally.findings.length < mostFindings) {
    const began = process.cpuUsage();
    const { inputs: held, fault } = await file.next(chance);
    note(tally, held, fault, cpuMs(began));
  }
  return tally;
}

/** Of a million: rows of CSV and NDJSON come by the hundred, a workbook alone costs milliseconds. */
const fileShare: Readonly<Record<string, number>> = {
  'rows of CSV files': 0.04,
  'lines of NDJSON files': 0.04,
  'parts of XLSX files': 0.002,
  'invoices of saved pages': 0.02,
};

const all = [...laws, ...recordLaws];
const weights = all.reduce((sum, law) => sum + law.weight, 0);
const forFiles = Object.values(fileShare).reduce((sum, share) => sum + share, 0);
const began = performance.now();
const tallies: Tally[] = [];
for (const [index, law] of all.entries())
  tallies.push(fuzz(law, Math.ceil((inputs * (1 - forFiles) * law.weight) / weights), new Chance(seed + index)));
for (const [index, file] of fileFuzzes.entries())
  tallies.push(await fuzzFiles(file, Math.ceil(inputs * (fileShare[file.name] ?? 0)), new Chance(seed + 1000 + index)));

for (const tally of tallies)
  process.stdout.write(
    `${tally.name.padEnd(52)} ${String(tally.inputs).padStart(8)} inputs  slowest ${tally.slowestMs.toFixed(0).padStart(5)} ms  of ${(tally.totalMs / 1000).toFixed(1).padStart(6)} s  ${tally.findings.length} findings\n`,
  );
const total = tallies.reduce((sum, tally) => sum + tally.inputs, 0);
const findings = tallies.flatMap((tally) => tally.findings.map((one) => `${tally.name}: ${one}`));
process.stdout.write(
  `${total} inputs, seed ${seed}, ${((performance.now() - began) / 1000).toFixed(0)} s, ${findings.length} findings\n`,
);
for (const finding of findings) process.stdout.write(`\n${finding}\n`);
process.exitCode = findings.length === 0 && total >= inputs ? 0 : 1;
