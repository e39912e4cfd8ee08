import { hash, randomBytes } from 'node:crypto';
import type { Kysely } from 'kysely';
import { AppError } from '../errors.js';
import type { Actor, Scope } from '../model/access.js';
import { appendAudit } from '../store/audit.js';
import type { Database } from '../store/tables.js';
import { insertToken, listTokens, revokeTokenRow, type StoredToken, tokenByHash } from '../store/tokens.js';

type TokenContext = { readonly db: Kysely<Database>; now(): Date };

/** How every token begins, so that scanners for leaked secrets know it. */
export const tokenPrefix = 'shb_';
export const maxTokenDays = 366;

/**
 * Makes a token and gives it out once: only its sha256 is kept. It is long and random, so that a plain hash is enough.
 * Throws AppError `usage` for no scope, no name or a life that is too long.
 */
export async function createToken(
  context: TokenContext,
  input: { readonly name: string; readonly scopes: readonly Scope[]; readonly days: number; readonly actor: Actor },
): Promise<{ readonly id: string; readonly token: string; readonly expiresAt: string }> {
  const { name, scopes, days, actor } = input;
  if (name.trim() === '') throw new AppError('usage', { detail: 'a token needs a name' });
  if (scopes.length === 0) throw new AppError('usage', { detail: 'a token needs at least one scope' });
  if (!Number.isInteger(days) || days < 1 || days > maxTokenDays)
    throw new AppError('usage', { detail: `a token lives from 1 to ${maxTokenDays} days` });
  const now = context.now();
  const token = `${tokenPrefix}${randomBytes(32).toString('base64url')}`;
  const id = `T-${randomBytes(6).toString('hex')}`;
  const expiresAt = new Date(now.getTime() + days * 86_400_000).toISOString();
  await context.db.transaction().execute(async (trx) => {
    await insertToken(trx, {
      id,
      name: name.trim(),
      scopes,
      createdBy: actor.name,
      expiresAt,
      sha256: hashOf(token),
      now,
    });
    await appendAudit(trx, {
      actor,
      action: 'token.create',
      subject: `token ${id}`,
      cycle: null,
      detail: { name: name.trim(), scopes, expiresAt },
      now,
    });
  });
  return { id, token, expiresAt };
}

/** Ends a token. Throws AppError `not_found` when there is none that still holds. */
export async function revokeToken(
  context: TokenContext,
  input: { readonly id: string; readonly actor: Actor },
): Promise<void> {
  await context.db.transaction().execute(async (trx) => {
    if (!(await revokeTokenRow(trx, input.id, context.now())))
      throw new AppError('not_found', { detail: `no token ${input.id} that still holds` });
    const { actor, id } = input;
    await appendAudit(trx, {
      actor,
      action: 'token.revoke',
      subject: `token ${id}`,
      cycle: null,
      detail: {},
      now: context.now(),
    });
  });
}

/** The token of a request; undefined for one that is unknown, expired or revoked. */
export async function checkToken(context: TokenContext, token: string): Promise<StoredToken | undefined> {
  if (!token.startsWith(tokenPrefix) || token.length > 100) return undefined;
  const found = await tokenByHash(context.db, hashOf(token));
  if (found === undefined || found.revokedAt !== null) return undefined;
  return Date.parse(found.expiresAt) <= context.now().getTime() ? undefined : found;
}

export { listTokens };

function hashOf(token: string): string {
  return hash('sha256', token, 'hex');
}
