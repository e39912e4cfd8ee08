import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { api } from '../api-client.js';
import { timeText } from '../money-text.js';
import { Empty, Loaded, PageHead, TableBox } from '../parts.js';
import type { CohortDetail, CohortRow, Decision } from './cohort-types.js';
import { Consequences } from './consequences.js';
import { DecisionTable, shown } from './decision-table.js';
import { ExpansionPreview } from './expansion-preview.js';
import { GateTable } from './gate-table.js';
import { ruleWords } from './gate-words.js';
import { Propose } from './propose.js';

export function CohortsPage() {
  const query = useQuery({
    queryKey: ['cohorts'],
    queryFn: () => api.get<{ rows: readonly CohortRow[] }>('/api/v1/cohorts'),
  });
  return (
    <>
      <PageHead title="Cohorts">
        Which group of customers may move now? A person decides; nothing here moves anybody.
      </PageHead>
      <Loaded query={query} what="the cohorts">
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty>No cohort yet. Propose one with: shadowbill cohort propose</Empty>
          ) : (
            <TableBox label="Cohorts">
              <table>
                <caption>Cohorts with their newest look</caption>
                <thead>
                  <tr>
                    {['Cohort', 'Stage', 'Chosen from', 'Recommendation', 'Blocked by', 'Looked at'].map((head) => (
                      <th key={head} scope="col">
                        {head}
                      </th>
                    ))}
                    <th scope="col" className="amount">
                      Customers
                    </th>
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
                      <td>
                        {one.stage}, step {one.step}
                      </td>
                      <td>{one.frame}</td>
                      <td>
                        {one.look === null ? (
                          <span className="hold">? not looked at</span>
                        ) : (
                          shown(one.look.recommendation)
                        )}
                      </td>
                      <td>{one.blockedBy.map(ruleWords).join(', ') || '–'}</td>
                      <td>{one.look === null ? '–' : timeText(one.look.asOf)}</td>
                      <td className="amount">{one.members}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </TableBox>
          )
        }
      </Loaded>
    </>
  );
}

export function CohortPage() {
  const { cohort = '' } = useParams({ strict: false });
  const query = useQuery({
    queryKey: ['cohort', cohort],
    queryFn: () => api.get<CohortDetail>(`/api/v1/cohorts/${encodeURIComponent(cohort)}`),
  });
  return (
    <>
      {query.data === undefined && <PageHead title={`Cohort ${cohort}`} />}
      <Loaded query={query} what="the cohort">
        {(detail) => <Detail detail={detail} />}
      </Loaded>
    </>
  );
}

/** What a look says of its counting; shapes that the engine owns, read with care. */
type Counted = { readonly k?: number; readonly n?: number };
type Outlook = { readonly upperLimit?: number; readonly tolerance?: number; readonly moreCustomers?: number | null };

function sampleNote(detail: unknown): string | null {
  const { counted, outlook } = (detail ?? {}) as { readonly counted?: Counted; readonly outlook?: Outlook };
  if (counted?.n === undefined || outlook?.upperLimit === undefined || outlook.tolerance === undefined) return null;
  const more = outlook.moreCustomers ?? 0;
  return `${counted.k ?? '?'} bad in ${counted.n} customers: the true rate may be up to ${(outlook.upperLimit * 100).toFixed(2)} % at any look; this step tolerates ${(outlook.tolerance * 100).toFixed(2)} %.${more > 0 ? ` ${more} more clean customers would be enough.` : ''}`;
}

function Detail({ detail }: { readonly detail: CohortDetail }) {
  const { cohort, gates, history } = detail;
  const bad = gates.filter(({ result }) => result === 'fail' || result === 'triggered');
  const note = sampleNote(detail.detail);
  return (
    <>
      <PageHead title={`Cohort ${cohort.id}`}>
        {cohort.look === null ? (
          <>Nobody has looked at it yet, so nothing is known of it.</>
        ) : (
          <>
            <strong>{shown(cohort.look.recommendation)}</strong>, because {ruleWords(cohort.look.reason)}:{' '}
            {gates.length - bad.length} of {gates.length} checks are fine. Stage {cohort.stage}, step {cohort.step},{' '}
            {cohort.members} customers. Looked at {timeText(cohort.look.asOf)}.
          </>
        )}
        {note !== null && <p>{note}</p>}
      </PageHead>
      <div className="columns">
        <div>
          <h2>Gates</h2>
          <GateTable gates={gates} />
          <Consequences cohort={cohort.id} />
          <ExpansionPreview cohort={cohort} />
          <h2>Looks</h2>
          <ul className="working">
            {history.map((one) => (
              <li key={one.id}>
                <span className="label">
                  {timeText(one.asOf)}, cycle {one.cycle}
                </span>
                {shown(one.recommendation)}: {ruleWords(one.reason)}
              </li>
            ))}
          </ul>
          <h2>Decisions</h2>
          <CohortDecisions cohort={cohort.id} />
        </div>
        <aside aria-label="Propose">
          <Propose cohort={cohort} />
          <h2>Members</h2>
          <details>
            <summary>{detail.members.length} customers</summary>
            <p className="id">{detail.members.map((one) => one.customer).join(', ')}</p>
          </details>
        </aside>
      </div>
    </>
  );
}

function CohortDecisions({ cohort }: { readonly cohort: string }) {
  const query = useQuery({
    queryKey: ['decisions', cohort],
    queryFn: () => api.get<{ rows: readonly Decision[] }>('/api/v1/decisions', { cohort }),
  });
  return (
    <Loaded query={query} what="the decisions">
      {({ rows }) =>
        rows.length === 0 ? <Empty>Nothing has been proposed yet.</Empty> : <DecisionTable rows={rows} />
      }
    </Loaded>
  );
}
