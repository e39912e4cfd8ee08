import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { type ActOutcome, api } from '../api-client.js';
import { words } from '../money-text.js';

export type Done = { readonly outcome: ActOutcome; readonly what: string };

/** What was just done, with a way back while it is simple. Later a reversal takes a reason. */
export function UndoBar({ done }: { readonly done: Done }) {
  const { outcome, what } = done;
  const queries = useQueryClient();
  const [isLate, setLate] = useState(false);
  const undo = useMutation({
    mutationFn: (batch: string) => api.takeBack(batch, null),
    onSuccess: () => queries.invalidateQueries(),
  });
  useEffect(() => {
    setLate(false);
    if (outcome.undoUntil === null) return;
    const timer = setTimeout(() => setLate(true), new Date(outcome.undoUntil).getTime() - Date.now());
    return () => clearTimeout(timer);
  }, [outcome]);
  const { batch } = outcome;
  return (
    <div className="bulk" role="status">
      {undo.isSuccess
        ? 'Undone.'
        : batch === null
          ? `Proposed; it waits for a second person: ${outcome.why ?? ''}.`
          : `${what}: done for ${outcome.items.length} decision${outcome.items.length === 1 ? '' : 's'}${changes(outcome)}.`}{' '}
      {batch !== null && !isLate && !undo.isSuccess && (
        <button type="button" disabled={undo.isPending} onClick={() => undo.mutate(batch)}>
          Undo
        </button>
      )}
      {undo.error !== null && <span className="fail">{undo.error.message}</span>}
    </div>
  );
}

function changes({ items }: ActOutcome): string {
  const kinds = new Set(
    items.filter((one) => one.from !== one.to).map((one) => `${words(one.from)} → ${words(one.to)}`),
  );
  return kinds.size === 0 ? '' : ` (${[...kinds].join(', ')})`;
}
