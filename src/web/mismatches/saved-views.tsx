import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Search } from '../search-text.js';
import { commonViews } from './filters.js';

type View = { readonly name: string; readonly search: Search };
const place = 'shadowbill.views';

function stored(): readonly View[] {
  try {
    const read: unknown = JSON.parse(localStorage.getItem(place) ?? '[]');
    return Array.isArray(read) ? (read as readonly View[]) : [];
  } catch {
    return [];
  }
}

/** Names for addresses. A view is opened by its whole address, so that what is shared is what is seen; only the names stay in this browser. */
export function SavedViews({ cycle, search }: { readonly cycle: string; readonly search: Search }) {
  const [mine, setMine] = useState(stored);
  const [name, setName] = useState('');
  const keep = (views: readonly View[]) => {
    localStorage.setItem(place, JSON.stringify(views));
    setMine(views);
  };
  const save = () => {
    const { after: _after, before: _before, ...kept } = search;
    keep([...mine.filter((one) => one.name !== name.trim()), { name: name.trim(), search: kept }]);
    setName('');
  };
  return (
    <details>
      <summary>Views</summary>
      <div className="row">
        {[...commonViews, ...mine].map((view) => (
          <Link key={view.name} to="/cycles/$cycle/mismatches" params={{ cycle }} search={view.search}>
            {view.name}
          </Link>
        ))}
      </div>
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== '') save();
        }}
      >
        <label>
          Name for this view <input value={name} maxLength={60} onChange={(event) => setName(event.target.value)} />
        </label>
        <button type="submit" disabled={name.trim() === ''}>
          Save view
        </button>
        {mine.map((one) => (
          <button key={one.name} type="button" onClick={() => keep(mine.filter((other) => other !== one))}>
            Forget “{one.name}”
          </button>
        ))}
      </form>
    </details>
  );
}
