import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { api } from './api-client.js';
import { Failure, Notice, PageHead, useMe } from './parts.js';

/** The cycle of the address, else the newest that there is. */
export function useCycle(): string | null {
  const { pathname } = useLocation();
  const cycles = useQuery({ queryKey: ['cycles'], queryFn: api.cycles });
  const named = /^\/cycles\/([^/]+)/.exec(pathname)?.[1];
  return named ?? cycles.data?.rows[0]?.cycle ?? null;
}

export function Shell() {
  const me = useMe();
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const before = useRef(pathname);
  // Another page begins at its top for the keyboard and for a screen reader too.
  useEffect(() => {
    if (before.current !== pathname) main.current?.focus();
    before.current = pathname;
  }, [pathname]);
  return (
    <>
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <Masthead />
      <main id="main" ref={main} tabIndex={-1}>
        {me.error !== null ? (
          <Failure error={me.error} />
        ) : me.data === undefined ? (
          <p role="status">Signing in…</p>
        ) : (
          <Outlet />
        )}
      </main>
    </>
  );
}

function Masthead() {
  const me = useMe();
  const cycle = useCycle();
  return (
    <header className="masthead">
      <Link to="/" className="brand">
        shadowbill
      </Link>
      <nav aria-label="Pages">
        <ul>
          {cycle !== null && (
            <>
              <li>
                <Link to="/cycles/$cycle" params={{ cycle }} activeOptions={{ exact: true }}>
                  Statement
                </Link>
              </li>
              <li>
                <Link to="/cycles/$cycle/mismatches" params={{ cycle }}>
                  Mismatches
                </Link>
              </li>
              <li>
                <Link to="/cycles/$cycle/causes" params={{ cycle }}>
                  Root causes
                </Link>
              </li>
              <li>
                <Link to="/cycles/$cycle/usage" params={{ cycle }}>
                  Usage
                </Link>
              </li>
            </>
          )}
          <li>
            <Link to="/cohorts">Cohorts</Link>
          </li>
          <li>
            <Link to="/decisions">Decisions</Link>
          </li>
          <li>
            <Link to="/jobs">Runs</Link>
          </li>
          <li>
            <Link to="/alerts">Alerts</Link>
          </li>
          <li>
            <Link to="/settings">Settings</Link>
          </li>
          <li>
            <Link to="/audit">Audit</Link>
          </li>
        </ul>
      </nav>
      <CycleChooser />
      {me.data !== undefined && (
        <span className="muted who">
          {me.data.name}
          {me.data.isLocal ? ', alone on this machine' : ''}
        </span>
      )}
    </header>
  );
}

function CycleChooser() {
  const cycles = useQuery({ queryKey: ['cycles'], queryFn: api.cycles });
  const cycle = useCycle();
  const { pathname } = useLocation();
  const navigate = useNavigate();
  if (cycles.data === undefined || cycle === null) return null;
  const go = (to: string) => {
    const rest = /^\/cycles\/[^/]+(\/[a-z]+)?$/.exec(pathname)?.[1] ?? '';
    void navigate({ to: `/cycles/${to}${rest}` });
  };
  return (
    <label className="cycle-chooser">
      Cycle{' '}
      <select value={cycle} onChange={(event) => go(event.target.value)}>
        {cycles.data.rows.map((one) => (
          <option key={one.cycle}>{one.cycle}</option>
        ))}
      </select>
    </label>
  );
}

export function NotThere() {
  return (
    <>
      <PageHead title="No such page" />
      <Notice title="Nothing is at this address">
        It may have been copied without its end. <Link to="/">Go to the overview</Link>.
      </Notice>
    </>
  );
}
