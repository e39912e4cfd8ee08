import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, type CycleDetail } from '../api-client.js';
import { timeText } from '../money-text.js';
import { Failure, useMay } from '../parts.js';

/** Who signed what; buttons that cannot be pressed say why. A signature is bound to the numbers that were looked at. */
export function SignOff({ detail }: { readonly detail: CycleDetail }) {
  const { signoff, cycle } = detail;
  const queries = useQueryClient();
  const [text, setText] = useState(signoff.certification);
  const [reason, setReason] = useState('');
  const hash = cycle.resultHash ?? '';
  const sign = useMutation({
    mutationFn: (what: 'prepare' | 'review' | 'reopen') =>
      what === 'reopen'
        ? api.reopen(cycle.cycle, reason)
        : api[what](cycle.cycle, { resultHash: hash, certification: text }),
    onSuccess: () => queries.invalidateQueries(),
  });
  const mayWork = useMay('work');
  const mayApprove = useMay('approve');
  const acts = [
    {
      what: 'prepare',
      label: 'Sign as preparer',
      able: signoff.canPrepare,
      isMine: mayWork,
      role: 'analyst or approver',
    },
    { what: 'review', label: 'Sign as reviewer', able: signoff.canReview, isMine: mayApprove, role: 'approver' },
    { what: 'reopen', label: 'Reopen', able: signoff.canReopen, isMine: mayApprove, role: 'approver' },
  ] as const;
  return (
    <section className="form" aria-labelledby="sign-off">
      <h2 id="sign-off">Sign-off</h2>
      {signoff.signatures.length === 0 ? (
        <p className="muted">
          Nobody has signed. It takes a preparer and {signoff.wanted} other{signoff.wanted === 1 ? '' : 's'}.
        </p>
      ) : (
        <ul className="signed">
          {signoff.signatures.map((one) => (
            <li key={`${one.round}${one.person}${one.part}`}>
              {one.person}, {one.part}, {timeText(one.signedAt)}{' '}
              {one.counts ? <span className="ok">✓ counts</span> : <span className="hold">no longer counts</span>}
            </li>
          ))}
        </ul>
      )}
      <label>
        What you certify
        <textarea value={text} onChange={(event) => setText(event.target.value)} />
      </label>
      <label>
        Reason, to reopen
        <input value={reason} onChange={(event) => setReason(event.target.value)} />
      </label>
      <p className="muted">
        Bound to result <span className="id">{hash}</span>
      </p>
      {acts.map(({ what, label, able, isMine, role }) => {
        const because = !isMine ? `it takes the role ${role}` : able.because;
        return (
          <div key={what} className="row">
            <button
              type="button"
              disabled={!isMine || !able.may || sign.isPending || (what === 'reopen' && reason.trim() === '')}
              onClick={() => sign.mutate(what)}
            >
              {label}
            </button>
            {because !== null && <span className="muted">{because}</span>}
          </div>
        );
      })}
      {sign.error !== null && <Failure error={sign.error} />}
    </section>
  );
}
