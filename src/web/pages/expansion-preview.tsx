import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { api } from '../api-client.js';
import { Empty, Loaded, TableBox } from '../parts.js';
import type { CohortRow, Preview } from './cohort-types.js';

/** "Would these have passed?": the shadow results of this cohort, or of the one that might come next. */
export function ExpansionPreview({ cohort }: { readonly cohort: CohortRow }) {
  const [of, setOf] = useState(cohort.id);
  const cohorts = useQuery({
    queryKey: ['cohorts'],
    queryFn: () => api.get<{ rows: readonly CohortRow[] }>('/api/v1/cohorts'),
  });
  const query = useQuery({
    queryKey: ['preview', of],
    queryFn: () => api.get<Preview>(`/api/v1/cohorts/${encodeURIComponent(of)}/preview`),
  });
  return (
    <>
      <h2>Would they have passed?</h2>
      <label>
        Customers of{' '}
        <select value={of} onChange={(event) => setOf(event.target.value)}>
          {(cohorts.data?.rows ?? [cohort]).map((one) => (
            <option key={one.id} value={one.id}>
              {one.id}
              {one.id === cohort.id ? ' (this cohort)' : ''}, {one.members}
            </option>
          ))}
        </select>
      </label>
      <Loaded query={query} what="their shadow results">
        {(preview) => <Shown preview={preview} />}
      </Loaded>
    </>
  );
}

function Shown({ preview }: { readonly preview: Preview }) {
  const { wouldPass, wouldFail, notObserved, rows, wanted } = preview;
  const all = wouldPass + wouldFail + notObserved;
  const newest = preview.cycles.at(-1);
  return (
    <>
      <p role="status">
        Of {all} customers <span className="ok">✓ {wouldPass} would have passed</span>,{' '}
        <span className="fail">✗ {wouldFail} would have failed</span> and{' '}
        <span className="hold">? {notObserved} were not seen long enough</span>; each needs {wanted} clean{' '}
        {wanted === 1 ? 'cycle' : 'cycles'} in a row. Looked at {preview.cycles.join(', ') || 'no cycle'}.
      </p>
      {rows.length === 0 ? (
        all > 0 && <Empty>Everybody would have passed.</Empty>
      ) : (
        <TableBox label="Who would not have passed">
          <table>
            <caption>
              Who would not have passed{wouldFail + notObserved > rows.length ? `, the first ${rows.length}` : ''}
            </caption>
            <thead>
              <tr>
                <th scope="col">Customer</th>
                <th scope="col">Verdict</th>
                <th scope="col" className="amount">
                  Clean cycles
                </th>
                <th scope="col">Differed in</th>
                <th scope="col">Root causes</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((one) => (
                <tr key={one.customer}>
                  <th scope="row">
                    <Link
                      to="/cycles/$cycle/mismatches"
                      params={{ cycle: one.failedIn ?? newest ?? '' }}
                      search={{ customer: one.customer, status: 'any' }}
                    >
                      {one.customer}
                    </Link>
                  </th>
                  <td>
                    {one.verdict === 'would_fail' ? (
                      <span className="fail">✗ would have failed</span>
                    ) : (
                      <span className="hold">? not seen long enough</span>
                    )}
                  </td>
                  <td className="amount">
                    {one.cleanCycles} of {wanted}
                  </td>
                  <td>{one.failedIn ?? '–'}</td>
                  <td className="id">{one.fingerprints.join(', ') || '–'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableBox>
      )}
    </>
  );
}
