import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../../errors.js';
import {
  type Exported,
  type ExportFormat,
  exportFormats,
  exportLines,
  exportMismatches,
  exportPairs,
  exportSubjects,
} from '../../run/export/export-cycle.js';
import type { StoredRun } from '../../store/runs.js';
import type { OpenStore } from '../../app.js';
import { type AddCommands, chosenRun, subcommand, tell, withConfiguredStore } from '../session.js';
import { readCycle } from '../read-cycle.js';

type ExportOptions = {
  readonly format: string;
  readonly to?: string;
  readonly run?: string;
  readonly cause?: string;
  readonly status?: string;
  readonly state?: string;
  readonly currency?: string;
  readonly customer?: string;
};

export const addExportCommand: AddCommands = (program, host) => {
  subcommand(program, 'export', 'write a cycle’s mismatches, pairs or lines to a file')
    .argument('<what>', exportSubjects.join(', '))
    .argument('<cycle>')
    .option('-f, --format <format>', exportFormats.join(', '), 'csv')
    .option('--to <file>', 'file to write; standard output without it')
    .option('--run <run>', 'this run instead of the newest one of the cycle')
    .option('--cause <causes>', 'causes or groups of causes, with commas between them')
    .option('--status <statuses>', 'statuses, with commas between them')
    .option('--state <states>', 'states of the pair, with commas between them')
    .option('--currency <codes>', 'currencies, with commas between them')
    .option('--customer <customer>')
    .action(async (what: string, cycle: string, options: ExportOptions) => {
      const subject = exportSubjects.find((known) => known === what);
      const format = exportFormats.find((known) => known === options.format);
      if (subject === undefined || format === undefined)
        throw new AppError('usage', {
          detail: `write one of ${exportSubjects.join(', ')} and --format ${exportFormats.join(', ')}`,
        });
      const id = readCycle(cycle);
      await withConfiguredStore(host.session(), async (store) => {
        const run = await chosenRun(store, { cycle: id, run: options.run });
        await write(await exported(store, subject, run, format, options), options.to);
      });
    });
};

const listOf = (text: string | undefined) => text?.split(',').filter((part) => part !== '');

function exported(
  { db }: OpenStore,
  subject: (typeof exportSubjects)[number],
  run: StoredRun,
  format: ExportFormat,
  options: ExportOptions,
): Promise<Exported> {
  const shared = { state: listOf(options.state), currency: listOf(options.currency), customer: options.customer };
  switch (subject) {
    case 'mismatches': {
      const selection = { ...shared, cause: listOf(options.cause), status: listOf(options.status) };
      return exportMismatches(db, { run, format, selection, sort: { by: 'abs', isDescending: true } });
    }
    case 'pairs':
      return exportPairs(db, { run, format, selection: shared });
    case 'lines':
      return exportLines(db, { run, format });
  }
}

async function write({ content }: Exported, file: string | undefined): Promise<void> {
  if (file === undefined) return pipeline(content, process.stdout, { end: false });
  try {
    await pipeline(content, createWriteStream(file));
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError('file_unreadable', { detail: file, cause: error });
  }
  tell(`wrote ${file}`);
}
