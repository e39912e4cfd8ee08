import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { api, type MismatchList, queryText, type Selection } from '../api-client.js';
import { Empty, Loaded, PageHead, useMay } from '../parts.js';
import type { Search } from '../search-text.js';
import { ActDialog, type ActKind } from './act-dialog.js';
import { ColumnChooser, hiddenColumns, tableColumns } from './columns.js';
import { FilterBar } from './filter-bar.js';
import { filterOf, queryOf } from './filters.js';
import { KeyHelp, useKeys } from './keys.js';
import { MismatchTable } from './mismatch-table.js';
import { SavedViews } from './saved-views.js';
import { type Done, UndoBar } from './undo.js';

/** The table that finance works in: what is shown is what the address says, and nothing else. */
export function MismatchPage() {
  const { cycle = '' } = useParams({ strict: false });
  const search: Search = useSearch({ strict: false });
  const navigate = useNavigate();
  const list = useQuery({
    queryKey: ['mismatches', cycle, search],
    queryFn: () => api.mismatches(cycle, queryOf(search)),
    placeholderData: keepPreviousData,
  });
  const change = useCallback(
    (changes: Readonly<Record<string, string | undefined>>) => {
      const { after: _after, before: _before, ...kept } = search;
      const next = Object.entries({ ...kept, ...changes }).filter(
        (one): one is [string, string] => one[1] !== undefined && one[1] !== '',
      );
      void navigate({ to: '/cycles/$cycle/mismatches', params: { cycle }, search: Object.fromEntries(next) });
    },
    [search, navigate, cycle],
  );
  const facets = list.data?.facets ?? null;
  return (
    <>
      <PageHead title={`Mismatches ${cycle}`} actions={<Exports cycle={cycle} search={search} />}>
        <span role="status">{list.data === undefined ? '' : countSentence(list.data)}</span>
      </PageHead>
      <SavedViews cycle={cycle} search={search} />
      <ColumnChooser search={search} change={change} />
      <FilterBar search={search} facets={facets} change={change} />
      <Loaded query={list} what="the mismatches">
        {(found) => <Triage key={cycle} list={found} isOld={list.isPlaceholderData} search={search} change={change} />}
      </Loaded>
    </>
  );
}

function countSentence({ totals }: MismatchList): string {
  const of = (rows: readonly { readonly count: number }[] | undefined) =>
    (rows ?? []).reduce((sum, one) => sum + one.count, 0);
  const accepted = of(totals?.accepted);
  return `${of(totals?.counted)} in this filter are counted${accepted === 0 ? '' : `, ${accepted} accepted stand apart`}.`;
}

function Exports({ cycle, search }: { readonly cycle: string; readonly search: Search }) {
  const query = { ...filterOf(search), sort: search['sort'], run: search['run'] };
  return (
    <>
      {['csv', 'xlsx'].map((format) => (
        <a
          key={format}
          className="button"
          href={`/api/v1/cycles/${encodeURIComponent(cycle)}/exports/mismatches${queryText({ ...query, format })}`}
        >
          Export {format.toUpperCase()}
        </a>
      ))}
    </>
  );
}

type TriageProps = {
  /** What is shown belongs to the address before; the new answer is on its way. */
  readonly isOld: boolean;
  readonly list: MismatchList;
  readonly search: Search;
  readonly change: (changes: Readonly<Record<string, string | undefined>>) => void;
};

