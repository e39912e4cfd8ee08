import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startEmbeddedPostgres } from '../../src/store/embedded-postgres.js';
import { contenders, type Server } from './contenders.js';
import { generate, type Truth } from './generate.js';
import type { Measured } from './measure.js';
import { renderPage, renderReport, type Series } from './report.js';

/*
 * npm run bench [-- --quick | --sizes 20000,200000 --rounds 3 --only shadowbill,duckdb | --page docs/BENCHMARK.md]. Contenders take turns inside a
 * round, so that a slow minute of the machine hits them alike; medians over the rounds. A contender that names other
 * customers than the planted ones has no figure.
 */

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    sizes: { type: 'string' },
    rounds: { type: 'string' },
    only: { type: 'string' },
    seed: { type: 'string', default: '1' },
    dir: { type: 'string', default: path.join(os.tmpdir(), 'shadowbill-bench-data') },
    out: { type: 'string' },
    page: { type: 'string' },
    /** A sentence about the circumstances, for the page. */
    note: { type: 'string' },
  },
});

const sizes = (values.sizes ?? (values.quick ? '2000' : '20000,200000,1000000')).split(',').map(Number);
const rounds = Number(values.rounds ?? (values.quick ? '1' : '3'));
const only = values.only?.split(',');
const chosen = contenders.filter((one) => only === undefined || only.some((name) => one.name.startsWith(name)));
const seed = Number(values.seed);
/** A wrong answer of one of these fails the benchmark; one of a peer only loses its figure. */
const ours: ReadonlySet<string> = new Set(['shadowbill', 'compare only']);

async function dataOf(customers: number): Promise<{ readonly dir: string; readonly truth: Truth }> {
  const dir = path.join(values.dir, `${customers}-${seed}`);
  const truthFile = path.join(dir, 'truth.json');
  if (existsSync(truthFile)) return { dir, truth: JSON.parse(readFileSync(truthFile, 'utf8')) as Truth };
  process.stderr.write(`making ${customers} customers\n`);
  return { dir, truth: await generate({ dir, customers, seed, damageEvery: 100 }) };
}

function complaint(truth: Truth, damaged: ReadonlySet<string>): string | null {
  const missing = Object.keys(truth.damaged).filter((customer) => !damaged.has(customer));
  const invented = [...damaged].filter((customer) => truth.damaged[customer] === undefined);
  if (missing.length === 0 && invented.length === 0) return null;
  return `wrong: ${missing.length} planted customers not found (${missing.slice(0, 3).join(' ')}), ${invented.length} invented (${invented.slice(0, 3).join(' ')})`;
}

async function runSize(customers: number, server: Server): Promise<readonly Series[]> {
  const { dir, truth } = await dataOf(customers);
  const taking = chosen.filter((one) => customers <= one.mostCustomers);
  const series = new Map<string, { runs: Measured[]; complaint: string | null }>(
    taking.map((one) => [one.name, { runs: [], complaint: null }]),
  );
  for (let round = 1; round <= rounds; round += 1)
    for (const contender of taking) {
      const { measured, damaged } = await contender.run(dir, server);
      const own = series.get(contender.name);
      own?.runs.push(measured);
      if (own !== undefined && contender.isLimit !== true) own.complaint ??= complaint(truth, damaged);
      process.stderr.write(
        `${customers} round ${round} ${contender.name}: ${measured.wallS.toFixed(2)} s${own?.complaint === null ? '' : `  ${own?.complaint}`}\n`,
      );
    }
  return taking.map((one) => ({
    customers,
    name: one.name,
    what: one.what,
    runs: series.get(one.name)?.runs ?? [],
    complaint: series.get(one.name)?.complaint ?? null,
  }));
}

mkdirSync(values.dir, { recursive: true });
const server = await startEmbeddedPostgres({ dir: path.join(values.dir, 'postgres') });
try {
  const all: Series[] = [];
  for (const size of sizes) all.push(...(await runSize(size, server)));
  const { table, json } = renderReport(all, { seed, rounds, date: new Date().toISOString().slice(0, 10) });
  process.stdout.write(`${table}\n`);
  if (values.out !== undefined) {
    writeFileSync(`${values.out}.md`, `${table}\n`);
    writeFileSync(`${values.out}.json`, `${JSON.stringify(json, null, 2)}\n`);
  }
  if (values.page !== undefined)
    writeFileSync(values.page, renderPage(table, process.argv.slice(2), values.note ?? ''));
  if (all.some((one) => ours.has(one.name) && one.complaint !== null)) process.exitCode = 1;
} finally {
  await server.stop();
}
