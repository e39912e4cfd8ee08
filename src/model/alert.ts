/** How much it matters. `critical` wakes somebody: it waits for no quiet hour. */
export const severities = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof severities)[number];

/**
 * Everything that can be told, with how much it matters and what it means. Names are public and stay: people route by
 * them. Each has a page in docs/runbooks/, named by `runbookName`.
 */
export const alertKinds = {
  'run.digest': { severity: 'info', meaning: 'a run finished: what is new, worse, resolved and expired' },
  'run.incomplete': { severity: 'warning', meaning: 'a run failed, or not everything could be compared' },
  'billing.two_billers': { severity: 'critical', meaning: 'both systems bill a customer for the same cycle' },
  'invoice.final_in_shadow': { severity: 'critical', meaning: 'an invoice of the shadow became final in Solvimon' },
  'signoff.suspended': { severity: 'warning', meaning: 'the numbers of a signed cycle changed' },
  'mismatch.unexplained': {
    severity: 'warning',
    meaning: 'a difference above `alerts.unexplained_above` has no explanation',
  },
  'usage.events': {
    severity: 'warning',
    meaning: 'usage events are missing, failed or differ, or could not all be read',
  },
  'gate.changed': { severity: 'info', meaning: 'something else is recommended for a cohort than before' },
  'decision.waiting': {
    severity: 'info',
    meaning: 'a decision or an acceptance waits for a second person; once more after a day',
  },
  'acceptance.expiring': {
    severity: 'info',
    meaning: 'an acceptance or a known difference ends within seven days',
  },
  'acceptance.expired': { severity: 'warning', meaning: 'an acceptance or a known difference has ended' },
  'alert.undelivered': { severity: 'warning', meaning: 'a message could not be delivered and was given up' },
} as const satisfies Record<string, { readonly severity: Severity; readonly meaning: string }>;

export type AlertKind = keyof typeof alertKinds;

export const alertKindNames = Object.keys(alertKinds) as readonly AlertKind[];

/** Parts of the digest of a run that people may ask for. */
export const digestParts = ['new', 'worse', 'resolved', 'expired'] as const;
export type DigestPart = (typeof digestParts)[number];

/** Name of the page that says what to do, without its ending: `run.missing` has run-missing. */
export function runbookName(kind: string): string {
  return kind.replaceAll(/[._]/g, '-');
}

/** Whether one severity is at least another. */
export function isAtLeast(severity: Severity, least: Severity): boolean {
  return severities.indexOf(severity) >= severities.indexOf(least);
}

/** Something to be told, as whoever notices it says it. */
export type NewAlert = {
  readonly kind: AlertKind;
  /** What it is about: the same kind and key is the same alert, however often it is noticed. May name a customer. */
  readonly about: string;
  readonly cycle: string | null;
  readonly run: string | null;
  /** One line; like `lines` and `detail` it names no customer. */
  readonly title: string;
  readonly lines: readonly string[];
  /** The same as plain JSON for programs; amounts as decimal text in major units. */
  readonly detail: Readonly<Record<string, unknown>>;
  /** Keys of customers it is about; shown only where the configuration allows names. */
  readonly customers: readonly string[];
  /** Who answers for it, as they are named there; those that are addresses can be written to. */
  readonly owners: readonly string[];
  /** Path of the page that shows it, beginning with a slash. */
  readonly link: string | null;
};

/** An alert as it is told: what every channel formats, and nothing else of it leaves. */
export type AlertBody = Pick<NewAlert, 'cycle' | 'run' | 'title' | 'lines' | 'detail' | 'customers'> & {
  readonly id: string;
  readonly kind: string;
  readonly severity: Severity;
  /** ISO 8601, UTC. */
  readonly raisedAt: string;
  /** Whole addresses; null when base_url is not configured. */
  readonly link: string | null;
  readonly runbook: string | null;
};

/** One message to one recipient. */
export type AlertMessage = {
  readonly id: string;
  /** At least one, the worst first. */
  readonly alerts: readonly AlertBody[];
  /** An address of an e-mail channel; empty where the channel has only one. */
  readonly recipient: string;
  /** An earlier attempt ended without an answer: the receiver may have it already. */
  readonly isRepeat: boolean;
  /** Sent by hand to see whether the channel works. */
  readonly isTest: boolean;
};
