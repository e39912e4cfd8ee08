import { useEffect, useRef, useState } from 'react';

type Keys = {
  readonly isOff: boolean;
  readonly next: () => void;
  readonly previous: () => void;
  readonly open: () => void;
  readonly select: () => void;
  readonly accept: () => void;
  readonly comment: () => void;
  readonly assign: () => void;
  readonly help: () => void;
};

const offPlace = 'shadowbill.keysOff';
const areOff = () => localStorage.getItem(offPlace) === 'true';

/** One key a decision. Off while something is typed or a dialog is open, and for who turned them off (WCAG 2.1.4). */
export function useKeys(keys: Keys): void {
  const now = useRef(keys);
  now.current = keys;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const { isOff, ...does } = now.current;
      if (isOff || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (areOff() && event.key !== '?') return;
      const act = {
        j: does.next,
        k: does.previous,
        x: does.select,
        a: does.accept,
        c: does.comment,
        m: does.assign,
        '?': does.help,
      }[event.key];
      if (event.key === 'Enter' && event.target === document.body) does.open();
      if (event.key === '/') document.getElementById('filter-search')?.focus();
      if (act === undefined && event.key !== '/') return;
      event.preventDefault();
      act?.();
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, []);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches('input:not([type=checkbox]), textarea, select');
}

const help = [
  ['/', 'search'],
  ['j k', 'next row, previous row'],
  ['Enter', 'open the invoices of the marked row'],
  ['x', 'select the marked row'],
  ['a', 'accept what is selected'],
  ['m', 'assign it'],
  ['c', 'comment on it'],
  ['?', 'this help'],
] as const;

export function KeyHelp({ close }: { readonly close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isOff, setOff] = useState(areOff);
  useEffect(() => dialog.current?.showModal(), []);
  const turn = (off: boolean) => {
    localStorage.setItem(offPlace, String(off));
    setOff(off);
  };
  return (
    <dialog ref={dialog} aria-labelledby="keys-title" onClose={close}>
      <h2 id="keys-title">Keys</h2>
      <dl className="facts">
        {help.map(([key, what]) => (
          <div key={key} className="row">
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <label>
        <input type="checkbox" checked={isOff} onChange={(event) => turn(event.target.checked)} /> Turn single keys off
      </label>
      <div className="row">
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
    </dialog>
  );
}
