import type { Kysely } from 'kysely';
import type { DecimalText } from '../model/money.js';
import type { Database } from '../store/tables.js';

/** What the use cases of work and sign-off get from outside. The clock is passed in so that tests own it. */
export type WorkContext = {
  readonly db: Kysely<Database>;
  now(): Date;
  /** Zone whose days acceptances expire by. */
  readonly zone: string;
  /** Most money one act may accept without a second person, by currency, major units. A currency that is not named: none. */
  readonly acceptLimits: ReadonlyMap<string, DecimalText>;
  /** Reviewers that a cycle needs after its preparer; at least one. */
  readonly reviewers: number;
  /** The text that is signed; null: our own. */
  readonly certification: string | null;
};
