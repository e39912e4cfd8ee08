import type { SolvimonClient } from './client.js';
import type { CycleRule } from './cycle-of.js';
import type { TranslateOptions } from './raw-record.js';
import type { JsonObject } from './shape.js';
import type { Surroundings } from './wait.js';

/** A shadow invoice that turned FINAL: a person must look at once (contract 3.7). */
export type Incident = {
  readonly kind: 'shadow_invoice_final';
  readonly invoiceId: string;
  readonly customerRef: string | null;
  readonly seenBy: 'pull' | 'webhook';
};

export type PullDeps = {
  readonly client: SolvimonClient;
  readonly translate: TranslateOptions;
  readonly platformId: string | null;
  readonly pageSize: number;
  readonly readAhead: number;
  readonly settleMs: number;
  readonly latenessMs: number;
  readonly checksEvents: boolean;
  readonly leavesOutOneOff: boolean;
  readonly cycleRule: CycleRule;
  readonly surroundings: Surroundings;
  readonly onIncident: (incident: Incident) => Promise<void>;
};

/** A list that keeps moving is read so often, then the pull ends incomplete. */
export const mostScans = 3;
const oneOffTypes: ReadonlySet<string> = new Set(['ONE_OFF', 'ONE_OFF_CREDIT']);

/** Made by hand, by operations staff as a rule: listed and not compared (contract 7.1, row 24). */
export function isOneOff(invoice: JsonObject): boolean {
  return oneOffTypes.has(textOf(invoice, 'type'));
}

/** A field as text; '' when it is missing or something else. */
export function textOf(row: JsonObject, key: string): string {
  const value = row[key];
  return typeof value === 'string' ? value : '';
}
