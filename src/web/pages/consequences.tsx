import { useQuery } from '@tanstack/react-query';
import { api } from '../api-client.js';
import { amountText, timeText } from '../money-text.js';
import { ColumnHeads, Loaded, TableBox } from '../parts.js';
import type { Weighed } from './cohort-types.js';
import { shown } from './decision-table.js';

export const useWeighed = (cohort: string) =>
  useQuery({
    queryKey: ['consequences', cohort],
    queryFn: () => api.get<Weighed>(`/api/v1/cohorts/${encodeURIComponent(cohort)}/consequences`),
  });

/** The four decisions side by side before anybody takes one: who moves, when, and whose word it takes. */
export function Consequences({ cohort }: { readonly cohort: string }) {
  const query = useWeighed(cohort);
  return (
    <>
      <h2>What each decision would do</h2>
      <Loaded query={query} what="what each decision would do">
        {(weighed) => (
          <>
            <DecisionRows weighed={weighed} />
            <Boundaries weighed={weighed} />
            <Checklist weighed={weighed} />
            <Issued weighed={weighed} />
          </>
        )}
      </Loaded>
    </>
  );
}

const customers = (count: number) => `${count} ${count === 1 ? 'customer' : 'customers'}`;

function whoMoves({ decision, moves }: Weighed['decisions'][number]): string {
  if (moves.length === 0) return 'nobody moves';
  return decision === 'EXPAND'
    ? `${customers(moves.length)} from legacy to Solvimon`
    : `${customers(moves.length)} from Solvimon back to legacy`;
}

function wordsOf({ approvals, roles }: Weighed['decisions'][number]): string {
  if (approvals === 0) return 'nobody';
  const people = `${approvals} other ${approvals === 1 ? 'person' : 'people'}`;
  return roles.length === 0 ? people : `${people}, of ${roles.join(' and ')}`;
}

function DecisionRows({ weighed }: { readonly weighed: Weighed }) {
  return (
    <TableBox label="What each decision would do">
      <table>
        <caption>
          On the data of {weighed.cycle}; {customers(weighed.live.members)} of this cohort and {weighed.live.all} of all
          are with Solvimon from {weighed.boundaries[0]?.on} as things stand
          {weighed.revenueShareAfter !== null &&
            `; an EXPAND brings ${(Math.ceil(weighed.revenueShareAfter * 10_000) / 100).toFixed(2)} % of the revenue there`}
        </caption>
        <thead>
          <tr>
            {['Decision', 'Who moves', 'From', 'Then the cohort stands at', 'Must be agreed by', 'Possible now'].map(
              (head) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {weighed.decisions.map((one) => (
            <tr key={one.decision}>
              <th scope="row">
                {shown(one.decision)}
                {one.isRecommended && <span className="sub">recommended</span>}
                {one.isOverride && <span className="sub hold">less careful than recommended</span>}
              </th>
              <td>
                {whoMoves(one)}
                {one.moves.length > 0 && (
                  <details>
                    <summary>names</summary>
                    <span className="id">{one.moves.join(', ')}</span>
                  </details>
                )}
              </td>
              <td className="num">{one.effectiveOn}</td>
              <td>
                {one.standing === null
                  ? '–'
                  : one.standing.stage === weighed.standing.stage && one.standing.step === weighed.standing.step
                    ? `${one.standing.stage}, step ${one.standing.step} as now`
                    : `${one.standing.stage}, step ${one.standing.step}`}
              </td>
              <td>{wordsOf(one)}</td>
              <td>
                {one.refusal === null ? (
                  <span className="ok">✓ yes</span>
                ) : (
                  <span className="fail">✗ no: {one.refusal}</span>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

function Boundaries({ weighed }: { readonly weighed: Weighed }) {
  return (
    <TableBox label="Next billing boundaries">
      <table>
        <caption>Next billing boundaries: customers change systems on these days only</caption>
        <thead>
          <ColumnHeads names={['On', 'Decide by', 'First bill run in Solvimon', 'Legacy is closed', 'In the way']} />
        </thead>
        <tbody>
          {weighed.boundaries.map((one) => (
            <tr key={one.on}>
              <th scope="row" className="num">
                {one.on}
              </th>
              <td className="num">{one.decideBy}</td>
              <td className="num">{one.firstBillRunOn}</td>
              <td className="num">{one.closedOn}</td>
              <td>{one.obstacles.join('; ') || 'nothing'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

const marks = {
  ready: ['ok', '✓ ready'],
  not_ready: ['fail', '✗ not ready'],
  unknown: ['hold', '? not shown yet'],
} as const;

function Checklist({ weighed }: { readonly weighed: Weighed }) {
  const { wayBack, doubleBilled } = weighed;
  return (
    <>
      <h3>Before anybody goes live</h3>
      <ul className="working">
        <li>
          {doubleBilled.length === 0 ? <span className="ok">✓ ready</span> : <span className="fail">✗ not ready</span>}{' '}
          One biller only: {doubleBilled.length === 0 ? 'nobody' : doubleBilled.map((one) => one.customer).join(', ')}{' '}
          would be billed by two systems
        </li>
        {weighed.checklist.map((one) => {
          const [className, mark] = marks[one.state];
          return (
            <li key={one.id}>
              <span className={className}>{mark}</span> {one.title} ({one.why})
            </li>
          );
        })}
        {wayBack !== null && (
          <li>
            {wayBack.isPassed ? <span className="fail">✗ closed</span> : <span className="ok">✓ open</span>} Way back:{' '}
            {wayBack.because}, {timeText(wayBack.at)}
          </li>
        )}
      </ul>
    </>
  );
}

const fates = {
  stays: 'stays as it is: its period ends by the boundary',
  credit: 'must be credited: legacy would bill part of its period again',
  look: 'needs a look: it has no period',
} as const;

/** What a rollback finds. Nothing is done to any invoice: each fate is what a person has to see to. */
function Issued({ weighed }: { readonly weighed: Weighed }) {
  const { issued } = weighed;
  if (issued.totals.length === 0) return null;
  return (
    <>
      <h3>Invoices that Solvimon has already issued to customers whom a ROLLBACK would take back</h3>
      <ul className="working">
        {issued.totals.map((one) => (
          <li key={`${one.currency}${one.fate}`}>
            {one.count} with {one.currency} {amountText(one.gross, one.currency)}: {fates[one.fate]}
          </li>
        ))}
      </ul>
      <details>
        <summary>By name ({issued.rows.length})</summary>
        <TableBox label="Issued invoices">
          <table>
            <caption>Those that want a person first</caption>
            <thead>
              <tr>
                {['Customer', 'Invoice', 'Cycle'].map((head) => (
                  <th key={head} scope="col">
                    {head}
                  </th>
                ))}
                <th scope="col" className="amount">
                  Total
                </th>
                <th scope="col">What becomes of it</th>
              </tr>
            </thead>
            <tbody>
              {issued.rows.map((one) => (
                <tr key={`${one.cycle}${one.document}`}>
                  <th scope="row">{one.customer}</th>
                  <td className="id">{one.number ?? one.document}</td>
                  <td>{one.cycle}</td>
                  <td className="amount">
                    {amountText(one.gross, one.currency)} {one.currency}
                  </td>
                  <td>{fates[one.fate]}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableBox>
      </details>
    </>
  );
}
