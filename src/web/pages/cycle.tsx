import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { api, type CycleDetail, type Proposal, type Statement } from '../api-client.js';
import { amountText, cycleName, signedText, timeText, words } from '../money-text.js';
import { Empty, Failure, Loaded, Notice, PageHead, TableBox, useMay } from '../parts.js';
import { SignOff } from './sign-off.js';

const steps = ['collecting', 'comparable', 'in_review', 'signed', 'closed'];

/** One cycle as an accountant reads it: from the legacy total to Solvimon's, step by step, down to zero. */
export function CyclePage() {
  const { cycle = '' } = useParams({ strict: false });
  const query = useQuery({ queryKey: ['cycle', cycle], queryFn: () => api.cycle(cycle) });
  const address = `/api/v1/cycles/${encodeURIComponent(cycle)}/report`;
  return (
    <>
      <PageHead
        title={cycleName(cycle)}
        actions={
          <>
            <a className="button" href={address} target="_blank" rel="noreferrer">
              Report to print
            </a>
            <a className="button" href={`${address}.pdf`}>
              PDF
            </a>
          </>
        }
      >
        {query.data !== undefined && (
          <>
            {query.data.work.open} mismatches are open, {query.data.work.accepted} accepted, {query.data.work.stale}{' '}
            stale, {query.data.work.expired} expired.
          </>
        )}
      </PageHead>
      <Loaded query={query} what="the cycle">
        {(detail) => <Detail detail={detail} />}
      </Loaded>
    </>
  );
}

function Detail({ detail }: { readonly detail: CycleDetail }) {
  const { cycle } = detail;
  return (
    <>
      <ol className="steps" aria-label="Where the cycle stands">
        {[...new Set([...steps, cycle.state])].map((state) => (
          <li key={state} aria-current={state === cycle.state ? 'step' : undefined}>
            {words(state)}
            {state === cycle.state && cycle.since !== null ? `, since ${timeText(cycle.since)}` : ''}
          </li>
        ))}
      </ol>
      {cycle.isComplete === false && (
        <Notice title="The newest run is not complete">
          {detail.run?.incompleteBecause.join('; ')}. Its numbers are not the whole cycle.
        </Notice>
      )}
      <div className="columns">
        <div>
          <h2>Statement</h2>
          {detail.statement.length === 0 && <Empty>No run of this cycle has finished yet.</Empty>}
          {detail.statement.map((one) => (
            <StatementTable key={one.currency} statement={one} cycle={cycle.cycle} />
          ))}
          <Outside detail={detail} />
          <Readiness detail={detail} />
        </div>
        <aside aria-label="Sign-off">
          <SignOff detail={detail} />
          <Proposals cycle={cycle.cycle} />
        </aside>
      </div>
    </>
  );
}

const stepTexts = {
  only_solvimon: 'only Solvimon',
  only_legacy: 'only legacy',
  cause: '',
  accepted: 'accepted',
} as const;

function StatementTable({ statement, cycle }: { readonly statement: Statement; readonly cycle: string }) {
  const { currency } = statement;
  return (
    <TableBox label={`Statement in ${currency}`}>
      <table>
        <caption>From legacy to Solvimon in {currency}</caption>
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col" className="amount">
              Mismatches
            </th>
            <th scope="col" className="amount">
              Pairs
            </th>
            <th scope="col" className="amount">
              {currency}
            </th>
          </tr>
        </thead>
        <tbody>
          <tr className="total">
            <th scope="row">Legacy total</th>
            <td />
            <td />
            <td className="amount">{amountText(statement.legacy, currency)}</td>
          </tr>
          {statement.steps.map((step) => (
            <tr key={`${step.kind}${step.cause}`}>
              <th scope="row">
                <Link
                  to="/cycles/$cycle/mismatches"
                  params={{ cycle }}
                  search={{
                    currency,
                    status: step.kind === 'accepted' ? 'accepted' : 'any',
                    ...(step.cause !== null && { cause: step.cause }),
                    ...(step.kind.startsWith('only') && { state: step.kind }),
                  }}
                >
                  {[stepTexts[step.kind], step.cause === null ? '' : words(step.cause)]
                    .filter((text) => text !== '')
                    .join(', ')}
                </Link>
              </th>
              <td className="amount">{step.mismatches}</td>
              <td className="amount">{step.pairs}</td>
              <td className="amount">{signedText(step.amount, currency)}</td>
            </tr>
          ))}
          <tr className="total">
            <th scope="row">Solvimon total</th>
            <td />
            <td />
            <td className="amount">{amountText(statement.solvimon, currency)}</td>
          </tr>
        </tbody>
        <tfoot>
          <tr>
            <th scope="row" colSpan={3}>
              {statement.difference === '0' ? '✓ foots to zero' : '✗ does not foot: our bug, do not sign'}
            </th>
            <td className="amount">{amountText(statement.difference, currency)}</td>
          </tr>
        </tfoot>
      </table>
    </TableBox>
  );
}

