import { AppError } from '../errors.js';
import { type Actor, parseActor } from '../model/access.js';

/** The person that --by names; throws a usage error for an empty name. */
export function cliActor(name: string): Actor {
  const actor = parseActor(name, 'cli');
  if (actor === undefined) throw new AppError('usage', { detail: '--by needs a name' });
  return actor;
}
