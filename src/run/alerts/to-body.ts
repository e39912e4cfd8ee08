import { type AlertBody, runbookName } from '../../model/alert.js';
import type { StoredAlert } from '../../store/alerts.js';
import type { AlertContext } from './context.js';

/** An alert as it may leave: customers only where names are allowed, links as whole addresses. */
export function toBody(
  { includeNames, baseUrl }: Pick<AlertContext, 'includeNames' | 'baseUrl'>,
  alert: StoredAlert,
): AlertBody {
  const { id, kind, severity, cycle, run, title, lines, detail, customers, raisedAt, link } = alert;
  return {
    id,
    kind,
    severity,
    cycle,
    run,
    title,
    lines,
    detail,
    customers: includeNames ? customers : [],
    raisedAt,
    link: baseUrl === null || link === null ? null : addressOf(baseUrl, link),
    runbook: baseUrl === null ? null : addressOf(baseUrl, `/runbooks/${runbookName(kind)}`),
  };
}

/** A path below the address of the pages, which may itself have a path. */
function addressOf(baseUrl: string, path: string): string {
  return `${baseUrl.replace(/\/+$/, '')}${path}`;
}
