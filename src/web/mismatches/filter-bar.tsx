import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { api, type MismatchList } from '../api-client.js';
import { words } from '../money-text.js';
import { filterKeys } from './filters.js';
import type { Search } from '../search-text.js';

type Facets = NonNullable<MismatchList['facets']>;
type Props = {
  readonly search: Search;
  readonly facets: Facets | null;
  readonly change: (changes: Readonly<Record<string, string | undefined>>) => void;
};

const facetNames = ['cause', 'currency', 'level', 'confidence', 'assignee'] as const;

/** The filters; each is written into the address, and the address is what is asked for. */
export function FilterBar({ search, facets, change }: Props) {
  const cohorts = useQuery({
    queryKey: ['cohorts'],
    queryFn: () => api.get<{ rows: readonly { id: string }[] }>('/api/v1/cohorts'),
  });
  return (
    <form className="filters" role="search" aria-label="Filter mismatches" onSubmit={(event) => event.preventDefault()}>
      <Typed name="search" label="Search (/)" search={search} change={change} />
      <Chosen
        name="status"
        label="Status"
        search={search}
        change={change}
        all="not decided yet"
        options={[
          'any',
          'open',
          'investigating',
          'accepted',
          'fix_solvimon',
          'fix_legacy',
          'fix_mapping',
          'resolved',
          'reopened',
          'expired',
          'stale',
        ].map((id) => [id, words(id)])}
      />
      {facetNames.map((name) => (
        <Chosen
          key={name}
          name={name}
          label={name}
          search={search}
          change={change}
          all="any"
          options={Object.entries(facets?.[name] ?? {})
            .filter(([id]) => id !== '')
            .map(([id, count]) => [id, `${words(id)} (${count})`])}
        />
      ))}
      <Chosen
        name="direction"
        label="direction"
        search={search}
        change={change}
        all="any"
        options={[
          ['over', '▲ over'],
          ['under', '▼ under'],
        ]}
      />
      <Chosen
        name="cohort"
        label="cohort"
        search={search}
        change={change}
        all="any"
        options={(cohorts.data?.rows ?? []).map(({ id }) => [id, id])}
      />
      <Typed name="min" label="amount at least" search={search} change={change} />
      {filterKeys.some((key) => search[key] !== undefined) && (
        <button type="button" onClick={() => change(Object.fromEntries(filterKeys.map((key) => [key, undefined])))}>
          Clear filters
        </button>
      )}
    </form>
  );
}

function Chosen({
  name,
  label,
  search,
  change,
  all,
  options,
}: Omit<Props, 'facets'> & {
  readonly name: string;
  readonly label: string;
  readonly all: string;
  readonly options: readonly (readonly [string, string])[];
}) {
  const value = search[name] ?? '';
  const isListed = value === '' || options.some(([id]) => id === value);
  return (
    <span className="filter">
      <label htmlFor={`filter-${name}`}>{label}</label>
      <select id={`filter-${name}`} value={value} onChange={(event) => change({ [name]: event.target.value })}>
        <option value="">{all}</option>
        {!isListed && <option value={value}>{words(value)}</option>}
        {options.map(([id, text]) => (
          <option key={id} value={id}>
            {text}
          </option>
        ))}
      </select>
    </span>
  );
}

/** Text goes into the address on Enter or when the field is left, not with every key. */
function Typed({
  name,
  label,
  search,
  change,
}: Omit<Props, 'facets'> & { readonly name: string; readonly label: string }) {
  const inAddress = search[name] ?? '';
  const [text, setText] = useState(inAddress);
  useEffect(() => setText(inAddress), [inAddress]);
  const send = () => {
    if (text.trim() !== inAddress) change({ [name]: text.trim() });
  };
  return (
    <span className="filter">
      <label htmlFor={`filter-${name}`}>{label}</label>
      <input
        id={`filter-${name}`}
        value={text}
        size={name === 'search' ? 22 : 8}
        inputMode={name === 'min' ? 'decimal' : 'text'}
        onChange={(event) => setText(event.target.value)}
        onBlur={send}
        onKeyDown={(event) => {
          if (event.key === 'Enter') send();
          if (event.key === 'Escape') event.currentTarget.blur();
        }}
      />
    </span>
  );
}
