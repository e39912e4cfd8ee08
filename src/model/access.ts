/** What a caller may be allowed to do. A token carries scopes; a person has those of their roles. */
export const scopes = ['read', 'work', 'approve', 'operate', 'audit', 'admin'] as const;
export type Scope = (typeof scopes)[number];

/** What people are, by their groups at the identity provider. */
export const roles = ['viewer', 'analyst', 'approver', 'operator', 'admin', 'auditor'] as const;
export type Role = (typeof roles)[number];

/**
 * read: see everything about billing. work: assign, comment, set a status, propose. approve: accept, sign, decide on
 * proposals of others. operate: start runs and evaluate cohorts; never accepts money. audit: read the audit log.
 * admin: tokens. Being an admin excepts nobody from needing a second person.
 */
export const scopesOfRole = {
  viewer: ['read'],
  analyst: ['read', 'work'],
  approver: ['read', 'work', 'approve'],
  operator: ['read', 'operate'],
  admin: ['read', 'work', 'approve', 'operate', 'audit', 'admin'],
  auditor: ['read', 'audit'],
} as const satisfies Record<Role, readonly Scope[]>;

/** The scopes of several roles together, in the order of `scopes`. */
export function scopesOf(held: readonly Role[]): readonly Scope[] {
  const all = new Set<Scope>(held.flatMap((role) => scopesOfRole[role]));
  return scopes.filter((scope) => all.has(scope));
}

export function parseScope(text: string): Scope | undefined {
  return scopes.find((scope) => scope === text);
}

/** Who does something, and by which door. `name` is trimmed and in lower case: one spelling per person. */
export type Actor = { readonly name: string; readonly via: 'api' | 'cli' | 'job' };

/** An actor from a name as it was given; undefined for a name that is empty. */
export function parseActor(name: string, via: Actor['via']): Actor | undefined {
  const trimmed = name.trim().toLowerCase();
  return trimmed === '' || trimmed.length > 200 ? undefined : { name: trimmed, via };
}
