import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { decisionKinds } from '../../model/cohort.js';
import { api } from '../api-client.js';
import { Failure, useMay } from '../parts.js';
import type { CohortRow, Decision, DecisionBody, Weighed } from './cohort-types.js';
import { useWeighed } from './consequences.js';
import { shown } from './decision-table.js';

/** Proposes a decision. Its button says whom it moves and when, as the server weighed it. */
export function Propose({ cohort }: { readonly cohort: CohortRow }) {
  const queries = useQueryClient();
  const mayWork = useMay('work');
  const weighed = useWeighed(cohort.id).data;
  const recommended = weighed?.recommendation ?? cohort.look?.recommendation ?? 'HOLD';
  const [chosen, setChosen] = useState<(typeof decisionKinds)[number] | null>(null);
  const decision = chosen ?? recommended;
  const [reason, setReason] = useState('');
  const [expiresOn, setExpiresOn] = useState('');
  const [effectiveOn, setEffectiveOn] = useState('');
  const own = weighed?.decisions.find((one) => one.decision === decision);
  const isMove = decision === 'EXPAND' || decision === 'ROLLBACK';
  const propose = useMutation({
    mutationFn: () => {
      const body: DecisionBody = {
        decision,
        reason,
        ...(own?.isOverride === true && expiresOn !== '' && { expiresOn }),
        ...(isMove && effectiveOn !== '' && { effectiveOn }),
      };
      return api.post<Decision>(`/api/v1/cohorts/${encodeURIComponent(cohort.id)}/decisions`, body);
    },
    onSuccess: () => queries.invalidateQueries(),
  });
  return (
    <form
      className="form"
      aria-labelledby="propose"
      onSubmit={(event) => {
        event.preventDefault();
        propose.mutate();
      }}
    >
      <h2 id="propose">Propose a decision</h2>
      <label>
        Decision{' '}
        <select
          value={decision}
          onChange={(event) => setChosen(decisionKinds.find((one) => one === event.target.value) ?? 'HOLD')}
        >
          {decisionKinds.map((one) => (
            <option key={one} value={one}>
              {shown(one)}
              {one === recommended ? ' (recommended)' : ''}
            </option>
          ))}
        </select>
      </label>
      {isMove && weighed !== undefined && (
        <label>
          From{' '}
          <select value={effectiveOn} onChange={(event) => setEffectiveOn(event.target.value)}>
            {weighed.boundaries.map(({ on, obstacles }, index) => (
              <option key={on} value={index === 0 ? '' : on}>
                {on}
                {obstacles.length > 0 ? ` (${obstacles.length} in the way)` : ''}
              </option>
            ))}
          </select>
        </label>
      )}
      <label>
        Reason
        <textarea required value={reason} onChange={(event) => setReason(event.target.value)} />
      </label>
      {own?.isOverride === true && (
        <label>
          Ends on (it is less careful than {shown(recommended)}, so it needs an end and two others must agree){' '}
          <input type="date" required value={expiresOn} onChange={(event) => setExpiresOn(event.target.value)} />
        </label>
      )}
      {own !== undefined && own.refusal !== null && <p className="fail">✗ It cannot be proposed: {own.refusal}.</p>}
      <button
        type="submit"
        className="primary"
        disabled={!mayWork || propose.isPending || reason.trim() === '' || (own !== undefined && own.refusal !== null)}
      >
        {sentence(decision, own, effectiveOn)}
      </button>
      {!mayWork && <p className="muted">It takes the role analyst or approver.</p>}
      {propose.data !== undefined && (
        <p role="status">
          {propose.data.neededApprovals === 0
            ? 'Written down; it is in force at once.'
            : `Proposed; it waits for ${propose.data.neededApprovals} other ${propose.data.neededApprovals === 1 ? 'person' : 'people'}.`}
        </p>
      )}
      {propose.error !== null && <Failure error={propose.error} />}
    </form>
  );
}

/** What the button will do, written on it. */
function sentence(decision: string, own: Weighed['decisions'][number] | undefined, effectiveOn: string): string {
  if (own === undefined) return `Propose ${shown(decision)}`;
  const from = effectiveOn === '' ? own.effectiveOn : effectiveOn;
  if (own.moves.length === 0) return `Propose ${shown(decision)}: nobody moves`;
  const count = `${own.moves.length} ${own.moves.length === 1 ? 'customer' : 'customers'}`;
  return `Propose ${shown(decision)}: ${count} ${decision === 'EXPAND' ? 'to Solvimon' : 'back to legacy'} from ${from}`;
}
