import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../api-client.js';
import { timeText, words } from '../money-text.js';
import { Empty, Failure, Loaded, PageHead, Result, TableBox, useMay } from '../parts.js';
import type { CohortDetail, CohortRow, Decision, DecisionBody } from './cohort-types.js';
import { DecisionTable } from './decision-table.js';

const kinds = ['EXPAND', 'HOLD', 'FIX_FORWARD', 'ROLLBACK'] as const;
export const shown = (kind: string) => kind.replace('_', '-');

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
                      <td>{one.blockedBy.map((id) => words(id).toLowerCase()).join(', ') || '–'}</td>
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
  const [isAll, setAll] = useState(false);
  return (
    <>
      <PageHead title={`Cohort ${cohort.id}`}>
        {cohort.look === null ? (
          <>Nobody has looked at it yet, so nothing is known of it.</>
        ) : (
          <>
            <strong>{shown(cohort.look.recommendation)}</strong>, because {words(cohort.look.reason).toLowerCase()}:{' '}
            {gates.length - bad.length} of {gates.length} checks are fine. Stage {cohort.stage}, step {cohort.step},{' '}
            {cohort.members} customers. Looked at {timeText(cohort.look.asOf)}.
          </>
        )}
        {note !== null && <p>{note}</p>}
      </PageHead>
      <div className="columns">
        <div>
          <h2>Gates</h2>
          <label>
            <input type="checkbox" checked={isAll} onChange={(event) => setAll(event.target.checked)} /> Also the checks
            that pass ({gates.length - bad.length})
          </label>
          {gates.length === 0 ? (
            <Empty>No look yet.</Empty>
          ) : (
            <TableBox label="Gates">
              <table>
                <caption>
                  {isAll || bad.length === 0 ? 'Every check of the newest look' : 'Checks that stand in the way'}
                </caption>
                <thead>
                  <tr>
                    {['Gate', 'What is measured', 'Required', 'Observed', 'Result'].map((head) => (
                      <th key={head} scope="col">
                        {head}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {(isAll || bad.length === 0 ? gates : bad).map((one) => {
                    const isKnown = one.observed !== null && one.observed !== 'NaN';
                    return (
                      <tr key={`${one.id}${one.field}${one.required}`}>
                        <th scope="row">{words(one.id).toLowerCase()}</th>
                        <td>{one.field}</td>
                        <td>{one.required}</td>
                        <td>{isKnown ? observedText(one.observed) : 'not measured'}</td>
                        <td>
                          <Result result={one.result} isKnown={isKnown} />
                        </td>
                      </tr>
                    );
                  })}
                </tbody>
              </table>
            </TableBox>
          )}
          <h2>Looks</h2>
          <ul className="working">
            {history.map((one) => (
              <li key={one.id}>
                <span className="label">
                  {timeText(one.asOf)}, cycle {one.cycle}
                </span>
                {shown(one.recommendation)}, {words(one.reason).toLowerCase()}
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

function observedText(observed: number | string | boolean | null): string {
  return typeof observed === 'number' ? String(Math.floor(observed * 1e6) / 1e6) : String(observed);
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

function Propose({ cohort }: { readonly cohort: CohortRow }) {
  const queries = useQueryClient();
  const mayWork = useMay('work');
  const recommended = cohort.look?.recommendation ?? 'HOLD';
  const [decision, setDecision] = useState<(typeof kinds)[number]>(recommended);
  const [reason, setReason] = useState('');
  const [expiresOn, setExpiresOn] = useState('');
  const propose = useMutation({
    mutationFn: () => {
      const body: DecisionBody = { decision, reason, ...(expiresOn !== '' && { expiresOn }) };
      return api.post<Decision>(`/api/v1/cohorts/${encodeURIComponent(cohort.id)}/decisions`, body);
    },
    onSuccess: () => queries.invalidateQueries(),
  });
  return (
    <form
      className="form"
      aria-labelledby="propose"
      onSubmit={(event) => {
        event.preventDefault();
        propose.mutate();
      }}
    >
      <h2 id="propose">Propose a decision</h2>
      <label>
        Decision{' '}
        <select
          value={decision}
          onChange={(event) => setDecision(kinds.find((one) => one === event.target.value) ?? 'HOLD')}
        >
          {kinds.map((one) => (
            <option key={one} value={one}>
              {shown(one)}
              {one === recommended ? ' (recommended)' : ''}
            </option>
          ))}
        </select>
      </label>
      <label>
        Reason
        <textarea required value={reason} onChange={(event) => setReason(event.target.value)} />
      </label>
      {decision !== recommended && (
        <label>
          Expires on (needed when it is less careful than {shown(recommended)}; two others must agree){' '}
          <input type="date" value={expiresOn} onChange={(event) => setExpiresOn(event.target.value)} />
        </label>
      )}
      <button type="submit" className="primary" disabled={!mayWork || propose.isPending || reason.trim() === ''}>
        Propose {shown(decision)} for {cohort.members} customers
      </button>
      {!mayWork && <p className="muted">It takes the role analyst or approver.</p>}
      {propose.data !== undefined && (
        <p role="status">Proposed; it waits for {propose.data.neededApprovals} other people.</p>
      )}
      {propose.error !== null && <Failure error={propose.error} />}
    </form>
  );
}
