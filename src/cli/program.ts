import path from 'node:path';
import { Command, CommanderError } from 'commander';
import { openSource, openStore, type OpenStore, readConfig, runContext, finishRunHere, runCycleToEnd } from '../app.js';
import type { LoadedConfig } from '../config.js';
import { type Env, readEnv } from '../config/env.js';
import { AppError, exitCodeOf } from '../errors.js';
import { createLogger, type Logger } from '../log.js';
import { parseCycleId } from '../model/ids.js';
import { describeProblem, type Problem } from '../model/problem.js';
import { sides } from '../model/side.js';
import { writeDemo } from '../demo/generate.js';
import type { ProgressEvent } from '../run/context.js';
import { findRun, latestFinishedRun, listRuns, type StoredRun } from '../store/runs.js';
import { listProblems } from '../store/summary.js';
import { findMismatches, findPairs, listMismatches, listPairs, mismatchesOfPair, pairUuid } from '../store/views.js';
import { mappingCoverage } from '../store/coverage.js';
import { type Format, writeRows } from './output.js';
import { renderDiff, renderMismatch } from './render/diff.js';
import { amount, delta } from './render/money.js';
import { mismatchRow, pairRow } from './render/public-rows.js';
import { renderSummary } from './render/summary.js';
import { table } from './render/table.js';

type Globals = { readonly config: string; readonly output: Format };
type Session = { readonly env: Env; readonly log: Logger; readonly signal: AbortSignal; readonly globals: Globals };

const say = (text: string) => void process.stdout.write(`${text}\n`);
const tell = (text: string) => void process.stderr.write(`${text}\n`);

