import { createHmac } from 'node:crypto';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { decodeCursor, encodeCursor } from '../../src/api/cursor.js';
import { mismatchQuery } from '../../src/api/schemas/mismatches.js';
import { sourceSchemas } from '../../src/app.js';
import { parseConfig } from '../../src/config.js';
import { limitText, parseLimit } from '../../src/config/scalars.js';
import { AppError } from '../../src/errors.js';
import { parseJson as parseHttpJson } from '../../src/legacy-adapters/http/json.js';
import { parseJson as parseRowJson } from '../../src/legacy-adapters/ndjson/parse-json.js';
import { readManifest } from '../../src/legacy-adapters/rows/manifest.js';
import { readStatement } from '../../src/legacy-adapters/sql/statement.js';
import { parseDecimalText, roundTo, toDecimal, toDecimalText } from '../../src/model/money.js';
import { parseInstant, readLocal } from '../../src/model/period.js';
import { redactText } from '../../src/redact.js';
import { minimiser } from '../../src/run/minimise-raw.js';
import { verifyWebhook } from '../../src/solvimon-adapter/webhooks.js';
import { selected } from '../../src/store/mismatch-filter.js';
import { awkward, type Chance, spoilt, spoiltTree } from './random.js';

/** One input made and judged. Answers what is wrong, in words that name the input; null when nothing is. */
export type Law = {
  readonly name: string;
  /** Inputs of a thousand. */
  readonly weight: number;
  readonly judge: (chance: Chance) => string | null;
};

const shown = (value: unknown) => JSON.stringify(value).slice(0, 300);

