import type { AlertBody, AlertMessage, Severity } from '../model/alert.js';
import { repeatNote } from './words.js';

/** The plain text of a mail: one paragraph an alert. */
export function textOf({ alerts, isRepeat, isTest }: AlertMessage): string {
  const parts = alerts.map((alert) =>
    [
      `${alert.severity.toUpperCase()}  ${alert.title}`,
      ...linesOf(alert).map((line) => `  ${line}`),
      ...(alert.link === null ? [] : [`  open:       ${alert.link}`]),
      ...(alert.runbook === null ? [] : [`  what to do: ${alert.runbook}`]),
      `  ${footOf(alert)}`,
    ].join('\n'),
  );
  return [...notesOf(isTest, isRepeat), ...parts].join('\n\n').concat('\n');
}

const colours = { info: '#57606a', warning: '#9a6700', critical: '#b42318' } as const satisfies Record<
  Severity,
  string
>;

/** The same as HTML without anything that a mail program would have to fetch. */
export function htmlOf({ alerts, isRepeat, isTest }: AlertMessage): string {
  const notes = notesOf(isTest, isRepeat).map((note) => `<p><em>${escaped(note)}</em></p>`);
  const parts = alerts.map((alert) => {
    const links = [
      ...(alert.link === null ? [] : [anchor(alert.link, 'Open')]),
      ...(alert.runbook === null ? [] : [anchor(alert.runbook, 'What to do')]),
    ];
    return [
      `<div style="border-left:4px solid ${colours[alert.severity]};padding:4px 0 4px 12px;margin:0 0 20px">`,
      `<p style="margin:0 0 6px"><strong style="color:${colours[alert.severity]}">${escaped(alert.severity)}</strong> <strong>${escaped(alert.title)}</strong></p>`,
      ...linesOf(alert).map((line) => `<p style="margin:0 0 4px">${escaped(line)}</p>`),
      ...(links.length === 0 ? [] : [`<p style="margin:6px 0">${links.join(' &nbsp; ')}</p>`]),
      `<p style="margin:6px 0 0;color:#57606a;font-size:12px">${escaped(footOf(alert))}</p>`,
      '</div>',
    ].join('\n');
  });
  const style = 'font:14px/1.45 system-ui,sans-serif;color:#1f2328;max-width:640px';
  return `<!doctype html><html lang="en"><body style="${style}">\n${[...notes, ...parts].join('\n')}\n</body></html>\n`;
}

function notesOf(isTest: boolean, isRepeat: boolean): readonly string[] {
  return [...(isTest ? ['This is a test. Nothing has happened.'] : []), ...(isRepeat ? [repeatNote] : [])];
}

function linesOf({ lines, customers }: AlertBody): readonly string[] {
  return customers.length === 0 ? lines : [...lines, `customers: ${customers.join(', ')}`];
}

function footOf({ kind, id, raisedAt }: AlertBody): string {
  return `${kind} · ${id} · ${raisedAt}`;
}

const anchor = (address: string, label: string) => `<a href="${escaped(address)}">${label}</a>`;

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
