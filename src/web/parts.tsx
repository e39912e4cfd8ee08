import { useQuery, type UseQueryResult } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { ApiError, api } from './api-client.js';
import { amountText, signedText, wayOf } from './money-text.js';

const arrows = { over: '▲', under: '▼', none: '=' } as const;

/** A delta told without colour as well: arrow, sign and word. */
export function Delta({ text, currency }: { readonly text: string | null; readonly currency: string | null }) {
  if (text === null) return <span className="muted">not compared</span>;
  const way = wayOf(text);
  return (
    <span className={`delta ${way}`}>
      <span aria-hidden="true">{arrows[way]} </span>
      {signedText(text, currency)} <span className="way">{way === 'none' ? 'same' : way}</span>
    </span>
  );
}

export function Amount({ text, currency }: { readonly text: string | null; readonly currency: string | null }) {
  return <span className="num">{amountText(text, currency)}</span>;
}

const resultMarks: Readonly<Record<string, string>> = { pass: '✓', quiet: '✓', fail: '✗', triggered: '✗' };

/** The result of a gate: mark and word; what is not known is a question, never green. */
export function Result({ result, isKnown }: { readonly result: string; readonly isKnown: boolean }) {
  if (!isKnown) return <span className="hold">? inconclusive</span>;
  const isFine = result === 'pass' || result === 'quiet';
  return (
    <span className={isFine ? 'ok' : 'fail'}>
      {resultMarks[result] ?? '?'} {result}
    </span>
  );
}

/** The three things a page says before it has something to show. */
export function Loaded<Answer>({
  query,
  what,
  children,
}: {
  readonly query: UseQueryResult<Answer>;
  readonly what: string;
  readonly children: (answer: Answer) => ReactNode;
}) {
  if (query.data !== undefined)
    return (
      <>
        {query.error !== null && (
          <div className="banner hold" role="status">
            This may be out of date: {query.error.message}.{' '}
            <button type="button" onClick={() => void query.refetch()}>
              Ask again
            </button>
          </div>
        )}
        {children(query.data)}
      </>
    );
  if (query.error !== null) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return (
    <p className="muted" role="status">
      Reading {what}…
    </p>
  );
}

export function Failure({ error, retry }: { readonly error: Error; readonly retry?: (() => void) | undefined }) {
  const status = error instanceof ApiError ? error.status : 0;
  if (status === 401)
    return (
      <Notice title="You are not signed in">
        <a href={`/auth/login?to=${encodeURIComponent(window.location.pathname + window.location.search)}`}>Sign in</a>{' '}
        and you come back to this page.
      </Notice>
    );
  if (status === 403)
    return (
      <Notice title="Not allowed">
        {error.message}. Ask an admin of shadowbill for the role; nothing was changed.
      </Notice>
    );
  return (
    <Notice title={error.message}>
      {error instanceof ApiError
        ? `${error.body.next} (${error.body.code}${error.body.requestId === '' ? '' : `, request ${error.body.requestId}`})`
        : 'The server did not answer. Nothing was changed.'}{' '}
      {retry !== undefined && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </Notice>
  );
}

export function Notice({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <div className="notice" role="alert">
      <strong>{title}</strong>
      <p>{children}</p>
    </div>
  );
}

export function Empty({ children }: { readonly children: ReactNode }) {
  return <p className="empty">{children}</p>;
}

/** Title of a page, of its window, and the link to it. */
export function PageHead({
  title,
  children,
  actions,
}: {
  readonly title: string;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
}) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    document.title = `${title} · shadowbill`;
    setCopied(false);
  }, [title]);
  const copy = async () => {
    await navigator.clipboard.writeText(window.location.href);
    setCopied(true);
  };
  return (
    <header className="page-head">
      <div>
        <h1>{title}</h1>
        {children !== undefined && <div className="answer">{children}</div>}
      </div>
      <div className="actions">
        {actions}
        <button type="button" onClick={() => void copy()}>
          {copied ? 'Link copied' : 'Copy link'}
        </button>
      </div>
    </header>
  );
}

/** A table that scrolls in its own box when the window is narrow, reachable by keyboard. */
export function TableBox({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="table-box" role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}

/** The row of a table that names its columns. */
export function ColumnHeads({ names }: { readonly names: readonly string[] }) {
  return (
    <tr>
      {names.map((name) => (
        <th key={name} scope="col">
          {name}
        </th>
      ))}
    </tr>
  );
}

export function useMe() {
  return useQuery({ queryKey: ['me'], queryFn: api.me, staleTime: 300_000 });
}

/** Whether the person may do something of a scope; false until it is known. */
export function useMay(scope: 'work' | 'approve' | 'operate'): boolean {
  return useMe().data?.scopes.includes(scope) ?? false;
}
