import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { api } from '../api-client.js';
import { cycleName, signedText, words } from '../money-text.js';
import { Empty, Loaded, PageHead, TableBox } from '../parts.js';

/** Differences of quantity. Counts of events by meter are shown once a run takes them; without them nothing is claimed about the pipeline. */
export function UsagePage() {
  const { cycle = '' } = useParams({ strict: false });
  const query = useQuery({ queryKey: ['causes', cycle], queryFn: () => api.causes(cycle) });
  return (
    <>
      <PageHead title={`Usage of ${cycleName(cycle)}`}>Did both systems bill the same quantities?</PageHead>
      <Empty>
        No count of source events by meter is kept for this cycle, so nothing is said here about late, rejected or
        duplicated events. What the invoices themselves show of quantities stands below.
      </Empty>
      <Loaded query={query} what="differences of quantity">
        {(list) => {
          const rows = list.causes.filter((one) => one.cause.startsWith('usage.'));
          if (rows.length === 0) return <p>No invoice of this cycle differs in quantity.</p>;
          return (
            <TableBox label="Differences of quantity">
              <table>
                <caption>Mismatches whose cause is usage, by currency</caption>
                <thead>
                  <tr>
                    <th scope="col">Cause</th>
                    <th scope="col">Currency</th>
                    {['Mismatches', 'Customers', '▲ Over', '▼ Under'].map((head) => (
                      <th key={head} scope="col" className="amount">
                        {head}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {rows.map((one) => (
                    <tr key={`${one.cause}${one.currency}`}>
                      <th scope="row">
                        <Link
                          to="/cycles/$cycle/mismatches"
                          params={{ cycle }}
                          search={{
                            cause: one.cause,
                            status: 'any',
                            ...(one.currency !== null && { currency: one.currency }),
                          }}
                        >
                          {words(one.cause)}
                        </Link>
                      </th>
                      <td>{one.currency ?? '–'}</td>
                      <td className="amount">{one.mismatches}</td>
                      <td className="amount">{one.customers}</td>
                      <td className="amount over">{signedText(one.over, one.currency)}</td>
                      <td className="amount under">{signedText(one.under, one.currency)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </TableBox>
          );
        }}
      </Loaded>
    </>
  );
}
