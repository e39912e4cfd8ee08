import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { decisionKinds } from '../../model/cohort.js';
import { api, queryText } from '../api-client.js';
import { Empty, Loaded, PageHead } from '../parts.js';
import type { Search } from '../search-text.js';
import type { CohortRow, Decision } from './cohort-types.js';
import { DecisionTable, shown } from './decision-table.js';

const states = ['waiting', 'approved', 'rejected', 'expired'];

/** The decision log: the filter stands in the address, and the file holds what the filter keeps. */
export function DecisionsPage() {
  const search: Search = useSearch({ strict: false });
  const { cohort, decision, state } = search;
  const filter = { cohort, decision, state };
  const query = useQuery({
    queryKey: ['decisions', filter],
    queryFn: () => api.get<{ rows: readonly Decision[] }>('/api/v1/decisions', { ...filter, limit: 500 }),
  });
  const waiting = (query.data?.rows ?? []).filter((one) => one.state === 'waiting').length;
  return (
    <>
      <PageHead
        title="Decision log"
        actions={
          <a className="button" href={`/api/v1/decisions/export${queryText(filter)}`}>
            Export CSV
          </a>
        }
      >
        {query.data !== undefined && `${query.data.rows.length} decisions, ${waiting} waiting for somebody.`}
      </PageHead>
      <Filters search={search} />
      <Loaded query={query} what="the decisions">
        {({ rows }) =>
          rows.length > 0 ? (
            <DecisionTable rows={rows} />
          ) : Object.values(filter).some((one) => one !== undefined) ? (
            <Empty>No decision in this filter.</Empty>
          ) : (
            <Empty>Nothing has been decided yet. A decision is proposed on the page of its cohort.</Empty>
          )
        }
      </Loaded>
    </>
  );
}

function Filters({ search }: { readonly search: Search }) {
  const navigate = useNavigate();
  const cohorts = useQuery({
    queryKey: ['cohorts'],
    queryFn: () => api.get<{ rows: readonly CohortRow[] }>('/api/v1/cohorts'),
  });
  const fields = [
    ['cohort', (cohorts.data?.rows ?? []).map(({ id }) => id)],
    ['decision', decisionKinds],
    ['state', states],
  ] as const;
  const change = (name: string, value: string) => {
    const next = Object.entries({ ...search, [name]: value }).filter(([, each]) => each !== '');
    void navigate({ to: '/decisions', search: Object.fromEntries(next) });
  };
  return (
    <form className="filters" role="search" aria-label="Filter decisions" onSubmit={(event) => event.preventDefault()}>
      {fields.map(([name, options]) => (
        <span key={name} className="filter">
          <label htmlFor={`decision-${name}`}>{name}</label>
          <select
            id={`decision-${name}`}
            value={search[name] ?? ''}
            onChange={(event) => change(name, event.target.value)}
          >
            <option value="">any</option>
            {options.map((one) => (
              <option key={one} value={one}>
                {shown(one)}
              </option>
            ))}
          </select>
        </span>
      ))}
    </form>
  );
}
