import type { Kysely } from 'kysely';
import type { AlertKind, NewAlert, Severity } from '../../model/alert.js';
import type { Channel } from '../../notify/channel.js';
import type { Database } from '../../store/tables.js';

/** A channel with what goes to it. */
export type Route = {
  readonly channel: Channel;
  /** Kinds that go to it; null: every kind. */
  readonly kinds: ReadonlySet<AlertKind> | null;
  readonly least: Severity;
};

/** What the use cases of alerts get from outside. The clock is passed in so that tests own it. */
export type AlertContext = {
  readonly db: Kysely<Database>;
  now(): Date;
  readonly routes: readonly Route[];
  /** Zone of quiet hours and of calendar days. */
  readonly zone: string;
  /** Whether messages may carry keys of customers. */
  readonly includeNames: boolean;
  /** Address of the pages; null: messages carry no links. */
  readonly baseUrl: string | null;
  readonly signal: AbortSignal;
  log(event: string, data: Readonly<Record<string, unknown>>): void;
};

/** Looks for one kind of thing. Answers everything that holds now; what was told before is sorted out by its id. */
export type Watcher = (context: AlertContext) => Promise<readonly NewAlert[]>;
