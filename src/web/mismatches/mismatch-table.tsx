import { Link } from '@tanstack/react-router';
import { type RefObject, useEffect, useRef } from 'react';
import type { Mismatch, MismatchList } from '../api-client.js';
import type { TableColumn } from './columns.js';
import { TotalsTable } from './totals.js';

type Props = {
  readonly isOld: boolean;
  readonly list: MismatchList;
  readonly columns: readonly TableColumn[];
  readonly sort: string;
  readonly current: number;
  readonly chosen: ReadonlySet<string>;
  readonly sortBy: (key: string) => void;
  readonly choose: (ids: readonly string[], isChosen: boolean) => void;
  readonly point: (row: number) => void;
};

export function MismatchTable(props: Props) {
  const { list, sort, chosen, choose, columns } = props;
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
              <SortHead name="Customer" sort="customer" current={sort} sortBy={props.sortBy} />
              {columns.map(({ id, name, sort: by, className }) => (
                <SortHead
                  key={id}
                  name={name}
                  sort={by}
                  isAmount={className === 'amount'}
                  current={sort}
                  sortBy={props.sortBy}
                />
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
  isAmount = false,
  current,
  sortBy,
}: {
  readonly name: string;
  readonly sort: string | undefined;
  readonly isAmount?: boolean;
  readonly current: string;
  readonly sortBy: (key: string) => void;
}) {
  const className = isAmount ? 'amount' : undefined;
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
  columns,
}: Props & { readonly row: Mismatch; readonly index: number }) {
  const link: RefObject<HTMLAnchorElement | null> = useRef(null);
  const isCurrent = index === current;
  // Focus goes with the mark, so that a screen reader reads the row that a key will act on.
  useEffect(() => {
    if (isCurrent) link.current?.focus();
  }, [isCurrent]);
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
      {columns.map(({ id, className, cell }) => (
        <td key={id} className={className}>
          {cell(row)}
        </td>
      ))}
    </tr>
  );
}
