import type { Kysely } from 'kysely';
import type { AlertKind, DigestPart, NewAlert, Severity } from '../../model/alert.js';
import type { KnownDifference } from '../../model/known.js';
import type { DecimalText } from '../../model/money.js';
import type { Channel } from '../../notify/channel.js';
import type { Database } from '../../store/tables.js';
import type { QuietHours } from './quiet.js';

/** A channel with what goes to it. */
export type Route = {
  readonly channel: Channel;
  /** Kinds that go to it; null: every kind. */
  readonly kinds: ReadonlySet<AlertKind> | null;
  readonly least: Severity;
  /** Digests go to it only when they have some of these; null: always. */
  readonly onlyWith: readonly DigestPart[] | null;
};

/** What the use cases of alerts get from outside. The clock is passed in so that tests own it. */
export type AlertContext = {
  readonly db: Kysely<Database>;
  now(): Date;
  readonly routes: readonly Route[];
  /** Zone of quiet hours and of calendar days. */
  readonly zone: string;
  /** When mail and Slack wait, unless it is critical; null: never. */
  readonly quiet: QuietHours | null;
  /** Whether messages may carry keys of customers. */
  readonly includeNames: boolean;
  /** Known differences of the configuration, expired ones included; `expires` is the first day without. */
  readonly known: readonly Pick<KnownDifference, 'id' | 'owner' | 'expires'>[];
  /** By currency: unexplained differences above it are told one by one. Decimal text, major units. */
  readonly unexplainedAbove: Readonly<Record<string, DecimalText>>;
  /** Address of the pages; null: messages carry no links. */
  readonly baseUrl: string | null;
  readonly signal: AbortSignal;
  log(event: string, data: Readonly<Record<string, unknown>>): void;
};

/** Looks for one kind of thing. Answers everything that holds now; what was told before is sorted out by its id. */
export type Watcher = (context: AlertContext) => Promise<readonly NewAlert[]>;

const newsMs = 7 * 86_400_000;

/** What happened before this moment is no news: a first start on old tables tells nobody of last year. */
export function newsSince(context: Pick<AlertContext, 'now'>): Date {
  return new Date(context.now().getTime() - newsMs);
}
