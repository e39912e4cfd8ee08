import type { MismatchQuery } from '../api-client.js';
import type { Search } from '../search-text.js';

/** Filters of the table as they stand in the address, in the order of the bar. */
export const filterKeys = [
  'search',
  'status',
  'cause',
  'cohort',
  'currency',
  'level',
  'confidence',
  'direction',
  'min',
  'max',
  'assignee',
  'customer',
  'state',
  'fingerprint',
] as const;

/** What still wants a person; a table without a status in its address shows these. */
export const openStatuses = 'open,investigating,fix_solvimon,fix_legacy,fix_mapping,reopened,expired,stale';

/** The question to the server that an address stands for. */
export function queryOf(search: Search): MismatchQuery {
  const { sort, after, before, run } = search;
  return {
    ...filterOf(search),
    size: '100',
    facets: 'true',
    ...(sort !== undefined && { sort }),
    ...(after !== undefined && { after }),
    ...(before !== undefined && { before }),
    ...(run !== undefined && { run }),
  };
}

/** The filter alone: for exports, and for acting on everything that fits it. */
export function filterOf(search: Search): Readonly<Record<string, string>> {
  const given = filterKeys.flatMap((key) =>
    search[key] === undefined || search[key] === '' ? [] : [[key, search[key]] as const],
  );
  const filter: Record<string, string> = { status: openStatuses, ...Object.fromEntries(given) };
  if (filter['status'] === 'any') delete filter['status'];
  return filter;
}

/** Views that everybody has: a name and the address behind it. */
export const commonViews: readonly { readonly name: string; readonly search: Search }[] = [
  { name: 'Open, largest first', search: {} },
  { name: 'Unexplained', search: { cause: 'unexplained' } },
  { name: 'Nobody has it', search: { assignee: 'none' } },
  { name: 'Over-billed', search: { direction: 'over', sort: '-delta' } },
  { name: 'Not proven', search: { confidence: 'likely,unknown' } },
  { name: 'Accepted', search: { status: 'accepted' } },
  { name: 'Everything', search: { status: 'any' } },
];
