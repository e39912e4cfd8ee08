import { Link } from '@tanstack/react-router';
import { type RefObject, useEffect, useRef } from 'react';
import type { Mismatch, MismatchList } from '../api-client.js';
import { Amount, Delta } from '../parts.js';
import { words } from '../money-text.js';
import { TotalsTable } from './totals.js';

type Props = {
  readonly isOld: boolean;
  readonly list: MismatchList;
  readonly sort: string;
  readonly current: number;
  readonly chosen: ReadonlySet<string>;
  readonly sortBy: (key: string) => void;
  readonly choose: (ids: readonly string[], isChosen: boolean) => void;
  readonly point: (row: number) => void;
};

const heads: readonly { readonly name: string; readonly sort?: string; readonly isAmount?: boolean }[] = [
  { name: 'Customer', sort: 'customer' },
  { name: 'Invoices' },
  { name: 'Level' },
  { name: 'Legacy', isAmount: true },
  { name: 'Solvimon', isAmount: true },
  { name: 'Delta', sort: 'abs', isAmount: true },
  { name: 'Cause', sort: 'cause' },
  { name: 'Status' },
  { name: 'Since', sort: 'age' },
  { name: 'Owner' },
];

export function MismatchTable(props: Props) {
  const { list, sort, chosen, choose } = props;
  const ids = list.rows.map((row) => row.id);
  const isAll = ids.length > 0 && ids.every((id) => chosen.has(id));
  return (
    <>
      <section className="table-box tall" aria-label="Mismatches" aria-busy={props.isOld} tabIndex={0}>
        <table>
          <caption>
            Mismatches of {list.cycle}, run {list.run}. Delta is solvimon minus legacy. The totals below are of the
            whole filter.
          </caption>
          <thead>
            <tr>
              <th scope="col">
                <input
                  type="checkbox"
                  aria-label="Select this page"
                  checked={isAll}
                  onChange={() => choose(ids, !isAll)}
                />
              </th>
              {heads.map((head) => (
                <SortHead key={head.name} {...head} current={sort} sortBy={props.sortBy} />
              ))}
            </tr>
          </thead>
          <tbody>
            {list.rows.map((row, index) => (
              <Row key={row.id} row={row} index={index} {...props} />
            ))}
          </tbody>
        </table>
      </section>
      <div className="sticky-totals">
        <TotalsTable list={list} />
      </div>
    </>
  );
}

function SortHead({
  name,
  sort,
  isAmount,
  current,
  sortBy,
}: (typeof heads)[number] & { readonly current: string; readonly sortBy: (key: string) => void }) {
  const className = isAmount === true ? 'amount' : undefined;
  if (sort === undefined)
    return (
      <th scope="col" className={className}>
        {name}
      </th>
    );
  const isDescending = current === `-${sort}`;
  const isSorted = isDescending || current === sort;
  return (
    <th scope="col" className={className} aria-sort={isSorted ? (isDescending ? 'descending' : 'ascending') : 'none'}>
      <button type="button" onClick={() => sortBy(isDescending ? sort : `-${sort}`)}>
        {name}
        <span aria-hidden="true">{isSorted ? (isDescending ? ' ↓' : ' ↑') : ''}</span>
      </button>
    </th>
  );
}

function Row({
  row,
  index,
  current,
  chosen,
  choose,
  point,
}: Props & { readonly row: Mismatch; readonly index: number }) {
  const link: RefObject<HTMLAnchorElement | null> = useRef(null);
  const isCurrent = index === current;
  // Focus goes with the mark, so that a screen reader reads the row that a key will act on.
  useEffect(() => {
    if (isCurrent) link.current?.focus();
  }, [isCurrent]);
  const { legacy, solvimon } = row.pair;
  return (
    <tr className={isCurrent ? 'is-current' : undefined} aria-current={isCurrent ? 'true' : undefined}>
      <td>
        <input
          type="checkbox"
          aria-label={`Select ${row.id}`}
          checked={chosen.has(row.id)}
          onChange={(event) => choose([row.id], event.target.checked)}
        />
      </td>
      <th scope="row">
        <Link
          ref={link}
          to="/pairs/$pair"
          params={{ pair: row.pair.id }}
          search={{ mismatch: row.id }}
          onFocus={() => point(index)}
        >
          {row.customer ?? 'no customer'}
        </Link>
        <span className="sub">{row.id}</span>
      </th>
      <td className="id">
        {legacy.join(', ') || '–'} <span aria-label="with">↔</span>
        <br />
        {solvimon.join(', ') || '–'}
      </td>
      <td>
        {row.level}
        <span className="sub">{row.chargeKey ?? ''}</span>
      </td>
      <td className="amount">
        <Amount text={row.legacy} currency={row.currency} />
      </td>
      <td className="amount">
        <Amount text={row.solvimon} currency={row.currency} />
      </td>
      <td className="amount">
        <Delta text={row.delta} currency={row.currency} /> {row.currency ?? ''}
      </td>
      <td>
        {words(row.cause)}
        <span className="sub">
          {row.confidence}
          {row.known === null ? '' : `, known as ${row.known}`}
        </span>
      </td>
      <td>
        {words(row.status)}
        {row.acceptance !== null && <span className="sub">until {row.acceptance.expiresOn}</span>}
      </td>
      <td className="num">
        {row.firstCycle}
        <span className="sub">seen {row.seen}×</span>
      </td>
      <td>{row.assignee ?? <span className="muted">nobody</span>}</td>
    </tr>
  );
}
