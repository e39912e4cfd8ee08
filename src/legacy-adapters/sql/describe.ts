import { AppError } from '../../errors.js';
import type { Column, Session } from './session.js';
import { columnsOnly, linesOf } from './pages.js';
import { bind, type Bindings } from './bind.js';
import { documentColumns, lineColumns, requiredDocumentColumns, requiredLineColumns, type SqlPlan } from './shape.js';

/** Columns that name something: a binary float in one of them is refused whatever is declared. */
const idColumns = new Set(['document_id', 'line_id', 'line_no', 'customer', 'line_count', 'in_cycle']);

export type QueryColumns = { readonly documents: readonly Column[]; readonly lines: readonly Column[] };

/** Asks the database for the columns of both queries. Throws AppError `config_invalid` with every fault at once. */
export async function describeQueries(session: Session, plan: SqlPlan, bindings: Bindings): Promise<QueryColumns> {
  const documents = (await session.query(columnsOnly(bind(plan.documents, bindings)), 'the documents query')).columns;
  const lines = (await session.query(linesOf(plan.lines, bindings, [], 0), 'the lines query')).columns;
  const faults = [
    ...columnFaults('documents', documents, documentColumns, requiredDocumentColumns, plan),
    ...columnFaults('lines', lines, lineColumns, requiredLineColumns, plan),
  ];
  if (!documents.some(({ name }) => name === 'currency') && plan.read.rows.default_currency === undefined)
    faults.push('documents: there is no column currency. Select it, or write default_currency');
  if (faults.length > 0) throw new AppError('config_invalid', { detail: `\n${faults.join('\n')}` });
  return { documents, lines };
}

function columnFaults(
  query: 'documents' | 'lines',
  columns: readonly Column[],
  known: readonly string[],
  required: readonly string[],
  plan: SqlPlan,
): string[] {
  const names = columns.map(({ name }) => name);
  return [
    ...required
      .filter((name) => !names.includes(name))
      .map((name) => `${query}: there is no column ${name}. Select it under that name`),
    ...names
      .filter((name) => !known.includes(name))
      .map((name) => `${query}: ${name} is no known column. Leave it out, or name it one of ${known.join(', ')}`),
    ...[...new Set(names.filter((name, index) => names.indexOf(name) < index))].map(
      (name) => `${query}: ${name} stands twice. Select it once`,
    ),
    ...columns.flatMap((column) => typeFault(query, column, plan)),
  ];
}

function typeFault(query: string, column: Column, plan: SqlPlan): readonly string[] {
  const { name, typeName } = column;
  switch (column.class) {
    case 'text':
    case 'local':
      return [];
    case 'refused':
      return [`${query}: ${name} is ${typeName}, whose text is not exact. Cast it to numeric or to text`];
    case 'float': {
      if (idColumns.has(name)) return [`${query}: ${name} is ${typeName}. Cast it to a whole number or to text`];
      if (name in plan.read.floatScale) return [];
      return [
        `${query}: ${name} is ${typeName}, a binary number that has lost digits already. Store or select an exact column; or write float_scale: { ${name}: 2 } to have it rounded to as many digits as it means`,
      ];
    }
  }
}