/** Refusing is good when it is done by an error of the kinds that are promised. */
function refusal(
  work: () => string | null,
  kinds: readonly (abstract new (...args: never[]) => Error)[],
): string | null {
  try {
    return work();
  } catch (error) {
    if (kinds.some((kind) => error instanceof kind)) return null;
    return `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
}

const digits = ['0', '1', '9', '5', '00', '.', '-', '+', '123456789'];

function decimals(chance: Chance): string | null {
  const text = chance.oneIn(3) ? chance.text(awkward, 3) : chance.text(digits, 6);
  const read = parseDecimalText(text);
  // The oracle is another expression of the same rule, and the value is compared digit by digit in bigints.
  const isPlain = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)$/.test(text) && text.length <= 200;
  if ((read !== undefined) !== isPlain)
    return `${shown(text)} is ${read === undefined ? 'refused' : `read as ${read}`}`;
  if (read === undefined) return null;
  const scaled = (value: string) => {
    const [whole = '', fraction = ''] = value.replace(/^[+-]/, '').split('.');
    const size = BigInt(`${whole}${fraction.padEnd(200, '0')}` || '0');
    return value.startsWith('-') ? -size : size;
  };
  if (scaled(read) !== scaled(text)) return `${shown(text)} became ${read}`;
  return toDecimalText(toDecimal(read)) === read ? null : `${shown(text)} is not canonical: ${read}`;
}

function rounding(chance: Chance): string | null {
  const minor = BigInt(chance.int(2_000_000_000)) * BigInt(1 + chance.int(1000)) * (chance.oneIn(2) ? 1n : -1n);
  const [scale, to] = [chance.int(8), chance.int(4)];
  const size = (minor < 0n ? -minor : minor).toString().padStart(scale + 1, '0');
  const point = size.length - scale;
  const text = `${minor < 0n ? '-' : ''}${size.slice(0, point)}${scale === 0 ? '' : `.${size.slice(point)}`}`;
  const value = parseDecimalText(text);
  if (value === undefined) return `${text} is refused`;
  const found = toDecimalText(roundTo(toDecimal(value), to, 'half_up'));
  const unit = 10n ** BigInt(Math.max(0, scale - to));
  const half = (BigInt(size) * 2n + unit) / (unit * 2n);
  const rest = Math.min(scale, to);
  const whole = half.toString().padStart(rest + 1, '0');
  const oracle = parseDecimalText(
    `${minor < 0n ? '-' : ''}${whole.slice(0, whole.length - rest)}.${whole.slice(whole.length - rest)}`,
  );
  return found === oracle ? null : `${text} to ${to} digits is ${found}, not ${String(oracle)}`;
}

const jsonPieces = [
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '"a"',
  '"b":',
  '1',
  '-0',
  '1e5',
  'true',
  'null',
  ' ',
  '"\\u00e9"',
  '"\\"',
  '\n',
  ...awkward,
];
const sample = {
  id: 'in_1',
  lines: [{ amount: '10.00', n: 12.5, tags: ['x', null, true] }],
  'quoted "key"': { deep: [[{ a: 1 }]] },
};

function jsonText(chance: Chance): string {
  if (chance.oneIn(3)) return chance.text(jsonPieces, 12);
  const text = JSON.stringify(spoiltTree(sample, chance), null, chance.int(2));
  return chance.oneIn(2) ? text : spoilt(text, chance);
}

/** Whether the platform's own parser takes a text; it is the oracle for what JSON is. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function json(parse: (text: string) => unknown, kinds: Parameters<typeof refusal>[1]): Law['judge'] {
  return (chance) => {
    const text = jsonText(chance);
    return refusal(() => {
      parse(text);
      return isJson(text) ? null : `${shown(text)} is no JSON and was taken`;
    }, kinds);
  };
}

const yaml = `version: 1
timezone: Europe/Amsterdam
sources:
  legacy: { kind: csv, path: 'legacy-{cycle}.csv', timezone: UTC, columns: { document_id: id, amount: net } }
  solvimon: { kind: pages, path: pages }
tolerance:
  default: { over: 0.01, under: 1mu }
  rules: [{ when: { cause: rounding.level }, over: '0.5%', under: '0', reason: agreed }]
known:
  - { id: KD-1, match: { cause: tax.rate }, reason: r, owner: ann, expires: '2026-12-01', max_amount: '5.00' }
schedule: { nightly: '0 3 * * *', must_finish_by: '07:00' }
`;
const schemas = { ...sourceSchemas(), today: '2026-11-24' };

function config(chance: Chance): string | null {
  const text = chance.oneIn(6)
    ? chance.text([...awkward, 'a: ', '- ', '\n  ', '&a', '*a', '<<: '], 30)
    : spoilt(yaml, chance);
  return refusal(() => {
    const result = parseConfig('shadowbill.yml', text, schemas);
    if (result.ok) return /^[0-9a-f]{64}$/.test(result.loaded.hash) ? null : `no hash for ${shown(text)}`;
    if (result.problems.length === 0) return `${shown(text)} is refused without a word`;
    return result.problems.every((one) => one.line >= 1 && one.column >= 1 && one.message !== '')
      ? null
      : `a problem of ${shown(text)} has no place`;
  }, []);
}

function limits(chance: Chance): string | null {
  const text = chance.text(['1', '0', '.', '5', 'mu', '%', '-', ' ', ...awkward], 4);
  const read = parseLimit(text);
  if (read === undefined) return null;
  const again = parseLimit(limitText(read));
  return again?.kind === read.kind && again.value === read.value
    ? null
    : `${shown(text)} is read as ${shown(read)} and then as ${shown(again)}`;
}

const times = [
  '2026',
  '-',
  '10',
  '-',
  '25',
  'T',
  ' ',
  '02',
  ':',
  '30',
  ':',
  '00',
  '.123',
  'Z',
  '+02:00',
  '+0200',
  '-12',
  '31',
  '60',
  '24',
  '99',
];

function instants(chance: Chance): string | null {
  const text = chance.oneIn(3) ? spoilt('2026-10-25T02:30:00+02:00', chance) : chance.text(times, 14);
  const read = parseInstant(text);
  if (read !== undefined && (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(read) || parseInstant(read) !== read))
    return `${shown(text)} is read as ${read}`;
  readLocal(text, chance.pick(['Europe/Amsterdam', 'UTC', 'America/St_Johns']));
  return null;
}

const body = JSON.stringify({
  type: 'INVOICE.UPDATED',
  environment: 'LIVE',
  created_at: '2026-11-24T12:00:00Z',
  data: { id: 'invo_1', customer_id: 'cust_1' },
});
const at = '2026-11-24T12:00:00Z';
const sign = (text: string, when: string) =>
  `v1=${createHmac('sha256', 'secret').update(`${when}.${text}`).digest('hex')}`;

function webhooks(chance: Chance): string | null {
  const sent = chance.oneIn(2) ? body : spoilt(body, chance);
  const isSigned = chance.oneIn(3);
  const signature = isSigned ? sign(sent, at) : chance.oneIn(2) ? spoilt(sign(body, at), chance) : sign(body, at);
  const timestamp = chance.oneIn(4) ? spoilt(at, chance) : at;
  const bytes = new TextEncoder().encode(sent);
  return refusal(() => {
    const verdict = verifyWebhook(
      {
        headers: { 'x-payload-signature': signature, 'x-payload-signature-timestamp': timestamp },
        body: bytes,
        nowMs: Date.parse(at),
      },
      ['secret'],
    );
    const trueSignature = createHmac('sha256', 'secret').update(`${timestamp.trim()}.`).update(bytes).digest('hex');
    const carriesIt = signature.toLowerCase().includes(trueSignature);
    return verdict.ok && !carriesIt ? `${shown(sent)} at ${shown(timestamp)} was taken with ${shown(signature)}` : null;
  }, []);
}

const db = new Kysely<object>({ dialect: new PostgresDialect({ pool: new pg.Pool({ max: 1 }) }) });
const filterKeys = [
  'cause',
  'state',
  'status',
  'customer',
  'currency',
  'level',
  'confidence',
  'direction',
  'min',
  'max',
  'assignee',
  'cohort',
  'fingerprint',
  'search',
  'sort',
  'size',
  'after',
];
const marker = 'zqx';

function filters(chance: Chance): string | null {
  const query: Record<string, unknown> = {};
  for (let count = chance.int(5); count > 0; count -= 1) {
    const value = `${marker}${chance.text(awkward, 4)}`;
    query[chance.pick(filterKeys)] = chance.oneIn(3)
      ? value
      : chance.oneIn(2)
        ? [value, chance.pick(awkward)]
        : chance.text(['over', 'under', 'EUR', 'line', 'open', '1.5', 'matched', ','], 3);
  }
  return refusal(() => {
    const parsed = mismatchQuery.safeParse(query);
    if (!parsed.success) return null;
    const compiled = selected(
      { seq: '1' },
      { ...parsed.data, minAbs: parsed.data.min, maxAbs: parsed.data.max },
    ).compile(db as never);
    return compiled.sql.includes(marker) ? `${shown(query)} is part of the SQL: ${compiled.sql}` : null;
  }, []);
}

function cursors(chance: Chance): string | null {
  const good = encodeCursor('list', { value: chance.text(awkward, 3), id: chance.text(awkward, 2) }) ?? '';
  const text = chance.oneIn(3) ? good : spoilt(good, chance);
  return refusal(() => {
    const place = decodeCursor('list', text);
    return place === undefined || typeof place.value === 'string' ? null : `${shown(text)} gives ${shown(place)}`;
  }, [AppError]);
}

const sqlPieces = [
  'select ',
  '* ',
  'from ',
  'bills ',
  'where ',
  ':cycle_start ',
  "'",
  '"',
  '$$',
  '--',
  '/*',
  '*/',
  ';',
  '\n',
  '(',
  ')',
  'insert into ',
  'with x as (',
  'delete from ',
  ...awkward,
];

function statements(chance: Chance): string | null {
  const text = chance.text(sqlPieces, 14);
  return refusal(() => {
    const read = readStatement(text, chance.pick(['postgres', 'mysql']), ['cycle_start', 'cycle_end']);
    return read.ok && !/^[\s(]*(?:(?:--|#).*\n|\/\*[\s\S]*?\*\/|\s)*\(*\s*(?:select|with)\b/i.test(text)
      ? `${shown(text)} was taken for a query`
      : null;
  }, []);
}

function manifests(chance: Chance): string | null {
  const text = spoilt(
    '{"rows":12,"documents":3,"sha256":"00","as_of":"2026-11-01T00:00:00Z","control_totals":{"EUR":"12.10"}}',
    chance,
  );
  return refusal(() => {
    const read = readManifest(text);
    return typeof read === 'string' || isJson(text) ? null : `${shown(text)} was taken`;
  }, []);
}

const secretPieces = [
  'password',
  'token',
  '=',
  ':',
  '"',
  '\\',
  ' ',
  'postgres://u:hunter22@h/d',
  'Bearer abcdef123',
  '?',
  '&',
  ...awkward,
];

function redaction(chance: Chance): string | null {
  const text = `${chance.text(secretPieces, 10)} postgres://u:hunter22@h/d ${chance.text(secretPieces, 10)}`;
  const once = redactText(text);
  return once.includes('u:hunter22@') ? `${shown(text)} shows the password: ${shown(once)}` : null;
}

const minimise = minimiser({ keep: [], remove: [] });
const bill = {
  id: 'in_1',
  email: 'canary',
  lines: [{ address: { a: ['canary'] }, amount: '1.00' }],
  card: { n: 'canary' },
  note: 'plain',
};

function minimising(chance: Chance): string | null {
  const tree = spoiltTree(bill, chance);
  const raw = {
    objectType: 'invoice',
    id: 'x',
    bytes: new TextEncoder().encode(JSON.stringify(tree)),
    apiVersion: null,
    requestId: null,
    fetchedAt: at as never,
  };
  const kept = new TextDecoder().decode(minimise(raw).bytes);
  return isJson(kept) ? null : `${shown(tree)} became ${shown(kept)}`;
}

/** What is fuzzed without a file, each with what must hold of every input. */
export const laws: readonly Law[] = [
  { name: 'money: plain decimal text and nothing else, digit by digit', weight: 300, judge: decimals },
  { name: 'money: rounding against whole numbers', weight: 80, judge: rounding },
  { name: 'JSON of a billing API', weight: 70, judge: json((text) => parseHttpJson(text, 'fuzz'), [AppError]) },
  { name: 'JSON of an NDJSON file', weight: 110, judge: json(parseRowJson, [SyntaxError]) },
  { name: 'configuration in YAML', weight: 4, judge: config },
  { name: 'limits of a tolerance', weight: 60, judge: limits },
  { name: 'instants and local times', weight: 70, judge: instants },
  { name: 'webhook deliveries', weight: 60, judge: webhooks },
  { name: 'filters of the mismatch table, as SQL', weight: 50, judge: filters },
  { name: 'cursors of a page', weight: 40, judge: cursors },
  { name: 'queries of a SQL source', weight: 60, judge: statements },
  { name: 'manifests of a file', weight: 20, judge: manifests },
  { name: 'secrets in a line of the log', weight: 30, judge: redaction },
  { name: 'fields taken out of a record', weight: 20, judge: minimising },
];