function Triage({ list, isOld, search, change }: TriageProps) {
  const navigate = useNavigate();
  const mayWork = useMay('work');
  const [current, setCurrent] = useState(-1);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [isWholeFilter, setWholeFilter] = useState(false);
  const [acting, setActing] = useState<ActKind | null>(null);
  const [done, setDone] = useState<Done | null>(null);
  const [isHelp, setHelp] = useState(false);
  const origin = useRef<HTMLElement | null>(null);
  const bar = useRef<HTMLDivElement>(null);
  const row = list.rows[current];
  const choose = (ids: readonly string[], isChosen: boolean) => {
    setWholeFilter(false);
    setChosen((before) => new Set(isChosen ? [...before, ...ids] : [...before].filter((id) => !ids.includes(id))));
  };
  const ids = chosen.size > 0 ? [...chosen] : row === undefined ? [] : [row.id];
  const selection: Selection = useMemo(
    () => (isWholeFilter ? { filter: filterOf(search) } : { ids }),
    [isWholeFilter, search, ids],
  );
  const open = (kind: ActKind) => {
    if (!mayWork || (ids.length === 0 && !isWholeFilter)) return;
    origin.current = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    setActing(kind);
  };
  useKeys({
    isOff: acting !== null || isHelp,
    next: () => setCurrent((at) => Math.min(at + 1, list.rows.length - 1)),
    previous: () => setCurrent((at) => Math.max(at - 1, 0)),
    open: () =>
      row !== undefined &&
      void navigate({ to: '/pairs/$pair', params: { pair: row.pair.id }, search: { mismatch: row.id } }),
    select: () => row !== undefined && choose([row.id], !chosen.has(row.id)),
    accept: () => open('accept'),
    comment: () => open('comment'),
    assign: () => open('assign'),
    help: () => setHelp(true),
  });
  const closed = () => setActing(null);
  // Behind an open dialog nothing takes the focus, so it goes back once the dialog has left.
  useEffect(() => {
    if (acting === null && !isHelp) origin.current?.focus();
  }, [acting, isHelp]);
  // A row that was decided may leave the table, and the focus with it: then the way back is nearest.
  useEffect(() => {
    if (done !== null && document.activeElement === document.body) bar.current?.focus();
  }, [done, list]);
  const count = list.totals?.counted.reduce((sum, one) => sum + one.count, 0) ?? 0;
  return (
    <>
      {done !== null && (
        <div ref={bar} tabIndex={-1}>
          <UndoBar done={done} />
        </div>
      )}
      <div className="bulk">
        <span role="status">
          {isWholeFilter
            ? `All in this filter selected`
            : chosen.size > 0
              ? `${chosen.size} selected`
              : row !== undefined
                ? `${row.id} marked`
                : 'Nothing selected'}
        </span>
        {(['assign', 'accept', 'status', 'comment'] as const).map((kind) => (
          <button
            key={kind}
            type="button"
            disabled={!mayWork || (ids.length === 0 && !isWholeFilter)}
            onClick={() => open(kind)}
          >
            {{ assign: 'Assign…', accept: 'Accept…', status: 'Set status…', comment: 'Comment…' }[kind]}
          </button>
        ))}
        <button type="button" disabled={list.rows.length === 0} onClick={() => setWholeFilter(!isWholeFilter)}>
          {isWholeFilter ? 'Select the marked row only' : `Select all ${count} in this filter`}
        </button>
        <button type="button" onClick={() => setHelp(true)}>
          Keys <kbd>?</kbd>
        </button>
        {!mayWork && <span className="muted">You may read; deciding takes the role analyst or approver.</span>}
      </div>
      {list.rows.length === 0 ? (
        <Empty>
          No mismatches in this filter.{' '}
          <Link to="/cycles/$cycle/mismatches" params={{ cycle: list.cycle }} search={{ status: 'accepted' }}>
            Show what is accepted
          </Link>{' '}
          or{' '}
          <Link to="/cycles/$cycle/mismatches" params={{ cycle: list.cycle }} search={{ status: 'any' }}>
            everything
          </Link>
          .
        </Empty>
      ) : (
        <MismatchTable
          isOld={isOld}
          list={list}
          columns={tableColumns.filter(({ id }) => !hiddenColumns(search).has(id))}
          sort={search['sort'] ?? '-abs'}
          current={current}
          chosen={chosen}
          sortBy={(sort) => change({ sort })}
          choose={choose}
          point={setCurrent}
        />
      )}
      <nav className="row" aria-label="Pages of the table">
        <button
          type="button"
          disabled={list.page.before === null}
          onClick={() => change({ before: list.page.before ?? undefined })}
        >
          Previous page
        </button>
        <button
          type="button"
          disabled={list.page.after === null}
          onClick={() => change({ after: list.page.after ?? undefined })}
        >
          Next page
        </button>
      </nav>
      {acting !== null && (
        <ActDialog
          kind={acting}
          cycle={list.cycle}
          selection={selection}
          close={closed}
          done={(outcome, what) => {
            setDone({ outcome, what });
            setChosen(new Set());
            setWholeFilter(false);
            closed();
          }}
        />
      )}
      {isHelp && <KeyHelp close={() => setHelp(false)} />}
    </>
  );
}
