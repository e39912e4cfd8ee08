import type { ReactNode } from 'react';
import type { Mismatch } from '../api-client.js';
import { words } from '../money-text.js';
import { Amount, Delta } from '../parts.js';
import type { Search } from '../search-text.js';

/** A column besides the customer, who is always there: the heading, what it is sorted by, and a cell. */
export type TableColumn = {
  readonly id: string;
  readonly name: string;
  readonly sort?: string;
  readonly className?: string;
  readonly cell: (row: Mismatch) => ReactNode;
};

export const tableColumns: readonly TableColumn[] = [
  {
    id: 'invoices',
    name: 'Invoices',
    className: 'id',
    cell: ({ pair }) => (
      <>
        {pair.legacy.join(', ') || '–'} <span aria-label="with">↔</span>
        <br />
        {pair.solvimon.join(', ') || '–'}
      </>
    ),
  },
  {
    id: 'level',
    name: 'Level',
    cell: (row) => (
      <>
        {row.level}
        <span className="sub">{row.chargeKey ?? ''}</span>
      </>
    ),
  },
  {
    id: 'legacy',
    name: 'Legacy',
    className: 'amount',
    cell: (row) => <Amount text={row.legacy} currency={row.currency} />,
  },
  {
    id: 'solvimon',
    name: 'Solvimon',
    className: 'amount',
    cell: (row) => <Amount text={row.solvimon} currency={row.currency} />,
  },
  {
    id: 'delta',
    name: 'Delta',
    sort: 'abs',
    className: 'amount',
    cell: (row) => (
      <>
        <Delta text={row.delta} currency={row.currency} /> {row.currency ?? ''}
      </>
    ),
  },
  {
    id: 'cause',
    name: 'Cause',
    sort: 'cause',
    cell: (row) => (
      <>
        {words(row.cause)}
        <span className="sub">
          {row.confidence}
          {row.known === null ? '' : `, known as ${row.known}`}
        </span>
      </>
    ),
  },
  {
    id: 'status',
    name: 'Status',
    cell: (row) => (
      <>
        {words(row.status)}
        {row.acceptance !== null && <span className="sub">until {row.acceptance.expiresOn}</span>}
      </>
    ),
  },
  {
    id: 'since',
    name: 'Since',
    sort: 'age',
    className: 'num',
    cell: (row) => (
      <>
        {row.firstCycle}
        <span className="sub">seen {row.seen}×</span>
      </>
    ),
  },
  { id: 'owner', name: 'Owner', cell: (row) => row.assignee ?? <span className="muted">nobody</span> },
];

/** Columns that an address leaves out; the delta cannot be hidden, and a name that is no column hides nothing. */
export function hiddenColumns(search: Search): ReadonlySet<string> {
  return new Set((search['hide'] ?? '').split(',').filter((id) => id !== 'delta'));
}

/** Which columns are shown stands in the address like everything else, so that a saved view and a shared link keep it. */
export function ColumnChooser({
  search,
  change,
}: {
  readonly search: Search;
  readonly change: (changes: Readonly<Record<string, string | undefined>>) => void;
}) {
  const hidden = hiddenColumns(search);
  const toggle = (id: string) => {
    const next = tableColumns.map((one) => one.id).filter((one) => (one === id ? !hidden.has(id) : hidden.has(one)));
    change({ hide: next.length === 0 ? undefined : next.join(',') });
  };
  return (
    <details>
      <summary>Columns</summary>
      <fieldset className="row">
        <legend className="visually-hidden">Columns of the table</legend>
        {tableColumns
          .filter(({ id }) => id !== 'delta')
          .map(({ id, name }) => (
            <label key={id}>
              <input type="checkbox" checked={!hidden.has(id)} onChange={() => toggle(id)} /> {name}
            </label>
          ))}
      </fieldset>
    </details>
  );
}
