import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { z } from 'zod';
import type { alert } from '../../api/routes/alerts.js';
import { api } from '../api-client.js';
import { timeText } from '../money-text.js';
import { ColumnHeads, Empty, Failure, Loaded, PageHead, TableBox, useMay } from '../parts.js';

type Alert = z.output<typeof alert>;
type Page = { readonly rows: readonly Alert[]; readonly before: string | null };
type Channel = {
  readonly id: string;
  readonly kind: string;
  readonly kinds: readonly string[] | null;
  readonly least: string;
};

const shows = { all: 'All', open: 'Open', undelivered: 'Not delivered' } as const;
const marks = { info: 'ℹ', warning: '▲', critical: '✗' } as const;
const tones = { info: 'muted', warning: 'hold', critical: 'fail' } as const;

/** What people were told, whether it arrived, and who takes care of it. */
export function AlertsPage() {
  const search = useSearch({ strict: false }) as Readonly<Record<string, string | undefined>>;
  const show = search['show'] === 'open' || search['show'] === 'undelivered' ? search['show'] : undefined;
  const navigate = useNavigate();
  const pages = useInfiniteQuery({
    queryKey: ['alerts', show],
    queryFn: ({ pageParam }) => api.get<Page>('/api/v1/alerts', { show, before: pageParam ?? undefined }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.before,
  });
  const rows = pages.data?.pages.flatMap((one) => one.rows) ?? [];
  return (
    <>
      <PageHead title="Alerts">What people were told, and whether it arrived.</PageHead>
      <label>
        Show{' '}
        <select
          value={show ?? 'all'}
          onChange={({ target }) =>
            void navigate({ to: '/alerts', search: target.value === 'all' ? {} : { show: target.value } })
          }
        >
          {Object.entries(shows).map(([value, name]) => (
            <option key={value} value={value}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {pages.error !== null && <Failure error={pages.error} retry={() => void pages.refetch()} />}
      {pages.isPending && <p role="status">Reading the alerts…</p>}
      {pages.data !== undefined && rows.length === 0 && (
        <Empty>{show === undefined ? 'There was nothing to tell yet.' : 'None of these.'}</Empty>
      )}
      {rows.length > 0 && <AlertTable rows={rows} />}
      {pages.hasNextPage && (
        <button type="button" onClick={() => void pages.fetchNextPage()}>
          Older alerts
        </button>
      )}
      <Channels />
    </>
  );
}

function AlertTable({ rows }: { readonly rows: readonly Alert[] }) {
  return (
    <TableBox label="Alerts">
      <table>
        <caption>Newest first</caption>
        <thead>
          <ColumnHeads names={['When', 'Severity', 'What', 'Delivered', 'Taken care of']} />
        </thead>
        <tbody>
          {rows.map((one) => (
            <tr key={one.id}>
              <td className="num">{timeText(one.raisedAt)}</td>
              <td className={tones[one.severity]}>
                {marks[one.severity]} {one.severity}
              </td>
              <th scope="row">
                {one.title}
                <span className="sub">
                  {one.kind}
                  {' · '}
                  {one.link !== null && (
                    <>
                      <a href={one.link}>open</a>
                      {' · '}
                    </>
                  )}
                  <Link to="/runbooks/$runbook" params={{ runbook: one.runbook }}>
                    what to do
                  </Link>
                </span>
                <details>
                  <summary>more</summary>
                  {[...one.lines, ...(one.customers.length > 0 ? [`customers: ${one.customers.join(', ')}`] : [])].map(
                    (line) => (
                      <p key={line}>{line}</p>
                    ),
                  )}
                </details>
              </th>
              <td>
                <Deliveries one={one} />
              </td>
              <td>
                <TakenCare one={one} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

const stateWords = {
  held: 'held back',
  waiting: 'to be tried again',
  sending: 'on its way',
  sent: '✓ sent',
  dead: '✗ given up',
} as const;

function Deliveries({ one }: { readonly one: Alert }) {
  const queries = useQueryClient();
  const again = useMutation({
    mutationFn: () => api.post(`/api/v1/alerts/${encodeURIComponent(one.id)}/resend`, {}),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['alerts'] }),
  });
  const mayOperate = useMay('operate');
  const isDead = one.deliveries.some(({ state }) => state === 'dead');
  if (one.deliveries.length === 0) return <span className="muted">listed only: no channel takes it</span>;
  return (
    <>
      {one.deliveries.map((each) => (
        <div key={`${each.channel} ${each.recipient}`} className={each.state === 'dead' ? 'fail' : undefined}>
          {each.recipient === '' ? each.channel : each.recipient}: {stateWords[each.state]}
          {each.lastError !== null && <span className="sub">{each.lastError}</span>}
        </div>
      ))}
      {isDead && mayOperate && (
        <button type="button" disabled={again.isPending} onClick={() => again.mutate()}>
          Send again<span className="visually-hidden">: {one.title}</span>
        </button>
      )}
      {again.error !== null && <Failure error={again.error} />}
    </>
  );
}

function TakenCare({ one }: { readonly one: Alert }) {
  const queries = useQueryClient();
  const take = useMutation({
    mutationFn: () => api.post(`/api/v1/alerts/${encodeURIComponent(one.id)}/acknowledge`, {}),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['alerts'] }),
  });
  const mayWork = useMay('work');
  if (one.acknowledgedBy !== null)
    return (
      <>
        {one.acknowledgedBy}
        <span className="sub">{one.note ?? timeText(one.acknowledgedAt ?? '')}</span>
      </>
    );
  return (
    <>
      {mayWork ? (
        <button type="button" disabled={take.isPending} onClick={() => take.mutate()}>
          I take care<span className="visually-hidden"> of: {one.title}</span>
        </button>
      ) : (
        <span className="muted">by nobody yet</span>
      )}
      {take.error !== null && <Failure error={take.error} />}
    </>
  );
}

function Channels() {
  const query = useQuery({
    queryKey: ['alert-channels'],
    queryFn: () => api.get<{ rows: readonly Channel[] }>('/api/v1/alerts/channels'),
  });
  return (
    <section aria-label="Channels">
      <h2>Channels</h2>
      <Loaded query={query} what="the channels">
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty>No channel is configured: alerts are only listed here. docs/alerts.md shows how to add one.</Empty>
          ) : (
            <TableBox label="Channels">
              <table>
                <caption>Where alerts go</caption>
                <thead>
                  <ColumnHeads names={['Channel', 'By', 'Takes', 'Test']} />
                </thead>
                <tbody>
                  {rows.map((one) => (
                    <ChannelRow key={one.id} one={one} />
                  ))}
                </tbody>
              </table>
            </TableBox>
          )
        }
      </Loaded>
    </section>
  );
}

type Tested = { readonly rows: readonly { readonly recipient: string; readonly problem: string | null }[] };

function ChannelRow({ one }: { readonly one: Channel }) {
  const test = useMutation({ mutationFn: () => api.post<Tested>('/api/v1/alerts/test', { channel: one.id }) });
  const mayOperate = useMay('operate');
  return (
    <tr>
      <th scope="row">{one.id}</th>
      <td>{one.kind}</td>
      <td>
        {one.kinds === null ? 'every alert' : one.kinds.join(', ')}
        {one.least !== 'info' && <span className="sub">from {one.least} up</span>}
      </td>
      <td>
        {mayOperate && (
          <button type="button" disabled={test.isPending} onClick={() => test.mutate()}>
            Send a test<span className="visually-hidden"> to {one.id}</span>
          </button>
        )}
        {test.data?.rows.map(({ recipient, problem }) => (
          <div key={recipient} role="status" className={problem === null ? 'ok' : 'fail'}>
            {recipient === '' ? '' : `${recipient}: `}
            {problem === null ? '✓ taken' : `✗ ${problem}`}
          </div>
        ))}
        {test.error !== null && <Failure error={test.error} />}
      </td>
    </tr>
  );
}
