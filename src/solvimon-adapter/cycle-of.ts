import { type CyclePlace, cycleAnchor, cyclePlacer } from '../model/cycle-rule.js';
import type { Document } from '../model/document.js';
import type { Scope } from '../model/source.js';

export type CycleRule = 'service_period' | 'invoice_date';

/**
 * Tells where an invoice stands to the cycle of a pull, by the rule both sides share. It came into being on its invoice
 * date: `created_at` is when Solvimon opened it, a whole period earlier for usage in arrears (contract 4.5, 4.6). Where a
 * draft gets its date only when it turns FINAL (`draftsAreDated` false), the date of a draft tells nothing. An invoice that
 * says nothing of when it was stays in: it is never left out for want of a date.
 */
export function invoicePlacer(
  rule: CycleRule,
  scope: Scope,
  draftsAreDated: boolean,
): (document: Document) => CyclePlace {
  const place = cyclePlacer(scope);
  return (document) => {
    const isDated = draftsAreDated || (document.state !== 'draft' && document.state !== 'preview');
    const bornAt = isDated ? document.issuedAt : null;
    const dated = rule === 'invoice_date' ? { ...document, lines: [], period: null } : document;
    return cycleAnchor(dated) === null ? 'own' : place(dated, bornAt);
  };
}