/** Runs the command line; answers the exit code (docs: 0 done, 2 usage, 3 config, 4 incomplete, 5 dependency, 6 not allowed, 7 conflict, 70 our bug). */
export async function runProgram(args: readonly string[], variables: NodeJS.ProcessEnv): Promise<number> {
  const stop = new AbortController();
  const onSignal = () => stop.abort(new AppError('interrupted'));
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader of a pipe may leave early, as `head` does; that is no failure of ours.
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  let code = 0;
  const program = build(variables, stop.signal, (exit) => {
    code = exit;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    return explainFailure(error);
  } finally {
    process.removeListener('SIGINT', onSignal);
    process.removeListener('SIGTERM', onSignal);
  }
}

function explainFailure(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof AppError) {
    tell(`${error.message}\n${error.next}`);
    return exitCodeOf(error);
  }
  tell(`shadowbill made a mistake: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return exitCodeOf(error);
}

function build(variables: NodeJS.ProcessEnv, signal: AbortSignal, setExit: (code: number) => void): Command {
  const program = new Command('shadowbill')
    .description('Proves that Solvimon bills the same as the old system before customers move')
    .exitOverride();
  program
    .option('-c, --config <file>', 'configuration file', 'shadowbill.yml')
    .option('-o, --output <format>', 'table, json, jsonl or csv', 'table');
  const session = (): Session => {
    const result = readEnv(variables);
    if (!result.ok) throw new AppError('config_invalid', { detail: result.problems.join('; ') });
    const globals = program.opts<Globals>();
    if (!['table', 'json', 'jsonl', 'csv'].includes(globals.output))
      throw new CommanderError(2, 'shadowbill.output', `--output ${globals.output} is not known`);
    return {
      env: result.env,
      log: createLogger({
        level: variables['LOG_LEVEL'] === undefined ? 'warn' : result.env.logLevel,
        component: 'cli',
      }),
      signal,
      globals,
    };
  };
  const command = (parent: Command, name: string, description: string) =>
    parent.command(name).description(description).exitOverride();

  command(program, 'run', 'collect, compare and explain one cycle')
    .argument('<cycle>', 'for example 2026-10')
    .option('--fail-on <what>', 'exit 1 when there is a mismatch or something unexplained: mismatch, unexplained')
    .action(async (cycle: string, options: { failOn?: string }) =>
      setExit(await run(session(), cycle, options.failOn)),
    );
  const runs = command(program, 'runs', 'runs of the past');
  command(runs, 'list', 'newest first')
    .option('--limit <n>', 'how many', '20')
    .action(async (options: { limit: string }) => {
      await withConfiguredStore(session(), async (store, { globals }) => {
        const found = await listRuns(store.db, { limit: Number(options.limit) });
        await writeRows(
          globals.output,
          found.map((one) => ({
            schemaVersion: 1,
            id: one.id,
            cycle: one.cycle,
            state: one.state,
            isComplete: one.isComplete,
            createdAt: one.createdAt,
            finishedAt: one.finishedAt,
            resultHash: one.resultHash,
          })),
          (rows) =>
            table(
              [
                { head: 'run' },
                { head: 'cycle' },
                { head: 'state' },
                { head: 'complete' },
                { head: 'begun' },
                { head: 'finished' },
              ],
              rows.map((row) => [
                row.id,
                row.cycle,
                row.state,
                row.isComplete === null ? '–' : row.isComplete ? 'yes' : 'no',
                row.createdAt,
                row.finishedAt ?? '–',
              ]),
            ),
        );
      });
    });
  command(runs, 'show', 'the summary of a run and every problem of its input')
    .argument('[run]')
    .action(async (id: string | undefined) => {
      await withConfiguredStore(session(), async (store, { globals }) => {
        const found = await chosenRun(store, id);
        const problems = await listProblems(store.db, found, 1000);
        if (globals.output !== 'table')
          return say(
            JSON.stringify({
              schemaVersion: 1,
              id: found.id,
              cycle: found.cycle,
              state: found.state,
              isComplete: found.isComplete,
              incompleteBecause: found.incompleteBecause,
              resultHash: found.resultHash,
              summary: found.summary,
              problems,
            }),
          );
        say(found.summary === null ? `run ${found.id}  cycle ${found.cycle}  ${found.state}` : renderSummary(found));
        for (const one of problems)
          say(`${one.side} ${one.documentId ?? ''} ${describeProblem(one.problem as Problem)}`);
      });
    });
  command(runs, 'resume', 'continue an interrupted run')
    .argument('<run>')
    .action(async (id: string) => {
      await withConfiguredStore(session(), async (store, current) => {
        const found = await chosenRun(store, id);
        const finished = found.state === 'finished' ? found : await resume(current, store, found);
        say(renderSummary(finished));
        setExit(finished.isComplete === false ? 4 : 0);
      });
    });

  const mismatch = command(program, 'mismatch', 'differences and their causes');
  command(mismatch, 'list', 'largest first')
    .option('--cycle <cycle>', 'cycle; the newest finished run of it')
    .option('--run <run>')
    .option('--cause <cause>', 'a cause or a group, e.g. price')
    .option('--state <state>')
    .option('--customer <customer>')
    .option('--currency <code>')
    .option('--level <level>')
    .option('--limit <n>')
    .action(async (options: Record<string, string | undefined>) => {
      await withConfiguredStore(session(), async (store, { globals }) => {
        const found = await chosenRun(store, options['run'], options['cycle']);
        const limit =
          options['limit'] === undefined ? (globals.output === 'table' ? 100 : undefined) : Number(options['limit']);
        const views = listMismatches(store.db, found, {
          cause: options['cause'],
          state: options['state'],
          customer: options['customer'],
          currency: options['currency'],
          level: options['level'],
          limit,
        });
        await writeRows(globals.output, mapAsync(views, mismatchRow), (rows) =>
          rows.length === 0
            ? 'No mismatches in this filter.'
            : table(
                [
                  { head: 'id' },
                  { head: 'customer' },
                  { head: 'legacy ↔ solvimon' },
                  { head: 'level' },
                  { head: 'legacy', isAmount: true },
                  { head: 'solvimon', isAmount: true },
                  { head: 'delta', isAmount: true },
                  { head: 'ccy' },
                  { head: 'cause' },
                  { head: 'confidence' },
                ],
                rows.map((row) => [
                  row.id,
                  row.customer ?? '–',
                  `${row.pair.legacy.join(' ') || '–'} ↔ ${row.pair.solvimon.join(' ') || '–'}`,
                  row.level,
                  amount(row.legacy, row.currency),
                  amount(row.solvimon, row.currency),
                  delta(row.delta, row.currency),
                  row.currency ?? '–',
                  row.cause,
                  row.confidence,
                ]),
              ),
        );
      });
    });
  command(mismatch, 'show', 'one mismatch with its working')
    .argument('<id>')
    .option('--cycle <cycle>')
    .option('--run <run>')
    .action(async (id: string, options: Record<string, string | undefined>) => {
      await withConfiguredStore(session(), async (store, { globals }) => {
        const found = await chosenRun(store, options['run'], options['cycle']);
        const views = await findMismatches(store.db, found, id);
        const [view] = views;
        if (view === undefined || views.length > 1)
          throw new AppError('mismatch_not_found', {
            detail: views.length > 1 ? `${id} is the beginning of several` : id,
          });
        say(
          globals.output === 'table'
            ? renderMismatch(view)
            : JSON.stringify({ ...mismatchRow(view), detail: view.detail }),
        );
      });
    });
  command(command(program, 'pair', 'pairs of invoices'), 'list', 'every document of both sides, in exactly one pair')
    .option('--cycle <cycle>')
    .option('--run <run>')
    .option('--state <state>')
    .option('--customer <customer>')
    .option('--currency <code>')
    .option('--limit <n>')
    .action(async (options: Record<string, string | undefined>) => {
      await withConfiguredStore(session(), async (store, { globals }) => {
        const found = await chosenRun(store, options['run'], options['cycle']);
        const limit =
          options['limit'] === undefined ? (globals.output === 'table' ? 100 : undefined) : Number(options['limit']);
        const views = listPairs(store.db, found, {
          state: options['state'],
          customer: options['customer'],
          currency: options['currency'],
          limit,
        });
        await writeRows(globals.output, mapAsync(views, pairRow), (rows) =>
          table(
            [
              { head: 'id' },
              { head: 'customer' },
              { head: 'state' },
              { head: 'legacy' },
              { head: 'solvimon' },
              { head: 'legacy', isAmount: true },
              { head: 'solvimon', isAmount: true },
              { head: 'delta', isAmount: true },
              { head: 'ccy' },
            ],
            rows.map((row) => [
              row.id,
              row.customer ?? '–',
              row.state,
              row.legacy.join(' ') || '–',
              row.solvimon.join(' ') || '–',
              amount(row.legacyGross, row.currency),
              amount(row.solvimonGross, row.currency),
              delta(row.delta, row.currency),
              row.currency ?? '–',
            ]),
          ),
        );
      });
    });
  command(
    command(program, 'invoice', 'one pair of invoices'),
    'diff',
    'both invoices side by side, with the proof that the differences add up',
  )
    .argument('<what>', 'pair id, document id or customer')
    .option('--cycle <cycle>')
    .option('--run <run>')
    .action(async (what: string, options: Record<string, string | undefined>) => {
      await withConfiguredStore(session(), async (store) => {
        const found = await chosenRun(store, options['run'], options['cycle']);
        const pairs = await findPairs(store.db, found, what, 20);
        if (pairs.length === 0)
          throw new AppError('mismatch_not_found', {
            detail: `${what} is no pair, document or customer of cycle ${found.cycle}`,
          });
        for (const pair of pairs) {
          const id = await pairUuid(store.db, found, pair.id);
          say(`${renderDiff(pair, id === undefined ? [] : await mismatchesOfPair(store.db, found, id))}\n`);
        }
      });
    });
  command(
    command(program, 'mapping', 'how ids of both systems are joined'),
    'check',
    'products by money and whether both sides know them',
  )
    .option('--cycle <cycle>')
    .option('--run <run>')
    .action(async (options: Record<string, string | undefined>) => {
      await withConfiguredStore(session(), async (store, { globals }) => {
        const found = await chosenRun(store, options['run'], options['cycle']);
        await writeRows(globals.output, await mappingCoverage(store.db, found), (rows) =>
          table(
            [
              { head: 'charge key' },
              { head: 'ccy' },
              { head: 'mapped' },
              { head: 'legacy lines', isAmount: true },
              { head: 'legacy net', isAmount: true },
              { head: 'solvimon lines', isAmount: true },
              { head: 'solvimon net', isAmount: true },
            ],
            rows.map((row) => [
              row.chargeKey,
              row.currency,
              row.isMapped ? 'yes' : 'no',
              String(row.legacyLines),
              amount(row.legacyNet, row.currency),
              String(row.solvimonLines),
              amount(row.solvimonNet, row.currency),
            ]),
          ),
        );
      });
    });
  const config = command(program, 'config', 'the configuration');
  command(config, 'check', 'every mistake at once, with line and column').action(() => {
    const { globals } = session();
    const loaded = readConfig(globals.config, new Date());
    say(`${globals.config} is good. ${loaded.values.length} values, hash ${loaded.hash.slice(0, 12)}`);
  });
  command(config, 'show', 'every value in force and where it comes from').action(() => {
    for (const value of readConfig(session().globals.config, new Date()).values)
      say(`${value.path} = ${value.value}  (${value.source})`);
  });
  command(program, 'doctor', 'whether everything a run needs is there').action(async () =>
    setExit(await doctor(session())),
  );
  command(program, 'demo', 'two cycles of a made-up business with known differences')
    .option('--dir <dir>', 'where to write it', '.data/demo')
    .action(async (options: { dir: string }) => setExit(await demo(session(), options.dir)));
  return program;
}

async function* mapAsync<In, Out>(items: AsyncIterable<In>, map: (item: In) => Out): AsyncIterable<Out> {
  for await (const item of items) yield map(item);
}

async function withStore<Result>(
  current: Session,
  dataDir: string,
  work: (store: OpenStore) => Promise<Result>,
): Promise<Result> {
  const store = await openStore(current.env, dataDir, current.log, 'shadowbill cli');
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function withConfiguredStore(
  current: Session,
  work: (store: OpenStore, current: Session, loaded: LoadedConfig) => Promise<void>,
): Promise<void> {
  const loaded = readConfig(current.globals.config, new Date());
  await withStore(current, path.resolve(loaded.baseDir, loaded.config.data_dir), (store) =>
    work(store, current, loaded),
  );
}

async function chosenRun(store: OpenStore, id: string | undefined, cycle?: string): Promise<StoredRun> {
  const found = id === undefined ? await latestFinishedRun(store.db, cycle) : await findRun(store.db, id);
  if (found === undefined)
    throw new AppError('run_not_found', {
      detail: id ?? (cycle === undefined ? 'no run has finished yet' : `no run of cycle ${cycle} has finished`),
    });
  return found;
}

async function run(current: Session, cycleText: string, failOn: string | undefined): Promise<number> {
  const cycle = parseCycleId(cycleText);
  if (cycle === undefined) throw new AppError('usage', { detail: `"${cycleText}" is no cycle. Write it as 2026-10` });
  const loaded = readConfig(current.globals.config, new Date());
  return withStore(current, path.resolve(loaded.baseDir, loaded.config.data_dir), async (store) => {
    const progress = progressOn(process.stderr);
    const finished = await runCycleToEnd(
      { ...current, store, baseDir: loaded.baseDir, progress },
      loaded,
      cycle,
      (begun, isResumed) =>
        tell(`run ${begun.id}  cycle ${cycle}  config ${loaded.hash.slice(0, 7)}${isResumed ? '  continuing' : ''}`),
    );
    if (current.globals.output === 'table') {
      say(renderSummary(finished));
      const problems = await listProblems(store.db, finished, 11);
      for (const one of problems.slice(0, 10)) say(`  ${one.side} ${describeProblem(one.problem as Problem)}`);
      if (problems.length > 10) say(`  and more: shadowbill runs show ${finished.id}`);
    } else
      say(
        JSON.stringify({
          schemaVersion: 1,
          id: finished.id,
          cycle,
          isComplete: finished.isComplete,
          incompleteBecause: finished.incompleteBecause,
          resultHash: finished.resultHash,
          summary: finished.summary,
        }),
      );
    if (finished.isComplete === false) return 4;
    const { causes } = finished.summary as { readonly causes: readonly { readonly cause: string }[] };
    return (failOn === 'mismatch' && causes.length > 0) ||
      (failOn === 'unexplained' && causes.some((one) => one.cause === 'unexplained'))
      ? 1
      : 0;
  });
}

async function resume(current: Session, store: OpenStore, found: StoredRun): Promise<StoredRun> {
  const options = { ...current, store, baseDir: process.cwd(), progress: progressOn(process.stderr) };
  return finishRunHere(options, runContext(options), found);
}

/** One line a step; on a terminal the line is written over. */
function progressOn(stream: NodeJS.WriteStream): (event: ProgressEvent) => void {
  let chunks = 0;
  let done = 0;
  return (event) => {
    if (event.step === 'pair') chunks = event.chunks;
    if (event.step === 'compare') done += 1;
    const text =
      event.step === 'collect'
        ? `collecting ${event.side}: ${event.documents} documents${event.isDone ? ', done' : ''}`
        : event.step === 'pair'
          ? `settled ${event.settledPairs} pairs by digest; ${event.residueCustomers} customers go to the engine`
          : event.step === 'compare'
            ? `comparing ${'█'.repeat(chunks === 0 ? 20 : Math.min(20, Math.ceil((done * 20) / chunks))).padEnd(20, '░')} ${done}/${chunks}`
            : 'done';
    if (stream.isTTY) stream.write(`\r\u001b[K${text}${event.step === 'summarise' ? '\n' : ''}`);
    else if (event.step !== 'compare' && !(event.step === 'collect' && !event.isDone)) stream.write(`${text}\n`);
  };
}

async function doctor(current: Session): Promise<number> {
  say(`ok       Node ${process.version}`);
  const loaded = readConfig(current.globals.config, new Date());
  say(`ok       ${current.globals.config} is good`);
  let bad = 0;
  await withStore(current, path.resolve(loaded.baseDir, loaded.config.data_dir), async (store) =>
    say(`ok       Postgres ${store.isEmbedded ? 'embedded' : 'at DATABASE_URL'}, schema up to date`),
  );
  for (const side of sides) {
    const source = await openSource(loaded.config, side, loaded.baseDir);
    const findings = await source.check({
      signal: current.signal,
      resume: null,
      acquire: async () => undefined,
      rateLimited: () => undefined,
      now: () => Date.now(),
      log: () => undefined,
    });
    for (const finding of findings) {
      if (finding.level === 'problem') bad += 1;
      say(`${finding.level.padEnd(8)} ${side}: ${finding.sentence}${finding.next === null ? '' : ` ${finding.next}`}`);
    }
    await source.close();
  }
  return bad === 0 ? 0 : 5;
}

async function demo(current: Session, dirText: string): Promise<number> {
  const dir = path.resolve(dirText);
  await writeDemo({ dir, seed: 2026 });
  const loaded = readConfig(path.join(dir, 'shadowbill.yml'), new Date());
  return withStore(current, path.resolve(loaded.baseDir, loaded.config.data_dir), async (store) => {
    for (const text of ['2026-09', '2026-10']) {
      const cycle = parseCycleId(text);
      if (cycle === undefined) continue;
      tell(`\ncycle ${cycle}`);
      const finished = await runCycleToEnd(
        { ...current, store, baseDir: dir, progress: progressOn(process.stderr) },
        loaded,
        cycle,
        () => undefined,
      );
      say(renderSummary(finished));
      say('\nLargest mismatches');
      const rows = [];
      for await (const view of listMismatches(store.db, finished, { limit: 12 })) rows.push(view);
      say(
        table(
          [
            { head: 'id' },
            { head: 'customer' },
            { head: 'legacy', isAmount: true },
            { head: 'solvimon', isAmount: true },
            { head: 'delta', isAmount: true },
            { head: 'ccy' },
            { head: 'cause' },
            { head: 'confidence' },
          ],
          rows.map((row) => [
            row.id,
            row.customer ?? '–',
            amount(row.legacy, row.currency),
            amount(row.solvimon, row.currency),
            delta(row.delta, row.currency),
            row.currency ?? '–',
            row.cause,
            row.confidence,
          ]),
        ),
      );
    }
    const shown = path.relative(process.cwd(), path.join(dir, 'shadowbill.yml'));
    say(
      `\nNext: read one proof with \`node dist/cli/main.js -c ${shown} invoice diff <customer>\`, mend the largest cause in Solvimon, and run the cycle again.`,
    );
    return 0;
  });
}
