import { createHash } from 'node:crypto';
import type { CutoverDate } from '../../confidence/cutover-dates.js';
import { addDays } from '../../confidence/cutover-dates.js';
import type { GoliveCheck, Timeline } from '../../run/golive.js';
import { returnLine } from './gates.js';
import { table } from './table.js';

const marks = { ready: '✓ ready', not_ready: '✗ not ready', unknown: '? not shown' } as const;

/** The checklist, with the link to each proof. */
export function renderCheck({ cohortId, items, isReady, pointOfNoReturn }: GoliveCheck): string {
  const parts = [
    `cohort ${cohortId}: ${isReady ? 'ready for go-live' : 'not ready for go-live'}`,
    table(
      [{ head: 'item' }, { head: 'state' }, { head: 'why' }, { head: 'evidence' }],
      items.map(({ title, state, why, link }) => [title, marks[state], why, link ?? '–']),
    ),
  ];
  if (pointOfNoReturn !== null) parts.push(returnLine(pointOfNoReturn));
  return parts.join('\n');
}

/** Billing boundaries with what stands in their way. */
export function renderDates(dates: readonly CutoverDate[]): string {
  return table(
    ['boundary', 'first cycle', 'approve by', 'finance has closed', 'first bill run', 'obstacles'].map((head) => ({
      head,
    })),
    dates.map((one) => [
      one.on,
      one.cycle,
      one.decideBy,
      one.closedOn,
      one.firstBillRunOn,
      one.obstacles.join('; ') || 'none',
    ]),
  );
}

/** The timeline as a Markdown page for stakeholders. */
export function timelineMarkdown({ cohortId, cutover, entries }: Timeline): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  return [
    `# Cutover ${cutover.on}: ${cohortId === null ? 'everybody at once' : `cohort ${cohortId}`}`,
    '',
    cutover.obstacles.length === 0 ? 'Nothing stands in the way.' : `In the way: ${cutover.obstacles.join('; ')}.`,
    '',
    '| day | what | who |',
    '|---|---|---|',
    ...entries.map(({ on, what, who }) => `| ${on} | ${cell(what)} | ${cell(who)} |`),
    '',
  ].join('\n');
}

/**
 * The timeline as a calendar file (RFC 5545): whole-day events, lines folded at 75 octets and ended with CRLF. An event's
 * UID is a hash of what it says, so that importing the same timeline twice makes no second event. `stamp` is the moment
 * of export.
 */
export function timelineIcs({ cohortId, entries }: Timeline, stamp: Date): string {
  const plain = (text: string) => text.replaceAll('-', '');
  const escaped = (text: string) => text.replace(/[\\;,]/g, (mark) => `\\${mark}`).replaceAll('\n', '\\n');
  const stamped = `${stamp.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
  const lines = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//shadowbill//cutover//EN', 'CALSCALE:GREGORIAN'];
  for (const { on, what, who } of entries) {
    const uid = createHash('sha256')
      .update(`${cohortId ?? 'everybody'}|${on}|${what}`)
      .digest('hex')
      .slice(0, 32);
    lines.push(
      'BEGIN:VEVENT',
      `UID:${uid}@shadowbill`,
      `DTSTAMP:${stamped}`,
      `DTSTART;VALUE=DATE:${plain(on)}`,
      `DTEND;VALUE=DATE:${plain(addDays(on, 1))}`,
      `SUMMARY:${escaped(what)}`,
      `DESCRIPTION:${escaped(who)}`,
      'TRANSP:TRANSPARENT',
      'END:VEVENT',
    );
  }
  lines.push('END:VCALENDAR');
  return `${lines.map(fold).join('\r\n')}\r\n`;
}

/** Folds a line at 75 octets without cutting a character. */
function fold(line: string): string {
  let [folded, octets] = ['', 0];
  for (const character of line) {
    const size = Buffer.byteLength(character);
    if (octets + size > 75) {
      folded += '\r\n ';
      octets = 1;
    }
    folded += character;
    octets += size;
  }
  return folded;
}
