import { createHash } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { canonicalJson } from '../../src/model/canonical-json.js';
import type { PairVerdict } from '../../src/model/verdict.js';
import { reconcileCustomer } from '../../src/reconcile/reconcile-customer.js';
import { runBigInvoices } from '../truth/big-invoice.js';
import { type Generated, rules, toCase } from '../truth/run-case.js';
import { type Workload, workloads } from './workloads.js';

/*
 * npm run bench:engine [-- --pairs 20000] [--seed 1] [--only planted] [--no-long] [--against DIR]
 * How many pairs that differ one thread judges and explains in a second, and how long one invoice of 10,000 lines takes.
 * Only the engine is measured: cases are made in chunks outside the clock, the first chunk warms up. The clock is the
 * CPU time of the process beside the wall, because a busy machine stretches the wall and not the CPU. The digest is of
 * every verdict in order. With --against the same cases are judged by the engine of another checkout of this project as
 * well, and the first verdict whose bytes differ ends the run with 1.
 */

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    long: { type: 'boolean', default: true },
    against: { type: 'string' },
  },
  allowNegative: true,
});
const chunkSize = 1_000;

type Measured = {
  readonly name: string;
  readonly text: string;
  readonly pairs: number;
  readonly findings: number;
  /** Median and best of the chunks. */
  readonly cpuMicroseconds: number;
  readonly bestMicroseconds: number;
  readonly wallMicroseconds: number;
  readonly heapMbAfterFirst: number;
  readonly heapMbAfterLast: number;
  readonly digest: string;
};

type Engine = (one: Generated) => readonly PairVerdict[];

/** The engine of another checkout, from its own sources, with its own preparation of the documents. */
async function engineOf(directory: string): Promise<Engine> {
  const load = async (file: string): Promise<unknown> => import(pathToFileURL(path.resolve(directory, file)).href);
  const other = (await load('bench/truth/run-case.ts')) as { readonly judge: Engine };
  return (one) => other.judge(one);
}

function measure(workload: Workload, seed: number, pairs: number, other: Engine | null): Measured {
  const digest = createHash('sha256');
  const [cpu, wall]: [number[], number[]] = [[], []];
  let [count, findings, heapFirst] = [0, 0, 0];
  for (let chunk = 0; count < pairs; chunk += 1) {
    const generated = workload.cases(seed * 100_000 + chunk, chunkSize);
    const cases = generated.map((one) => toCase(one));
    const [cpuBefore, wallBefore] = [process.cpuUsage(), process.hrtime.bigint()];
    const verdicts = cases.map((one) => reconcileCustomer(one, rules));
    const [used, passed] = [process.cpuUsage(cpuBefore), process.hrtime.bigint() - wallBefore];
    verdicts.forEach((one, index) => {
      const text = canonicalJson(one);
      digest.update(text);
      if (other !== null) sameBytes(text, canonicalJson(other(generated[index] as Generated)), workload.name);
    });
    if (chunk === 0) continue;
    const judged = verdicts.flat();
    cpu.push((used.user + used.system) / judged.length);
    wall.push(Number(passed / 1_000n) / judged.length);
    count += judged.length;
    findings += judged.reduce((sum, verdict) => sum + verdict.mismatches.length, 0);
    if (chunk === 1) heapFirst = heapMb();
  }
  return {
    name: workload.name,
    text: workload.text,
    pairs: count,
    findings,
    cpuMicroseconds: median(cpu),
    bestMicroseconds: Math.min(...cpu),
    wallMicroseconds: median(wall),
    heapMbAfterFirst: heapFirst,
    heapMbAfterLast: heapMb(),
    digest: digest.digest('hex').slice(0, 16),
  };
}

function sameBytes(ours: string, theirs: string, name: string): void {
  if (ours === theirs) return;
  let at = 0;
  while (ours[at] === theirs[at]) at += 1;
  const around = (text: string) => text.slice(Math.max(0, at - 200), at + 200);
  throw new Error(`${name}: the verdicts differ at byte ${at}\nhere:  ${around(ours)}\nthere: ${around(theirs)}`);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** Heap that is still held once garbage is collected, where Node was started with --expose-gc. */
function heapMb(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

const other = values.against === undefined ? null : await engineOf(values.against);
const measured = workloads
  .filter((workload) => values.only === undefined || workload.name === values.only)
  .map((workload) => measure(workload, Number(values.seed), Number(values.pairs), other));
const long = values.long ? runBigInvoices(Number(values.seed), 10_000) : [];
const machine = `${os.cpus()[0]?.model ?? 'unknown'} (${os.cpus().length} cores), Node ${process.version}, ${os.platform()}`;

const rows = measured.map((one) =>
  [
    one.name,
    one.text,
    one.pairs,
    one.findings,
    one.cpuMicroseconds.toFixed(1),
    one.bestMicroseconds.toFixed(1),
    Math.round(1e6 / one.cpuMicroseconds),
    Math.round(1e6 / one.wallMicroseconds),
    `${one.heapMbAfterFirst.toFixed(0)} → ${one.heapMbAfterLast.toFixed(0)}`,
    one.digest,
  ].join(' | '),
);
process.stdout.write(
  [
    `${new Date().toISOString().slice(0, 10)}, ${machine}, seed ${values.seed}`,
    '',
    '| workload | what differs | pairs | findings | CPU µs a pair: median | best | pairs a CPU second | pairs a second of wall | heap MB | digest |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row} |`),
    '',
    ...(long.length === 0
      ? []
      : ['| one invoice | lines a side | milliseconds | findings |', '| --- | --- | --- | --- |']),
    ...long.map((one) => `| ${one.name} | ${one.lines} | ${one.milliseconds} | ${one.findings} |`),
    '',
  ].join('\n'),
);