function Outside({ detail }: { readonly detail: CycleDetail }) {
  if (detail.outside.length === 0) return null;
  return (
    <>
      <h2>Not in the statement</h2>
      <ul>
        {detail.outside.map((one) => (
          <li key={`${one.currency}${one.state}`}>
            {one.pairs} {words(one.state)}: {one.currency ?? 'two currencies'}, legacy{' '}
            {amountText(one.legacy, one.currency)}, Solvimon {amountText(one.solvimon, one.currency)}
          </li>
        ))}
      </ul>
    </>
  );
}

function Readiness({ detail }: { readonly detail: CycleDetail }) {
  return (
    <>
      <h2>Were the sources ready?</h2>
      <TableBox label="Sources">
        <table>
          <caption>What each side gave to the newest run</caption>
          <thead>
            <tr>
              <th scope="col">Side</th>
              <th scope="col">Complete</th>
              <th scope="col" className="amount">
                Read
              </th>
              <th scope="col" className="amount">
                Unreadable
              </th>
              <th scope="col">By status</th>
              <th scope="col">Hash</th>
            </tr>
          </thead>
          <tbody>
            {detail.readiness.map((one) => (
              <tr key={one.side}>
                <th scope="row">{one.side}</th>
                <td>
                  {one.isComplete === true ? (
                    <span className="ok">✓ complete</span>
                  ) : one.isComplete === false ? (
                    <span className="fail">✗ {one.incompleteBecause.join('; ')}</span>
                  ) : (
                    <span className="hold">? not known</span>
                  )}
                </td>
                <td className="amount">{one.emitted}</td>
                <td className="amount">{one.rejected}</td>
                <td>{one.documents.map((each) => `${each.count} ${each.rawStatus}`).join(', ')}</td>
                <td className="id">{one.inputHash?.slice(0, 16) ?? '–'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
    </>
  );
}

/** Acceptances that wait for a second person, with the word of that person beside them. */
function Proposals({ cycle }: { readonly cycle: string }) {
  const query = useQuery({ queryKey: ['proposals', cycle], queryFn: () => api.proposals({ cycle, state: 'waiting' }) });
  return (
    <>
      <h2>Waiting for a second person</h2>
      <Loaded query={query} what="proposals">
        {({ rows }) =>
          rows.length === 0 ? (
            <p className="muted">No acceptance waits.</p>
          ) : (
            rows.map((one) => <Waiting key={one.id} one={one} />)
          )
        }
      </Loaded>
    </>
  );
}

function Waiting({ one }: { readonly one: Proposal }) {
  const queries = useQueryClient();
  const mayApprove = useMay('approve');
  const [comment, setComment] = useState('');
  const decide = useMutation({
    mutationFn: (verdict: 'approve' | 'reject') =>
      api.decideProposal(one.id, verdict, comment.trim() === '' ? null : comment),
    onSuccess: () => queries.invalidateQueries(),
  });
  const because = !mayApprove ? 'it takes the role approver' : one.mayDecide.because;
  return (
    <div className="form">
      <p>
        {one.proposedBy} proposes to accept {one.keys}:{' '}
        {one.totals.map((each) => `${each.currency ?? ''} ${amountText(each.gross, each.currency)}`).join(', ')} gross.
        Needs a second person: {one.why}.
      </p>
      <label>
        Comment <input value={comment} onChange={(event) => setComment(event.target.value)} />
      </label>
      <div className="row">
        {(['approve', 'reject'] as const).map((verdict) => (
          <button
            key={verdict}
            type="button"
            disabled={because !== null || decide.isPending}
            onClick={() => decide.mutate(verdict)}
          >
            {verdict === 'approve' ? 'Approve' : 'Reject'}
          </button>
        ))}
      </div>
      {because !== null && <p className="muted">Not by you: {because}.</p>}
      {decide.error !== null && <Failure error={decide.error} />}
    </div>
  );
}
