import { useQuery } from '@tanstack/react-query';
import { Link, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { api, type MismatchDetail, type PairDetail } from '../api-client.js';
import { ActDialog, type ActKind } from '../mismatches/act-dialog.js';
import { type Done, UndoBar } from '../mismatches/undo.js';
import { timeText, words } from '../money-text.js';
import { Delta, Empty, Loaded, Notice, PageHead, useMay } from '../parts.js';
import type { Search } from '../search-text.js';
import { Papers } from './facts.js';
import { LineTable } from './line-table.js';
import { Proof } from './proof.js';

/** Both invoices side by side, why they differ, and that the differences are all there is. */
export function PairPage() {
  const { pair = '' } = useParams({ strict: false });
  const query = useQuery({ queryKey: ['pair', pair], queryFn: () => api.pair(pair) });
  return (
    <>
      {query.data === undefined && <PageHead title={`Pair ${pair}`} />}
      <Loaded query={query} what="the two invoices">
        {(detail) => <Detail detail={detail} />}
      </Loaded>
    </>
  );
}

function Detail({ detail }: { readonly detail: PairDetail }) {
  const { pair, footing } = detail;
  const search: Search = useSearch({ strict: false });
  const meant = search['mismatch'];
  return (
    <>
      <p className="muted">
        <Link to="/cycles/$cycle" params={{ cycle: pair.cycle }}>
          {pair.cycle}
        </Link>{' '}
        /{' '}
        <Link to="/cycles/$cycle/mismatches" params={{ cycle: pair.cycle }}>
          mismatches
        </Link>{' '}
        / {pair.id}
      </p>
      <PageHead title={`${pair.customer ?? 'No customer'}, ${pair.cycle}`}>
        {pair.delta === null ? (
          <>The two sides are not compared: {words(pair.state)}.</>
        ) : (
          <>
            {words(pair.state)}: Solvimon bills <Delta text={pair.delta} currency={pair.currency} /> {pair.currency}.
          </>
        )}
      </PageHead>
      {footing !== null && !footing.foots && (
        <Notice title="The lines do not add up to the invoices">
          That is our bug, not yours: do not sign these numbers, and report the pair {pair.id} of run {detail.run}.
        </Notice>
      )}
      <div className="columns">
        <div>
          <Papers detail={detail} />
        </div>
        <aside aria-label="Why, and what was decided">
          <h2>Why</h2>
          {detail.mismatches.length === 0 && <Empty>Nothing differs in this pair.</Empty>}
          {detail.mismatches.map((one) => (
            <Proof key={one.id} finding={one} isMeant={one.id === meant} />
          ))}
          {detail.notes.map((one) => (
            <p key={one.text} className="muted">
              Note, {words(one.cause)}: {one.text}
            </p>
          ))}
          {detail.notReady.length > 0 && <p className="hold">Not ready: {detail.notReady.map(words).join(', ')}.</p>}
          <Decide detail={detail} />
          {(meant ?? detail.mismatches[0]?.id) !== undefined && (
            <History mismatch={meant ?? detail.mismatches[0]?.id ?? ''} />
          )}
        </aside>
      </div>
      <h2>Lines</h2>
      <LineTable detail={detail} />
      <Alternatives detail={detail} />
    </>
  );
}

function Alternatives({ detail }: { readonly detail: PairDetail }) {
  if (detail.alternatives.length === 0) return null;
  return (
    <>
      <h2>Other pairings that fit as well</h2>
      <ul>
        {detail.alternatives.map((one) => (
          <li key={`${one.legacy.join()}${one.solvimon.join()}`} className="id">
            {one.legacy.join(', ')} ↔ {one.solvimon.join(', ')} (cost gap {one.costGap})
          </li>
        ))}
      </ul>
    </>
  );
}

function Decide({ detail }: { readonly detail: PairDetail }) {
  const mayWork = useMay('work');
  const [acting, setActing] = useState<ActKind | null>(null);
  const [done, setDone] = useState<Done | null>(null);
  if (detail.mismatches.length === 0) return null;
  return (
    <>
      <h2>Decide</h2>
      <div className="row">
        {(['accept', 'comment', 'assign', 'status'] as const).map((kind) => (
          <button key={kind} type="button" disabled={!mayWork} onClick={() => setActing(kind)}>
            {{ accept: 'Accept…', comment: 'Comment…', assign: 'Assign…', status: 'Set status…' }[kind]}
          </button>
        ))}
      </div>
      {done !== null && <UndoBar done={done} />}
      {acting !== null && (
        <ActDialog
          kind={acting}
          cycle={detail.pair.cycle}
          selection={{ ids: detail.mismatches.map((one) => one.id) }}
          close={() => setActing(null)}
          done={(outcome, what) => {
            setDone({ outcome, what });
            setActing(null);
          }}
        />
      )}
    </>
  );
}

function History({ mismatch }: { readonly mismatch: string }) {
  const query = useQuery({ queryKey: ['mismatch', mismatch], queryFn: () => api.mismatch(mismatch) });
  return (
    <>
      <h2>History</h2>
      <Loaded query={query} what="its history">
        {(found: MismatchDetail) => (
          <>
            <ul className="working">
              {found.cycles.map((one) => (
                <li key={one.cycle}>
                  {one.cycle}: <Delta text={one.delta} currency={one.currency} /> {words(one.status)}
                </li>
              ))}
              {found.history.map((one) => (
                <li key={one.id}>
                  <span className="label">
                    {timeText(one.at)}, {one.who}
                  </span>
                  {one.from === one.to ? words(one.kind) : `${words(one.from)} → ${words(one.to)}`}
                  {one.note !== null && `: ${one.note}`}
                </li>
              ))}
            </ul>
            {found.history.length === 0 && <p className="muted">Nobody has decided anything yet.</p>}
          </>
        )}
      </Loaded>
    </>
  );
}
