import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { api, type RunDiff } from '../api-client.js';
import { amountText, signedText, timeText, words } from '../money-text.js';
import { Empty, Loaded, PageHead, TableBox } from '../parts.js';
import type { Search } from '../search-text.js';

type Change = RunDiff['rows'][number]['change'];
const kinds: Readonly<Record<Change, readonly [string, string]>> = {
  new: ['fail', '+ new'],
  worse: ['fail', '▲ worse'],
  changed: ['hold', '≠ changed'],
  better: ['ok', '▼ better'],
  resolved: ['ok', '✓ resolved'],
  same: ['muted', '= same'],
};

/** One run against another: what came, what went, and what only changed its size. */
export function RunPage() {
  const { run = '' } = useParams({ strict: false });
  const search: Search = useSearch({ strict: false });
  const { against, change } = search;
  const query = useQuery({
    queryKey: ['run-diff', run, against, change],
    queryFn: () => api.runDiff(run, { against, change }),
  });
  const navigate = useNavigate();
  const go = (changes: Search) => {
    const next = Object.entries({ ...search, ...changes }).filter(([, value]) => value !== '');
    void navigate({ to: '/runs/$run', params: { run }, search: Object.fromEntries(next) });
  };
  return (
    <>
      <PageHead title={`Run ${run}`}>{query.data !== undefined && answer(query.data)}</PageHead>
      <Choose run={run} search={search} go={go} earlier={query.data?.earlier.id} />
      <Loaded query={query} what="what changed">
        {(diff) => <Diff diff={diff} />}
      </Loaded>
    </>
  );
}

function answer({ earlier, later, totals, sameConfiguration, sameResult }: RunDiff): string {
  const count = (change: Change) =>
    totals.filter((one) => one.change === change).reduce((sum, one) => sum + one.count, 0);
  const same = sameResult
    ? 'Both runs say exactly the same.'
    : `${count('new')} new, ${count('worse')} worse, ${count('better')} better, ${count('resolved')} resolved, ${count('changed')} otherwise changed.`;
  const config = sameConfiguration ? '' : ' Their configurations differ.';
  return `${later.cycle}, finished ${timeText(later.finishedAt ?? later.createdAt)}, against ${earlier.cycle}, finished ${timeText(earlier.finishedAt ?? earlier.createdAt)}. ${same}${config}`;
}

function Choose({
  run,
  search,
  go,
  earlier,
}: {
  readonly run: string;
  readonly search: Search;
  readonly go: (changes: Search) => void;
  readonly earlier: string | undefined;
}) {
  const runs = useQuery({ queryKey: ['runs', 100], queryFn: () => api.runs({ limit: '100' }) });
  const options = (runs.data?.rows ?? []).filter((one) => one.state === 'finished' && one.id !== run);
  const against = search['against'] ?? earlier ?? '';
  return (
    <div className="filters">
      <span className="filter">
        <label htmlFor="against">Against</label>
        <select id="against" value={against} onChange={(event) => go({ against: event.target.value })}>
          {!options.some((one) => one.id === against) && <option value={against}>{against}</option>}
          {options.map((one) => (
            <option key={one.id} value={one.id}>
              {one.cycle}, {timeText(one.finishedAt ?? one.createdAt)}, {one.id}
            </option>
          ))}
        </select>
      </span>
      <span className="filter">
        <label htmlFor="change">Show</label>
        <select id="change" value={search['change'] ?? ''} onChange={(event) => go({ change: event.target.value })}>
          <option value="">what changed</option>
          {Object.entries(kinds).map(([id, [, word]]) => (
            <option key={id} value={id}>
              {word}
            </option>
          ))}
        </select>
      </span>
    </div>
  );
}

function Diff({ diff }: { readonly diff: RunDiff }) {
  const { totals, rows } = diff;
  if (totals.length === 0) return <Empty>Neither run finds a mismatch.</Empty>;
  return (
    <>
      <TableBox label="Changes by currency">
        <table>
          <caption>Gross of what each run finds beyond tolerance, by currency; currencies are never added</caption>
          <thead>
            <tr>
              <th scope="col">Change</th>
              <th scope="col">Currency</th>
              {['Count', 'Earlier', 'Later'].map((head) => (
                <th key={head} scope="col" className="amount">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {totals.map((one) => (
              <tr key={`${one.change}${one.currency}`}>
                <th scope="row">
                  <Kind change={one.change} />
                </th>
                <td>{one.currency ?? 'two currencies'}</td>
                <td className="amount">{one.count}</td>
                <td className="amount">{amountText(one.earlierGross, one.currency)}</td>
                <td className="amount">{amountText(one.laterGross, one.currency)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
      <h2>By customer and charge</h2>
      {rows.length === 0 ? <Empty>Nothing of this kind.</Empty> : <Rows diff={diff} />}
    </>
  );
}

function Kind({ change }: { readonly change: Change }) {
  const [className, word] = kinds[change];
  return <span className={className}>{word}</span>;
}

function Rows({ diff }: { readonly diff: RunDiff }) {
  return (
    <TableBox label="Changes by customer">
      <table>
        <caption>The largest change first, at most 200; amounts are the net delta, solvimon minus legacy</caption>
        <thead>
          <tr>
            {['Change', 'Customer', 'Charge', 'Cause'].map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
            <th scope="col" className="amount">
              Earlier
            </th>
            <th scope="col" className="amount">
              Later
            </th>
          </tr>
        </thead>
        <tbody>
          {diff.rows.map((one) => {
            const cycle = one.later === null ? diff.earlier.cycle : diff.later.cycle;
            const found = one.later ?? one.earlier;
            return (
              <tr key={`${one.key}${one.currency}`}>
                <td>
                  <Kind change={one.change} />
                </td>
                <th scope="row">
                  <Link
                    to="/cycles/$cycle/mismatches"
                    params={{ cycle }}
                    search={{
                      search: found?.id ?? '',
                      status: 'any',
                      run: one.later === null ? diff.earlier.id : diff.later.id,
                    }}
                  >
                    {one.customer ?? 'no customer'}
                  </Link>
                </th>
                <td className="id">{one.chargeKey ?? '–'}</td>
                <td>{causesOf(one)}</td>
                <td className="amount">{netOf(one.earlier?.net, one.currency)}</td>
                <td className="amount">{netOf(one.later?.net, one.currency)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </TableBox>
  );
}

function causesOf({ earlier, later }: RunDiff['rows'][number]): string {
  const text = (one: typeof earlier) => one?.causes.map(words).join(', ') ?? '';
  if (earlier === null || later === null || text(earlier) === text(later)) return text(later ?? earlier);
  return `${text(earlier)} → ${text(later)}`;
}

function netOf(net: string | undefined, currency: string | null): string {
  return net === undefined ? '–' : `${signedText(net, currency)} ${currency ?? ''}`;
}
