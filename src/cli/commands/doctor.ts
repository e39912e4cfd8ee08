import path from 'node:path';
import { openSource, readConfig } from '../../app.js';
import type { LoadedConfig } from '../../config.js';
import { AppError } from '../../errors.js';
import { type Side, sides } from '../../model/side.js';
import type { CheckFinding } from '../../model/source.js';
import { type HistoryPower, historyPower } from '../../store/roles.js';
import { type AddCommands, type Session, say, subcommand, withStore } from '../session.js';

type Finding = CheckFinding & { readonly about: string };

export const addDoctorCommand: AddCommands = (program, host) => {
  subcommand(program, 'doctor', 'whether everything a run needs is there').action(async () =>
    host.setExit(await doctor(host.session())),
  );
};

/** Looks at everything, then answers 0, or 5 when something would stop a run. */
async function doctor(current: Session): Promise<number> {
  const loaded = readConfig(current.globals.config, new Date());
  const findings: Finding[] = [
    ok('node', `Node ${process.version}.`),
    ok('config', `${current.globals.config} is good.`),
    ...(await checkStore(current, loaded)),
  ];
  for (const side of sides) findings.push(...(await checkSide(current, loaded, side)));
  if (current.globals.output === 'table') for (const one of findings) say(render(one));
  else say(JSON.stringify({ schemaVersion: 1, findings }));
  return findings.some((one) => one.level === 'problem') ? 5 : 0;
}

const ok = (about: string, sentence: string): Finding => ({ about, level: 'ok', topic: about, sentence, next: null });

function render({ level, about, sentence, next }: Finding): string {
  return `${level.padEnd(8)} ${about}: ${sentence}${next === null ? '' : ` ${next}`}`;
}

async function checkStore(current: Session, loaded: LoadedConfig): Promise<readonly Finding[]> {
  return orProblem('postgres', () =>
    withStore(current, path.resolve(loaded.baseDir, loaded.config.data_dir), async (store) => {
      const { rows } = await store.pool.query<{ server_version: string }>('show server_version');
      const where = store.isEmbedded ? 'embedded' : 'at DATABASE_URL';
      const found = ok('postgres', `Postgres ${rows[0]?.server_version ?? ''} ${where}, schema up to date.`);
      return store.isEmbedded ? [found] : [found, accountFinding(await historyPower(store.db))];
    }),
  );
}

function accountFinding({ user, because }: HistoryPower): Finding {
  if (because === null) return ok('postgres', `The account ${user} can add to the audit log and change none of it.`);
  const why = { superuser: 'is a superuser', owner: 'owns the tables', granted: 'may change them' }[because];
  return {
    about: 'postgres',
    level: 'warning',
    topic: 'account',
    sentence: `The account ${user} ${why}, so it could rewrite the audit log and the signatures.`,
    next: 'Make one that cannot with `shadowbill database roles`, and put it into DATABASE_URL.',
  };
}

async function checkSide(current: Session, loaded: LoadedConfig, side: Side): Promise<readonly Finding[]> {
  return orProblem(side, async () => {
    const source = await openSource(loaded.config, side, loaded.baseDir);
    try {
      const found = await source.check({
        signal: current.signal,
        resume: null,
        acquire: async () => undefined,
        rateLimited: () => undefined,
        now: () => Date.now(),
        log: (event, data) => current.log.info(data, event),
      });
      return found.map((one) => ({ ...one, about: side }));
    } finally {
      await source.close();
    }
  });
}

/** What the outside throws is a finding too: the other checks still run. */
async function orProblem(about: string, check: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [{ about, level: 'problem', topic: error.code, sentence: error.message, next: error.next }];
  }
}
