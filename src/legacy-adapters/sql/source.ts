import { readFileSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../../errors.js';
import type { Capabilities, PullContext, Source } from '../../model/source.js';
import { checkSql } from './check.js';
import { presets } from './presets/index.js';
import { pullSnapshot, readOne, translated } from './read.js';
import type { Connect, Session } from './session.js';
import { parametersOf, readOptions, type SqlConfig, type SqlPlan } from './shape.js';
import { readStatement, type SqlDialect, type Statement } from './statement.js';
import { translateRaw } from './to-document.js';

/**
 * A snapshot that is lost cannot be opened again, so a killed pull begins anew: `resumable` is false and no checkpoint is
 * given.
 */
export const sqlCapabilities: Capabilities = {
  snapshot: 'repeatable_read',
  linesInline: 'all',
  creditNotes: 'as_invoices',
  taxLevel: 'both',
  tiers: 'none',
  money: { unit: 'by_config', wire: 'text' },
  periodEnd: 'by_config',
  resumable: false,
  fetchOne: true,
};

/** SQLSTATEs of text that cannot be a value of its column's type: invalid text representation, numeric value out of range. */
const notOfItsType = new Set(['22P02', '22003']);

/** What is needed to open a source over a database. */
export type SqlInput = {
  readonly system: SqlDialect;
  readonly config: SqlConfig;
  readonly schema: string | null;
  readonly baseDir: string;
  readonly connect: Connect;
};

/** A Source over two queries. Throws AppError `config_invalid` when a query file is missing or is not one SELECT. */
export function openSqlSource(input: SqlInput): Source {
  const plan = planOf(input);
  const open = (context: PullContext) => openSession(input, plan, context);
  return {
    side: 'legacy',
    system: input.system,
    capabilities: sqlCapabilities,
    check: (context) => checkSql(plan, open, context),
    pull: async function* (scope, context) {
      const session = await open(context);
      try {
        yield* pullSnapshot(session, plan, scope, context);
      } finally {
        await session.close();
      }
    },
    fetchOne: async (id, context) => {
      const session = await open(context);
      try {
        const found = await readOne(session, plan, id, context);
        return found === undefined ? undefined : translated(found, plan);
      } catch (error) {
        // An id that is no number, or no UUID, is the id of nothing where ids are such.
        if (error instanceof AppError && notOfItsType.has(String(error.context['sqlState']))) return undefined;
        throw error;
      } finally {
        await session.close();
      }
    },
    translate: (raw) => translateRaw(raw, plan.read, plan.system),
    close: async () => undefined,
  };
}

function planOf(input: SqlInput): SqlPlan {
  const { config, system } = input;
  const problems: string[] = [];
  const statement = (query: 'documents' | 'lines'): Statement => {
    const { sql, shown } = sqlOf(query, input);
    const read = readStatement(sql, system, parametersOf(query, config.params));
    if (read.ok) return read.statement;
    problems.push(`${shown} ${read.problem}`);
    return { texts: [''], names: [], words: new Set() };
  };
  const [documents, lines] = [statement('documents'), statement('lines')];
  if (problems.length > 0) throw new AppError('config_invalid', { detail: problems.join('\n') });
  return {
    system,
    documents,
    lines,
    params: config.params,
    read: readOptions(config),
    pageSize: config.page_size,
    statementTimeoutMs: config.statement_timeout_s * 1000,
    lockTimeoutMs: config.lock_timeout_s * 1000,
    allowWritableRole: config.allow_writable_role,
    gaps: config.preset === undefined ? [] : presets[config.preset].gaps,
  };
}

function sqlOf(query: 'documents' | 'lines', { config, system, baseDir }: SqlInput) {
  if (config.preset !== undefined)
    return { sql: presets[config.preset][query](system), shown: `preset ${config.preset}` };
  const file = config[`${query}_file`];
  if (file === undefined) return { sql: config[query] ?? '', shown: `sources.legacy.${query}` };
  return { sql: readText(path.resolve(baseDir, file), `sources.legacy.${query}_file`), shown: file };
}

function readText(file: string, key: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new AppError('config_invalid', {
      detail: `${key} names ${file}, which could not be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`,
      cause: error,
    });
  }
}

function openSession(input: SqlInput, plan: SqlPlan, context: PullContext): Promise<Session> {
  return input.connect({
    url: addressOf(input.config, input.baseDir),
    statementTimeoutMs: plan.statementTimeoutMs,
    lockTimeoutMs: plan.lockTimeoutMs,
    schema: input.schema,
    signal: context.signal,
  });
}

/** The address, read when it is needed: whoever checks a configuration need not have the secret. */
function addressOf(config: SqlConfig, baseDir: string): string {
  if (config.url_file !== undefined)
    return readText(path.resolve(baseDir, config.url_file), 'sources.legacy.url_file').trim();
  const name = config.url_env ?? '';
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new AppError('config_invalid', {
      detail: `${name}, named by sources.legacy.url_env, is not set. It holds the address of the database, e.g. postgres://user:password@host:5432/billing`,
    });
  return value;
}
