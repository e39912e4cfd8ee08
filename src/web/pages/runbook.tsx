import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { api } from '../api-client.js';
import { Loaded, PageHead } from '../parts.js';

type Runbook = { readonly runbook: string; readonly kind: string; readonly text: string };

/** What to do about an alert, as it is written in the documentation. */
export function RunbookPage() {
  const { runbook } = useParams({ strict: false }) as { readonly runbook: string };
  const query = useQuery({
    queryKey: ['runbook', runbook],
    queryFn: () => api.get<Runbook>(`/api/v1/runbooks/${encodeURIComponent(runbook)}`),
  });
  const heading = /^# (.+)$/m.exec(query.data?.text ?? '')?.[1];
  return (
    <>
      <PageHead title={heading ?? 'What to do'}>
        <Link to="/alerts">All alerts</Link>
      </PageHead>
      <Loaded query={query} what="the runbook">
        {({ text }) => <pre className="runbook">{text.replace(/^# .+\n+/, '')}</pre>}
      </Loaded>
    </>
  );
}
