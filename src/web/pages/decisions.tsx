import { useQuery } from '@tanstack/react-query';
import { api } from '../api-client.js';
import { Empty, Loaded, PageHead } from '../parts.js';
import type { Decision } from './cohort-types.js';
import { DecisionTable } from './decision-table.js';

export function DecisionsPage() {
  const query = useQuery({
    queryKey: ['decisions'],
    queryFn: () => api.get<{ rows: readonly Decision[] }>('/api/v1/decisions'),
  });
  const waiting = (query.data?.rows ?? []).filter((one) => one.state === 'waiting').length;
  return (
    <>
      <PageHead title="Decision log">
        {query.data !== undefined && `${query.data.rows.length} decisions, ${waiting} waiting for somebody.`}
      </PageHead>
      <Loaded query={query} what="the decisions">
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty>Nothing has been decided yet. A decision is proposed on the page of its cohort.</Empty>
          ) : (
            <DecisionTable rows={rows} />
          )
        }
      </Loaded>
    </>
  );
}
