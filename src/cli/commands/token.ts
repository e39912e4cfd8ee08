import { AppError } from '../../errors.js';
import { parseScope, type Scope, scopes } from '../../model/access.js';
import { createToken, listTokens, revokeToken } from '../../run/tokens.js';
import type { StoredToken } from '../../store/tokens.js';
import { writeRows } from '../output.js';
import { cliActor } from '../actor.js';
import { table } from '../render/table.js';
import { type AddCommands, countOption, say, subcommand, tell, withConfiguredStore } from '../session.js';

export const addTokenCommands: AddCommands = (program, host) => {
  const token = subcommand(program, 'token', 'tokens for programs that use the API');
  subcommand(token, 'create', 'make a token; it is shown this once')
    .requiredOption('--name <name>', 'what it is for')
    .requiredOption('--scopes <scopes>', `${scopes.join(', ')}, with commas between them`)
    .requiredOption('--by <name>', 'who makes it: what is done with it is done by them')
    .option('--days <n>', 'how long it holds', '90')
    .action(async (options: { name: string; scopes: string; by: string; days: string }) => {
      const current = host.session();
      await withConfiguredStore(current, async (store) => {
        const made = await createToken(
          { db: store.db, now: () => new Date() },
          {
            name: options.name,
            scopes: readScopes(options.scopes),
            days: countOption('--days', options.days) ?? 90,
            actor: cliActor(options.by),
          },
        );
        tell(`token ${made.id} holds until ${made.expiresAt}; keep it, it is not shown again`);
        say(current.globals.output === 'table' ? made.token : JSON.stringify({ schemaVersion: 1, ...made }));
      });
    });
  subcommand(token, 'list', 'tokens, newest first; never the tokens themselves').action(async () => {
    const current = host.session();
    await withConfiguredStore(current, async (store) =>
      writeRows(current.globals.output, await listTokens(store.db), renderTokens),
    );
  });
  subcommand(token, 'revoke', 'end a token')
    .argument('<id>')
    .requiredOption('--by <name>', 'who ends it')
    .action(async (id: string, options: { by: string }) =>
      withConfiguredStore(host.session(), async (store) => {
        await revokeToken({ db: store.db, now: () => new Date() }, { id, actor: cliActor(options.by) });
        say(`token ${id} is revoked`);
      }),
    );
};

function readScopes(text: string): readonly Scope[] {
  return text.split(',').map((part) => {
    const scope = parseScope(part.trim());
    if (scope === undefined)
      throw new AppError('usage', { detail: `--scopes ${part} is not known; write ${scopes.join(', ')}` });
    return scope;
  });
}

function renderTokens(rows: readonly StoredToken[]): string {
  if (rows.length === 0) return 'There are no tokens.';
  return table(
    ['id', 'name', 'scopes', 'made by', 'made', 'holds until', 'revoked'].map((head) => ({ head })),
    rows.map((row) => [
      row.id,
      row.name,
      row.scopes.join(' '),
      row.createdBy,
      row.createdAt,
      row.expiresAt,
      row.revokedAt ?? '–',
    ]),
  );
}
