import type { Instant } from '../../model/period.js';
import type { Part } from './bind.js';
import type { Statement } from './statement.js';

/**
 * What the text of a column means. `local`: a timestamp without zone; `float`: binary, so digits may be lost already;
 * `refused`: a type whose text depends on the server's locale or is no text at all.
 */
export type ColumnClass = 'text' | 'float' | 'local' | 'refused';

export type Column = { readonly name: string; readonly typeName: string; readonly class: ColumnClass };

/** A result as text, exactly as the server printed it; null is SQL's NULL. */
export type Rows = { readonly columns: readonly Column[]; readonly rows: readonly (readonly (string | null)[])[] };

/** How keys are put in order and compared with the last one of a page, so that every key is before or after every other. */
export type KeyOrder = { readonly expression: string; readonly literal: (value: string) => readonly Part[] };

/** The moment that the data shows. On a replica, that of the last change it has replayed. */
export type AsOf = {
  readonly at: Instant;
  readonly serverTime: Instant;
  readonly isReplica: boolean;
  /** Why the lag is not known, with the statement that would let us see it; null when it is known. */
  readonly unknownBecause: string | null;
};

export type WritableFinding = {
  /** Tables among those read that the role could change; empty when it cannot. */
  readonly tables: readonly string[];
  /** The role's own words for why: superuser, grant… */
  readonly why: string;
  /** Statements that make a role which can only read these tables. */
  readonly statements: readonly string[];
};

/**
 * How what is sent and received travels: encrypted to a server whose certificate was checked, encrypted to one whose
 * certificate was not, in the open, or not beyond this machine.
 */
export type Channel = 'verified' | 'unverified' | 'open' | 'local';

/** Whether the host of an address is this machine. */
export function isThisMachine(host: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[?::1\]?)$/i.test(host) || host === '' || host.startsWith('/');
}

/** One connection inside one read-only snapshot. Statements run one after the other. */
export type Session = {
  /** "PostgreSQL 15.20", "MariaDB 10.11.19". */
  readonly server: string;
  readonly channel: Channel;
  /** A sentence when this version is not supported; null when it is. */
  readonly versionProblem: string | null;
  /** An instant as this database reads it. */
  readonly instantText: (at: Instant) => string;
  /** Runs a statement; `what` names it in errors. Throws AppError. */
  query(parts: readonly Part[], what: string): Promise<Rows>;
  /** The order of the keys of the documents query. */
  keyOrder(documents: readonly Part[], key: Column): Promise<KeyOrder>;
  /** Whether `= 'a'` also finds 'A' for this key: rows found that way belong to another document. */
  readonly comparesLoosely: boolean;
  asOf(): Promise<AsOf>;
  /** What the role could change among the tables that the statements read. */
  writable(
    statements: readonly { readonly statement: Statement; readonly bound: readonly Part[] }[],
  ): Promise<WritableFinding>;
  /** Tables read that a snapshot does not cover. */
  outsideSnapshot(statements: readonly Statement[]): Promise<readonly string[]>;
  close(): Promise<void>;
};

export type SessionOptions = {
  readonly url: string;
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs: number;
  /** Schema that unqualified tables are in; null: the role's own. */
  readonly schema: string | null;
  readonly signal: AbortSignal;
};

/** Opens a connection and the snapshot. Throws AppError. */
export type Connect = (options: SessionOptions) => Promise<Session>;
