import { useQuery } from '@tanstack/react-query';
import { api } from '../api-client.js';
import { amountText, words } from '../money-text.js';
import { ColumnHeads, Empty, Loaded, PageHead, TableBox } from '../parts.js';
import { useCycle } from '../shell.js';

type Settings = {
  readonly file: string;
  readonly hash: string;
  readonly timezone: string;
  readonly values: readonly { readonly path: string; readonly value: string; readonly source: string }[];
  readonly known: readonly {
    readonly id: string;
    readonly reason: string;
    readonly owner: string;
    readonly expires: string;
    readonly maxAmount: string;
    readonly hasExpired: boolean;
  }[];
};
type Coverage = {
  readonly rows: readonly {
    readonly chargeKey: string;
    readonly currency: string;
    readonly isMapped: boolean;
    readonly legacyLines: number;
    readonly legacyNet: string | null;
    readonly solvimonLines: number;
    readonly solvimonNet: string | null;
  }[];
};

/** What is configured, from which line, and whether both systems know the same products. Read only: the file is the truth. */
export function SettingsPage() {
  const query = useQuery({ queryKey: ['settings'], queryFn: () => api.get<Settings>('/api/v1/settings') });
  const cycle = useCycle();
  return (
    <>
      <PageHead title="Settings">
        {query.data !== undefined && (
          <>
            {query.data.file}, {query.data.timezone}, hash <span className="id">{query.data.hash.slice(0, 16)}</span>.
            It is changed in the file, not here.
          </>
        )}
      </PageHead>
      {cycle !== null && <MappingCoverage cycle={cycle} />}
      <Loaded query={query} what="the settings">
        {(found) => (
          <>
            <h2>Known differences, the next to expire first</h2>
            {found.known.length === 0 ? (
              <Empty>None is configured.</Empty>
            ) : (
              <Rows
                caption="Known differences"
                heads={['Id', 'Reason', 'Owner', 'Expires', 'At most']}
                rows={found.known.map((one) => [
                  one.id,
                  one.reason,
                  one.owner,
                  one.hasExpired ? `${one.expires}, expired` : one.expires,
                  amountText(one.maxAmount, null),
                ])}
              />
            )}
            <h2>Every value and where it is from</h2>
            <Rows
              caption="The configuration that is in force; secrets are never in it"
              heads={['Name', 'Value', 'From']}
              rows={found.values.map((one) => [one.path, one.value, one.source])}
            />
          </>
        )}
      </Loaded>
    </>
  );
}

function Rows({
  caption,
  heads,
  rows,
}: {
  readonly caption: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
}) {
  return (
    <TableBox label={caption}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <ColumnHeads names={heads} />
        </thead>
        <tbody>
          {rows.map(([first = '', ...rest]) => (
            <tr key={`${first}${rest.join()}`}>
              <th scope="row">{words(first)}</th>
              {rest.map((text, index) => (
                <td key={heads[index]}>{text}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

function MappingCoverage({ cycle }: { readonly cycle: string }) {
  const query = useQuery({
    queryKey: ['coverage', cycle],
    queryFn: () => api.get<Coverage>('/api/v1/mapping/coverage', { cycle }),
  });
  return (
    <>
      <h2>Products of {cycle} on both sides</h2>
      <Loaded query={query} what="the mapping">
        {({ rows }) => (
          <TableBox label="Mapping coverage">
            <table>
              <caption>What only one side knows stands first; net amounts</caption>
              <thead>
                <tr>
                  <th scope="col">Charge</th>
                  <th scope="col">Mapped</th>
                  {['Legacy lines', 'Legacy net', 'Solvimon lines', 'Solvimon net'].map((head) => (
                    <th key={head} scope="col" className="amount">
                      {head}
                    </th>
                  ))}
                  <th scope="col">Currency</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((one) => (
                  <tr key={`${one.chargeKey}${one.currency}${String(one.isMapped)}`}>
                    <th scope="row">{one.chargeKey}</th>
                    <td>
                      {one.isMapped ? <span className="ok">✓ mapped</span> : <span className="fail">✗ not mapped</span>}
                    </td>
                    <td className="amount">{one.legacyLines}</td>
                    <td className="amount">{amountText(one.legacyNet, one.currency)}</td>
                    <td className="amount">{one.solvimonLines}</td>
                    <td className="amount">{amountText(one.solvimonNet, one.currency)}</td>
                    <td>{one.currency}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </TableBox>
        )}
      </Loaded>
    </>
  );
}
