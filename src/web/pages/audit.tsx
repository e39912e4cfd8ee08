import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { api, type AuditEntry } from '../api-client.js';
import { timeText } from '../money-text.js';
import { ColumnHeads, Empty, Failure, PageHead, TableBox } from '../parts.js';

type Verified = {
  readonly isWhole: boolean;
  readonly entries: number;
  readonly broken: { readonly seq: string; readonly because: string } | null;
};

/** Who did what and when; each entry holds the hash of the one before, and the page says whether they still agree. */
export function AuditPage() {
  const verified = useQuery({ queryKey: ['audit-verify'], queryFn: () => api.get<Verified>('/api/v1/audit/verify') });
  const pages = useInfiniteQuery({
    queryKey: ['audit'],
    queryFn: ({ pageParam }) => api.audit(pageParam === null ? {} : { before: pageParam }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.before,
  });
  const rows = pages.data?.pages.flatMap((one) => one.rows) ?? [];
  return (
    <>
      <PageHead title="Audit log">
        {verified.data !== undefined &&
          (verified.data.isWhole ? (
            <span className="ok">
              ✓ whole: every hash of {verified.data.entries} entries was computed again and agrees
            </span>
          ) : (
            <span className="fail">
              ✗ broken at entry {verified.data.broken?.seq}: {verified.data.broken?.because}
            </span>
          ))}
      </PageHead>
      {pages.error !== null && <Failure error={pages.error} retry={() => void pages.refetch()} />}
      {pages.isPending && <p role="status">Reading the log…</p>}
      {pages.data !== undefined && rows.length === 0 && <Empty>Nobody has done anything yet.</Empty>}
      {rows.length > 0 && <Entries rows={rows} />}
      {pages.hasNextPage && (
        <button type="button" onClick={() => void pages.fetchNextPage()}>
          Older entries
        </button>
      )}
    </>
  );
}

function Entries({ rows }: { readonly rows: readonly AuditEntry[] }) {
  return (
    <TableBox label="Audit log">
      <table>
        <caption>Newest first</caption>
        <thead>
          <ColumnHeads names={['No.', 'When', 'Who', 'By', 'What', 'On', 'Detail', 'Hash']} />
        </thead>
        <tbody>
          {rows.map((one) => (
            <tr key={one.seq}>
              <th scope="row" className="num">
                {one.seq}
              </th>
              <td className="num">{timeText(one.at)}</td>
              <td>{one.actor}</td>
              <td>{one.via}</td>
              <td>{one.action}</td>
              <td className="id">{one.subject}</td>
              <td>
                <details>
                  <summary>show</summary>
                  <code>{JSON.stringify(one.detail, null, 1)}</code>
                </details>
              </td>
              <td className="id">{one.hash.slice(0, 12)}…</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}
