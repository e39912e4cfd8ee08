import type { Bindings, Part } from './bind.js';
import { bind } from './bind.js';
import type { KeyOrder } from './session.js';
import { idsParameter } from './shape.js';
import type { Statement } from './statement.js';

/*
 * The statements that are sent. Each wraps a query of the configuration, so that paging, order and filters are ours and
 * cannot be forgotten in it. The newline keeps a remark at the end of a query from swallowing what follows.
 */

/** Which documents: all of the scope, or those of some customers, or one. */
export type Filter = {
  readonly customers: readonly string[] | null;
  readonly id: string | null;
};

export const noFilter: Filter = { customers: null, id: null };

const wrapped = (select: string, query: readonly Part[], alias: string): readonly Part[] => [
  `select ${select} from (\n`,
  ...query,
  `\n) ${alias}`,
];

/** One page of documents in key order, behind the key `after`. */
export function documentsPage(
  query: readonly Part[],
  order: KeyOrder,
  filter: Filter,
  after: string | null,
  limit: number,
): readonly Part[] {
  const behind: readonly Part[][] = after === null ? [] : [[`${order.expression} > `, ...order.literal(after)]];
  return [
    ...wrapped('*', query, 'd'),
    ...where([...behind, ...filterParts(filter, order)]),
    ` order by ${order.expression} limit ${limit}`,
  ];
}

/** How many documents there are, for holding against what was read. */
export function documentsCount(query: readonly Part[], order: KeyOrder, filter: Filter): readonly Part[] {
  return [...wrapped('count(*)', query, 'd'), ...where(filterParts(filter, order))];
}

/** The columns of a query, without a row. */
export function columnsOnly(query: readonly Part[]): readonly Part[] {
  return [...wrapped('*', query, 'q'), ' limit 0'];
}

/** The lines of some documents, at most `limit` of them. */
export function linesOf(
  statement: Statement,
  bindings: Bindings,
  ids: readonly string[],
  limit: number,
): readonly Part[] {
  const query = wrapped('*', bind(statement, { ...bindings, [idsParameter]: ids }), 'l');
  // A query that places the ids itself does so because the server cannot move the filter inwards.
  const filter: readonly Part[] = statement.names.includes(idsParameter)
    ? []
    : [' where l.document_id in (', { list: ids }, ')'];
  return [...query, ...filter, ` limit ${limit}`];
}

function filterParts(filter: Filter, order: KeyOrder): readonly (readonly Part[])[] {
  return [
    ...(filter.id === null ? [] : [[`${order.expression} = `, ...order.literal(filter.id)]]),
    ...(filter.customers === null ? [] : [['d.customer in (', { list: filter.customers }, ')'] satisfies Part[]]),
  ];
}

function where(conditions: readonly (readonly Part[])[]): readonly Part[] {
  return conditions.flatMap((condition, index) => [index === 0 ? ' where ' : ' and ', ...condition]);
}
