import type { Place } from '../../model/document.js';
import { problem } from '../../model/problem.js';
import { fieldAt, type FieldPlace, placeOf, readObject, textOf } from '../ndjson/read.js';
import { readLines } from '../rows/read-lines.js';
import type { LegacyUsageAdapter } from './adapter.js';
import { openUsageFile, type UsageRowEvent } from './file-source.js';
import { namesOf, type NdjsonUsageConfig, ndjsonUsageConfig, type UsageField, usageFields } from './shape.js';

/** A longer line is no event. Characters. */
const maxLineLength = 1024 * 1024;
const batchSize = 1000;

/** NDJSON files, one event or one count on each line. Dotted column names reach into objects. */
export const ndjsonUsageAdapter: LegacyUsageAdapter = {
  kind: 'ndjson',
  configSchema: ndjsonUsageConfig,
  open: async (raw, { baseDir }) => {
    const config = ndjsonUsageConfig.parse(raw);
    return openUsageFile({ system: 'ndjson', config, baseDir, rows: (file, shown) => readRows(file, shown, config) });
  },
};

async function* readRows(
  file: string,
  shown: string,
  config: NdjsonUsageConfig,
): AsyncIterable<readonly UsageRowEvent[]> {
  const places = usageFields.map((field) => ({ field, places: namesOf(field, config.columns).map(placeOf) }));
  let rows: UsageRowEvent[] = [];
  for await (const { number, text } of readLines(file, { encoding: config.encoding, maxLength: maxLineLength })) {
    const place = { file: shown, line: number };
    if (text === null || text.trim() !== '') rows.push({ type: 'row', row: toRow(text, place, places) });
    if (rows.length < batchSize) continue;
    yield rows;
    rows = [];
  }
  yield rows;
}

function toRow(
  text: string | null,
  place: Place,
  places: readonly FieldPlace<UsageField>[],
): Extract<UsageRowEvent, { type: 'row' }>['row'] {
  const cells = new Map<UsageField, string>();
  if (text === null) {
    const expected = `a line of at most ${maxLineLength} characters`;
    return { place, cells, fault: problem('too_large', place, null, null, expected) };
  }
  const read = readObject(text, place);
  if (read.fault !== null) return { place, cells, fault: read.fault };
  for (const { field, places: names } of places)
    for (const name of names) {
      const value = textOf(fieldAt(read.object, name));
      if (value === undefined) continue;
      cells.set(field, value);
      break;
    }
  return { place, cells };
}
