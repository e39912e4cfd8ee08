import { useQueries, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { api, type CycleDetail, type Totals } from '../api-client.js';
import { amountText, cycleName, signedText, timeText, words } from '../money-text.js';
import { Empty, Loaded, PageHead, TableBox } from '../parts.js';
import { useCycle } from '../shell.js';
import type { CohortRow } from './cohort-types.js';
import { ruleWords } from './gate-words.js';
import { Trend } from './trend.js';

const shownCycles = 12;
const staleHours = 26;
const agreeing = new Set(['matched', 'within_tolerance']);
const incomparable = new Set(['not_ready', 'error']);

/** Whether it is going well, in a sentence; then the numbers that decide, each a link to what it counts. */
export function OverviewPage() {
  const cycle = useCycle();
  if (cycle === null)
    return (
      <>
        <PageHead title="Overview" />
        <Empty>No cycle has been run yet. Start one with: shadowbill run 2026-10</Empty>
      </>
    );
  return <Overview cycle={cycle} />;
}

function Overview({ cycle }: { readonly cycle: string }) {
  const detail = useQuery({ queryKey: ['cycle', cycle], queryFn: () => api.cycle(cycle) });
  const all = useQuery({
    queryKey: ['totals', cycle],
    queryFn: () => api.mismatches(cycle, { size: '1', facets: 'true' }),
  });
  const oldest = useQuery({
    queryKey: ['oldest', cycle],
    queryFn: () => api.mismatches(cycle, { size: '1', sort: 'age', totals: 'false' }),
  });
  const cohorts = useQuery({
    queryKey: ['cohorts'],
    queryFn: () => api.get<{ rows: readonly CohortRow[] }>('/api/v1/cohorts'),
  });
  return (
    <>
      <PageHead title="Overview">
        {detail.data !== undefined && all.data !== undefined && (
          <>
            {answer(detail.data, all.data.facets?.cause['unexplained'] ?? 0)}{' '}
            {(cohorts.data?.rows ?? [])
              .map((one) => `${one.id}: ${(one.look?.recommendation ?? 'not looked at').replace('_', '-')}.`)
              .join(' ')}
          </>
        )}
      </PageHead>
      <Loaded query={detail} what="the newest cycle">
        {(found) => (
          <>
            <Age detail={found} />
            <div className="tiles">
              <CoverageTile detail={found} />
              <Link
                className="tile"
                to="/cycles/$cycle/causes"
                params={{ cycle }}
                title="Mismatches with a cause, of all mismatches"
              >
                <span className="label">Explained</span>
                <span className="figure">{explained(all.data?.facets?.cause)}</span>
                with a cause, of all mismatches
              </Link>
              <Link
                className="tile"
                to="/cycles/$cycle/mismatches"
                params={{ cycle }}
                title="Sum of absolute deltas that nobody accepted, by currency"
              >
                <span className="label">Gross at risk</span>
                {(all.data?.totals?.counted ?? []).map((one) => (
                  <Risk key={one.currency} one={one} />
                ))}
              </Link>
              <Link className="tile" to="/cycles/$cycle/mismatches" params={{ cycle }} search={{ sort: 'age' }}>
                <span className="label">Oldest open</span>
                <span className="figure">{oldest.data?.rows[0]?.firstCycle ?? '–'}</span>
                {oldest.data?.rows[0] === undefined
                  ? 'nothing is open'
                  : `${oldest.data.rows[0].customer ?? ''}, ${words(oldest.data.rows[0].cause)}`}
              </Link>
            </div>
          </>
        )}
      </Loaded>
      <h2>Cohorts</h2>
      <Loaded query={cohorts} what="the cohorts">
        {({ rows }) => (rows.length === 0 ? <Empty>No cohort has been made yet.</Empty> : <CohortStrip rows={rows} />)}
      </Loaded>
      <h2>Mismatches by cause</h2>
      <CauseTrend />
    </>
  );
}

function answer({ cycle, states }: CycleDetail, unexplained: number): string {
  const pairs = (keep: (state: string) => boolean) =>
    states.filter((one) => keep(one.state)).reduce((sum, one) => sum + one.pairs, 0);
  return `${cycleName(cycle.cycle)}: ${pairs((state) => agreeing.has(state))} of ${pairs((state) => !incomparable.has(state))} comparable pairs match. ${unexplained} mismatches are unexplained.`;
}

/** Shares are rounded down: 99.99 % of something is never shown as all of it. */
function share(part: number, whole: number): string {
  return whole === 0 ? '–' : `${(Math.floor((part / whole) * 10_000) / 100).toFixed(2)} %`;
}

function explained(causes: Readonly<Record<string, number>> | undefined): string {
  if (causes === undefined) return '…';
  const all = Object.values(causes).reduce((sum, one) => sum + one, 0);
  return share(all - (causes['unexplained'] ?? 0), all);
}

function CoverageTile({ detail }: { readonly detail: CycleDetail }) {
  const all = detail.states.reduce((sum, one) => sum + one.pairs, 0);
  const compared = detail.states.filter((one) => !incomparable.has(one.state)).reduce((sum, one) => sum + one.pairs, 0);
  return (
    <Link
      className="tile"
      to="/cycles/$cycle"
      params={{ cycle: detail.cycle.cycle }}
      title="Pairs that could be compared, of all pairs"
    >
      <span className="label">Coverage</span>
      <span className="figure">{share(compared, all)}</span>
      {compared} of {all} pairs compared
    </Link>
  );
}

function Risk({ one }: { readonly one: Totals }) {
  if (one.currency === null) return null;
  return (
    <span className="figure small">
      {one.currency} {amountText(one.gross, one.currency)}{' '}
      <span className="muted risk">
        ▲ {signedText(one.over, one.currency)} over, ▼ {signedText(one.under, one.currency)} under
      </span>
    </span>
  );
}

function Age({ detail }: { readonly detail: CycleDetail }) {
  const { finishedAt, isComplete } = detail.cycle;
  if (isComplete === false)
    return <p className="banner fail">The last run was not complete: {detail.run?.incompleteBecause.join('; ')}.</p>;
  if (finishedAt !== null && Date.now() - new Date(finishedAt).getTime() > staleHours * 3_600_000)
    return (
      <p className="banner hold">
        These numbers are older than {staleHours} hours: the last run finished {timeText(finishedAt)}.
      </p>
    );
  return null;
}

function CohortStrip({ rows }: { readonly rows: readonly CohortRow[] }) {
  return (
    <TableBox label="Cohorts">
      <table>
        <caption>May a cohort grow? The newest look at each</caption>
        <thead>
          <tr>
            <th scope="col">Cohort</th>
            <th scope="col">Stage</th>
            <th scope="col" className="amount">
              Customers
            </th>
            <th scope="col">Recommendation</th>
            <th scope="col">Blocked by</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((one) => (
            <tr key={one.id}>
              <th scope="row">
                <Link to="/cohorts/$cohort" params={{ cohort: one.id }}>
                  {one.id}
                </Link>
              </th>
              <td>{one.stage}</td>
              <td className="amount">{one.members}</td>
              <td>
                {one.look === null ? (
                  <span className="hold">? not looked at</span>
                ) : (
                  one.look.recommendation.replace('_', '-')
                )}
              </td>
              <td>{one.blockedBy.map(ruleWords).join(', ') || '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

const shownCauses = 6;

function CauseTrend() {
  const cycles = useQuery({ queryKey: ['cycles'], queryFn: api.cycles });
  const shown = (cycles.data?.rows ?? [])
    .filter((one) => one.run !== null)
    .slice(0, shownCycles)
    .map((one) => one.cycle)
    .toReversed();
  const lists = useQueries({
    queries: shown.map((cycle) => ({ queryKey: ['causes', cycle], queryFn: () => api.causes(cycle) })),
  });
  const counts = lists.map(({ data }) => {
    const sums = new Map<string, number>();
    for (const row of data?.causes ?? []) sums.set(row.cause, (sums.get(row.cause) ?? 0) + row.mismatches);
    return sums;
  });
  const series = [...new Set(counts.flatMap((one) => [...one.keys()]))]
    .map((name) => ({ name, points: counts.map((one) => one.get(name) ?? 0) }))
    .toSorted((a, b) => (b.points.at(-1) ?? 0) - (a.points.at(-1) ?? 0));
  if (series.length === 0) return <Empty>No mismatches yet.</Empty>;
  return (
    <>
      <Trend cycles={shown} series={series.slice(0, shownCauses)} />
      <TableBox label="Mismatches by cause">
        <table>
          <caption>Mismatches by cause and cycle; the {shownCauses} largest are drawn</caption>
          <thead>
            <tr>
              <th scope="col">Cause</th>
              {shown.map((cycle) => (
                <th key={cycle} scope="col" className="amount">
                  {cycle}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {series.map((one) => (
              <tr key={one.name}>
                <th scope="row">{words(one.name)}</th>
                {one.points.map((count, index) => (
                  <td key={shown[index]} className="amount">
                    {count}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
    </>
  );
}
