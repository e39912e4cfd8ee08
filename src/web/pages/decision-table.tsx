import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { approverRoles } from '../../model/cohort.js';
import { api } from '../api-client.js';
import { timeText } from '../money-text.js';
import { ColumnHeads, Failure, TableBox, useMay } from '../parts.js';
import type { Decision } from './cohort-types.js';
import { ruleWords } from './gate-words.js';

/** As people write it: FIX-FORWARD. */
export const shown = (kind: string) => kind.replace('_', '-');

/** What was proposed, against what was recommended, and who said what of it. Nothing is ever taken out of it. */
export function DecisionTable({ rows }: { readonly rows: readonly Decision[] }) {
  return (
    <TableBox label="Decisions">
      <table>
        <caption>Newest first; the evidence is the look it was proposed on, frozen</caption>
        <thead>
          <ColumnHeads names={['When', 'Cohort', 'Decision', 'Recommended', 'By', 'Reason', 'State', 'Evidence']} />
        </thead>
        <tbody>
          {rows.map((one) => (
            <tr key={one.id}>
              <td className="num">
                {timeText(one.proposedAt)}
                <span className="sub">from {one.effectiveOn}</span>
              </td>
              <th scope="row">
                <Link to="/cohorts/$cohort" params={{ cohort: one.cohort }}>
                  {one.cohort}
                </Link>
              </th>
              <td>{shown(one.decision)}</td>
              <td>
                {shown(one.recommendation)}
                {one.isOverride && <span className="sub hold">against it, until {one.expiresOn ?? '–'}</span>}
              </td>
              <td>
                {one.proposedBy}
                {one.approvals.map((each) => (
                  <span key={each.approver} className="sub">
                    {each.verdict === 'approve' ? '✓' : '✗'} {each.approver} for {each.role}
                  </span>
                ))}
              </td>
              <td>{one.reason}</td>
              <td>
                {one.state} <Approve one={one} />
              </td>
              <td className="id">
                {ruleWords(one.evaluationReason)}
                <br />
                {one.inputsHash.slice(0, 19)}…
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

function Approve({ one }: { readonly one: Decision }) {
  const queries = useQueryClient();
  const mayApprove = useMay('approve');
  const [role, setRole] = useState<(typeof approverRoles)[number]>(approverRoles[0]);
  const decide = useMutation({
    mutationFn: (verdict: 'approve' | 'reject') =>
      api.post<Decision>(`/api/v1/decisions/${one.id}/approve`, { verdict, role }),
    onSuccess: () => queries.invalidateQueries(),
  });
  if (one.state !== 'waiting') return null;
  const because = mayApprove ? one.mayDecide.because : 'it takes the role approver';
  if (because !== null) return <span className="sub">not by you: {because}</span>;
  return (
    <div className="row">
      <label>
        For{' '}
        <select
          value={role}
          onChange={(event) => setRole(approverRoles.find((each) => each === event.target.value) ?? approverRoles[0])}
        >
          {approverRoles.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </label>
      <button type="button" disabled={decide.isPending} onClick={() => decide.mutate('approve')}>
        Approve
      </button>
      <button type="button" disabled={decide.isPending} onClick={() => decide.mutate('reject')}>
        Reject
      </button>
      {decide.error !== null && <Failure error={decide.error} />}
    </div>
  );
}
