import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { api, type RootCause } from '../api-client.js';
import { cycleName, signedText, words } from '../money-text.js';
import { Empty, Loaded, PageHead, TableBox } from '../parts.js';

/** What to mend, by what it would bring. What nobody can explain stands first and cannot be hidden: the server orders it so. */
export function CausesPage() {
  const { cycle = '' } = useParams({ strict: false });
  const query = useQuery({ queryKey: ['causes', cycle], queryFn: () => api.causes(cycle) });
  const rows = query.data?.rootCauses ?? [];
  const unexplained = rows.filter((one) => one.cause === 'unexplained').reduce((sum, one) => sum + one.mismatches, 0);
  return (
    <>
      <PageHead title={`Root causes of ${cycleName(cycle)}`}>
        {query.data !== undefined &&
          `${rows.length} root causes; ${unexplained} mismatches have no explanation and stand first.`}
      </PageHead>
      <Loaded query={query} what="the root causes">
        {(list) =>
          list.rootCauses.length === 0 ? (
            <Empty>Nothing differs in this cycle.</Empty>
          ) : (
            <CauseTable cycle={cycle} rows={list.rootCauses} />
          )
        }
      </Loaded>
    </>
  );
}

function CauseTable({ cycle, rows }: { readonly cycle: string; readonly rows: readonly RootCause[] }) {
  return (
    <TableBox label="Root causes">
      <table>
        <caption>Mismatches of one shape together; currencies apart</caption>
        <thead>
          <tr>
            <th scope="col">Cause</th>
            <th scope="col">Status</th>
            {['Pairs', 'Customers', 'Proven', '▲ Over', '▼ Under', 'If mended'].map((head) => (
              <th key={head} scope="col" className="amount">
                {head}
              </th>
            ))}
            <th scope="col">Smallest examples</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((one) => (
            <tr key={`${one.fingerprint}${one.currency}`}>
              <th scope="row">
                <Link
                  to="/cycles/$cycle/mismatches"
                  params={{ cycle }}
                  search={{ fingerprint: one.fingerprint, status: 'any' }}
                >
                  {words(one.cause)}
                </Link>
                <span className="sub">
                  {[one.level, one.chargeKey, one.currency].filter((part) => part !== null).join(', ')}
                </span>
              </th>
              <td>
                {words(one.status)}
                {one.acceptedUntil === null ? '' : ` until ${one.acceptedUntil}`}
                <span className="sub">
                  {one.owner ?? 'no owner'}, since {one.firstCycle}
                </span>
              </td>
              <td className="amount">{one.pairs}</td>
              <td className="amount">{one.customers}</td>
              <td className="amount">
                {one.proven} of {one.mismatches}
              </td>
              <td className="amount over">{signedText(one.over, one.currency)}</td>
              <td className="amount under">{signedText(one.under, one.currency)}</td>
              <td className="amount">
                {one.wouldMatch} match<span className="sub">{one.pairs - one.wouldMatch} remain</span>
              </td>
              <td className="id">
                {one.examples.map((id) => (
                  <div key={id}>
                    <Link to="/cycles/$cycle/mismatches" params={{ cycle }} search={{ search: id, status: 'any' }}>
                      {id}
                    </Link>
                  </div>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}
