import { mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { sql } from 'kysely';
import { openAlerts, type OpenAlerts } from '../../src/app-alerts.js';
import { readConfig } from '../../src/app.js';
import { createLogger } from '../../src/log.js';
import type { NewAlert } from '../../src/model/alert.js';
import type { Store } from '../../src/store/database.js';

/** Writes a configuration with a block `alerts` and answers its path. */
export function writeAlertConfig(alerts: string, extra = ''): string {
  const file = path.join(mkdtempSync(path.join(os.tmpdir(), 'shadowbill-alerts-')), 'shadowbill.yml');
  const sources = `sources:
  legacy: { kind: csv, path: legacy.csv, timezone: Europe/Amsterdam, columns: {} }
  solvimon: { kind: pages, path: pages }
`;
  writeFileSync(
    file,
    `version: 1\ntimezone: Europe/Amsterdam\nbase_url: https://recon.example.com/app/\n${sources}${extra}alerts:\n${alerts}`,
  );
  return file;
}

/** A clock that stands until it is moved. */
export function testClock(start: string): { readonly now: () => Date; readonly pass: (ms: number) => void } {
  let ms = Date.parse(start);
  return {
    now: () => new Date(ms),
    pass: (more) => {
      ms += more;
    },
  };
}

/** The alerts of a configuration, opened as the program does, with a clock and variables of the test's own. */
export function openTestAlerts(
  store: Pick<Store, 'db'>,
  input: {
    readonly alerts: string;
    readonly extra?: string;
    readonly variables: Readonly<Record<string, string>>;
    readonly now: () => Date;
  },
): OpenAlerts {
  const loaded = readConfig(writeAlertConfig(input.alerts, input.extra), input.now());
  return openAlerts({
    store,
    loaded,
    variables: input.variables,
    log: createLogger({ level: 'silent', component: 'test' }),
    signal: new AbortController().signal,
    now: input.now,
  });
}

/** Something to be told; `about` makes it another alert. */
export function someAlert(about: string, over: Partial<NewAlert> = {}): NewAlert {
  return {
    kind: 'run.incomplete',
    about,
    cycle: '2026-10',
    run: null,
    title: `A run of 2026-10 did not finish (${about})`,
    lines: ['A billing system could not be reached.', 'legacy <csv> & more'],
    detail: { code: 'source_unreachable', gross: '12.30' },
    customers: ['ACME-BV'],
    owners: [],
    link: '/cycles/2026-10',
    ...over,
  };
}

/** Takes every alert and message away, so that tests of one file can share a database. */
export async function emptyAlerts({ db }: Pick<Store, 'db'>): Promise<void> {
  await sql`truncate alert, alert_message, alert_delivery`.execute(db);
}
