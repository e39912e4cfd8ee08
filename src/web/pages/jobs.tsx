import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import { api, type Run } from '../api-client.js';
import { timeText, words } from '../money-text.js';
import { Empty, Loaded, PageHead, TableBox } from '../parts.js';

type Job = {
  readonly run: Run;
  readonly progress: {
    readonly state: string;
    readonly documents: { readonly legacy: number; readonly solvimon: number };
    readonly chunks: { readonly done: number; readonly total: number };
  };
  readonly problems: readonly {
    readonly side: string;
    readonly code: string;
    readonly field: string | null;
    readonly count: number;
  }[];
};
const ended = new Set(['finished', 'failed', 'cancelled']);

/** Runs as the tables know them; one that is under way tells how far it is by itself. */
export function JobsPage() {
  const query = useQuery({
    queryKey: ['jobs'],
    queryFn: () => api.get<{ rows: readonly Job[]; schedule: unknown }>('/api/v1/jobs'),
  });
  const queries = useQueryClient();
  const running = query.data?.rows.find((one) => !ended.has(one.run.state))?.run.id;
  useEffect(() => {
    if (running === undefined) return;
    const events = new EventSource(api.runEventsAddress(running));
    const again = () => void queries.invalidateQueries({ queryKey: ['jobs'] });
    events.addEventListener('progress', again);
    events.addEventListener('end', () => {
      events.close();
      again();
    });
    return () => events.close();
  }, [running, queries]);
  return (
    <>
      <PageHead title="Runs">
        {query.data !== undefined &&
          (running === undefined ? 'Nothing is running now.' : `Run ${running} is under way.`)}{' '}
        {query.data !== undefined &&
          (query.data.schedule === null
            ? 'No schedule is configured.'
            : `Schedule: ${JSON.stringify(query.data.schedule)}`)}
      </PageHead>
      <Loaded query={query} what="the runs">
        {({ rows }) =>
          rows.length === 0 ? (
            <Empty>No run yet. Start one with: shadowbill run 2026-10</Empty>
          ) : (
            <TableBox label="Runs">
              <table>
                <caption>Newest first</caption>
                <thead>
                  <tr>
                    {['Run', 'Cycle', 'State', 'Begun', 'Finished', 'Problems of its input'].map((head) => (
                      <th key={head} scope="col">
                        {head}
                      </th>
                    ))}
                    <th scope="col" className="amount">
                      Documents, legacy / Solvimon
                    </th>
                    <th scope="col" className="amount">
                      Chunks
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {rows.map(({ run, progress, problems }) => (
                    <tr key={run.id}>
                      <th scope="row" className="id">
                        <Link to="/runs/$run" params={{ run: run.id }}>
                          {run.id}
                        </Link>
                      </th>
                      <td>
                        <Link to="/cycles/$cycle" params={{ cycle: run.cycle }}>
                          {run.cycle}
                        </Link>
                      </td>
                      <td>
                        {words(run.state)}
                        {run.isComplete === false && (
                          <span className="sub fail">✗ incomplete: {run.incompleteBecause.join('; ')}</span>
                        )}
                      </td>
                      <td className="num">{timeText(run.createdAt)}</td>
                      <td className="num">{run.finishedAt === null ? '–' : timeText(run.finishedAt)}</td>
                      <td>
                        {problems
                          .map(
                            (one) =>
                              `${one.count} × ${one.side} ${one.code}${one.field === null ? '' : ` (${one.field})`}`,
                          )
                          .join(', ') || 'none'}
                      </td>
                      <td className="amount">
                        {progress.documents.legacy} / {progress.documents.solvimon}
                      </td>
                      <td className="amount">
                        {progress.chunks.done} of {progress.chunks.total}
                      </td>
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
