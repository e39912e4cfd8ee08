import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { type Act, type ActOutcome, type ActPreview, api, type Selection } from '../api-client.js';
import { amountText, words } from '../money-text.js';
import { Failure } from '../parts.js';

export type ActKind = Act['kind'];
const titles: Readonly<Record<ActKind, string>> = {
  assign: 'Assign',
  comment: 'Comment',
  status: 'Set status',
  accept: 'Accept',
};
const statuses = ['open', 'investigating', 'fix_solvimon', 'fix_legacy', 'fix_mapping', 'resolved'] as const;

type Props = {
  readonly kind: ActKind;
  readonly cycle: string;
  readonly selection: Selection;
  readonly done: (outcome: ActOutcome, what: string) => void;
  readonly close: () => void;
};

type Fields = {
  readonly text: string;
  readonly expiresOn: string;
  readonly maxAmount: string;
  readonly status: (typeof statuses)[number];
};

/** A day from now, "YYYY-MM-DD". */
function dayAhead(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}

function actOf(kind: ActKind, fields: Fields): Act {
  const text = fields.text.trim();
  switch (kind) {
    case 'assign':
      return { kind, assignee: text === '' ? null : text };
    case 'comment':
      return { kind, text };
    case 'status':
      return { kind, status: fields.status, note: text === '' ? null : text };
    case 'accept':
      return { kind, reason: text, expiresOn: fields.expiresOn, maxAmount: fields.maxAmount };
  }
}

/** Says what an act would do before it is done: the server counts it, and only what was counted can be done. */
export function ActDialog({ kind, cycle, selection, done, close }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const queries = useQueryClient();
  const [fields, setFields] = useState<Fields>({
    text: '',
    expiresOn: dayAhead(30),
    maxAmount: '',
    status: 'investigating',
  });
  useEffect(() => dialog.current?.showModal(), []);
  const act = actOf(kind, fields);
  const preview = useMutation({ mutationFn: () => api.previewWork(cycle, { act, selection }) });
  const apply = useMutation({
    mutationFn: (token: string) => api.work(cycle, { act, selection, token }),
    onSuccess: async (outcome) => {
      await queries.invalidateQueries();
      done(outcome, titles[kind]);
    },
  });
  const set = (change: Partial<Fields>) => {
    setFields((before) => ({ ...before, ...change }));
    preview.reset();
    apply.reset();
  };
  const shown = preview.data;
  return (
    <dialog ref={dialog} aria-labelledby="act-title" onClose={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          // Not disabled while it works: a disabled button would lose the focus of the keyboard.
          if (preview.isPending || apply.isPending) return;
          if (shown === undefined) preview.mutate();
          else apply.mutate(shown.token);
        }}
      >
        <h2 id="act-title">{titles[kind]}</h2>
        {kind === 'status' && (
          <label>
            Status
            <select
              value={fields.status}
              onChange={(event) => set({ status: statuses.find((one) => one === event.target.value) ?? 'open' })}
            >
              {statuses.map((one) => (
                <option key={one} value={one}>
                  {words(one)}
                </option>
              ))}
            </select>
          </label>
        )}
        <label>
          {
            { assign: 'To whom (empty: nobody)', comment: 'Comment', status: 'Note (may be empty)', accept: 'Reason' }[
              kind
            ]
          }
          {kind === 'assign' ? (
            <input autoFocus value={fields.text} onChange={(event) => set({ text: event.target.value })} />
          ) : (
            <textarea
              autoFocus
              required={kind !== 'status'}
              value={fields.text}
              onChange={(event) => set({ text: event.target.value })}
            />
          )}
        </label>
        {kind === 'accept' && (
          <>
            <label>
              No longer from (at most 90 days away)
              <input
                type="date"
                required
                value={fields.expiresOn}
                min={dayAhead(1)}
                max={dayAhead(90)}
                onChange={(event) => set({ expiresOn: event.target.value })}
              />
            </label>
            <label>
              Most money each mismatch may come to, in its own currency
              <input
                required
                inputMode="decimal"
                pattern="\d+(\.\d+)?"
                value={fields.maxAmount}
                onChange={(event) => set({ maxAmount: event.target.value })}
              />
            </label>
          </>
        )}
        {shown !== undefined && <Preview shown={shown} />}
        {preview.error !== null && <Failure error={preview.error} />}
        {apply.error !== null && <Failure error={apply.error} />}
        <div className="row">
          <button type="submit" className="primary" aria-busy={preview.isPending || apply.isPending}>
            {shown === undefined ? 'Show what it would do' : sentence(kind, shown, fields)}
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
        </div>
      </form>
    </dialog>
  );
}

/** What the button will do, written on it. */
function sentence(kind: ActKind, shown: ActPreview, fields: Fields): string {
  const count = `${shown.mismatches} mismatch${shown.mismatches === 1 ? '' : 'es'}`;
  if (kind !== 'accept') return `${titles[kind]}: ${count}`;
  const gross = shown.totals
    .map((one) => `${one.currency ?? ''} ${amountText(one.gross, one.currency)}`.trim())
    .join(', ');
  return `${shown.proposes === null ? 'Accept' : 'Propose to accept'} ${count}, ${gross} gross, until ${fields.expiresOn}`;
}

function Preview({ shown }: { readonly shown: ActPreview }) {
  return (
    <div role="status">
      {shown.proposes !== null && <p className="hold">It will wait for a second person: {shown.proposes}.</p>}
      <table>
        <caption>
          {shown.keys} decisions over {shown.mismatches} mismatches; the first {shown.sample.length}
        </caption>
        <thead>
          <tr>
            <th scope="col">Customer</th>
            <th scope="col">Status now</th>
            <th scope="col" className="amount">
              Mismatches
            </th>
            <th scope="col" className="amount">
              Gross
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.sample.slice(0, 5).map((one) => (
            <tr key={one.key}>
              <th scope="row">{one.customer ?? '–'}</th>
              <td>{words(one.status)}</td>
              <td className="amount">{one.mismatches}</td>
              <td className="amount">
                {amountText(one.gross, one.currency)} {one.currency}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
