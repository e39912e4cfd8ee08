import { currency, currencyDigits } from '../../src/model/currency.js';
import type { PairVerdict } from '../../src/model/verdict.js';
import { buildMapping, type Mapping } from '../../src/reconcile/mapping.js';
import { byCompositeKey, firstMatch, greedy, type IdPair } from './baselines.js';
import { build, type LineText } from './build.js';
import { frac, rounded, times } from './exact.js';
import { type Random, randomOf } from './random.js';
import { type Generated, judgeLines } from './run-case.js';

export type F1 = { readonly precision: string; readonly recall: string; readonly f1: string };
export type LinesReport = {
  readonly customers: number;
  readonly pairs: number;
  readonly ours: F1;
  readonly compositeKey: F1;
  readonly firstMatch: F1;
  readonly greedy: F1;
};

type Case = {
  readonly generated: Generated;
  readonly truth: ReadonlyMap<string, string>;
  readonly content: ReadonlyMap<string, string>;
};

const products = 14;

/** Half of the products under one name on each side, the rest two or three legacy names for one Solvimon name. */
function mappingOf(): { readonly mapping: Mapping; readonly legacyNames: readonly (readonly string[])[] } {
  const legacyNames = Array.from({ length: products }, (_unused, index) =>
    Array.from({ length: index % 2 === 0 ? 1 : 2 + (index % 3) }, (_name, name) => `old-${index}-${name}`),
  );
  const rows = legacyNames.flatMap((names, index) =>
    names.map((legacy) => ({ legacy, solvimon: `new-${index}`, place: {} })),
  );
  return { mapping: buildMapping({ customers: null, products: rows, strict: true }).mapping, legacyNames };
}

/**
 * W2: no shared ids, several lines per product, shuffled, renamed, products mapped one to one and many to one. Three in a
 * hundred lines have another quantity or price on the Solvimon side; two in a hundred stand on one side only.
 */
export function runLines(seed: number, customers: number): LinesReport {
  const random = randomOf(seed);
  const { mapping, legacyNames } = mappingOf();
  const scores = { ours: counter(), compositeKey: counter(), firstMatch: counter(), greedy: counter() };
  let pairs = 0;
  for (let index = 0; index < customers; index += 1) {
    const one = caseOf(random, `c${index}`, legacyNames);
    pairs += one.truth.size;
    score(scores.ours, pairsOf(judgeLines(one.generated, mapping)), one);
    const [legacy, solvimon] = [one.generated.legacy[0], one.generated.solvimon[0]];
    if (legacy === undefined || solvimon === undefined) continue;
    // The baselines get the mapped product names: what they do is judged, not what they were not told.
    const mapped = {
      ...legacy,
      lines: legacy.lines.map((line) => ({ ...line, productRef: `new-${line.productRef?.split('-')[1] ?? ''}` })),
    };
    score(scores.compositeKey, byCompositeKey(mapped, solvimon), one);
    score(scores.firstMatch, firstMatch(mapped, solvimon), one);
    score(scores.greedy, greedy(mapped, solvimon), one);
  }
  return {
    customers,
    pairs,
    ours: f1(scores.ours),
    compositeKey: f1(scores.compositeKey),
    firstMatch: f1(scores.firstMatch),
    greedy: f1(scores.greedy),
  };
}

function caseOf(random: Random, customer: string, legacyNames: readonly (readonly string[])[]): Case {
  const code = currency(random.pick(['EUR', 'USD', 'JPY', 'KWD']));
  const digits = currencyDigits(code);
  const truth = new Map<string, string>();
  const content = new Map<string, string>();
  const legacy: LineText[] = [];
  const solvimon: LineText[] = [];
  const lineCount = random.int(4, 40);
  for (let at = 0; at < lineCount; at += 1) {
    const product = random.int(0, products - 1);
    const quantity = random.int(1, 400);
    const price = `${random.int(0, 60)}.${String(random.int(1, 99)).padStart(2, '0')}`;
    const dimensions: Record<string, string> = random.chance(30) ? { region: random.pick(['eu', 'us', 'apac']) } : {};
    const line = (id: string, name: string, count: number, unitPrice: string): LineText => {
      content.set(id, `${product} ${count} ${unitPrice} ${dimensions['region'] ?? ''}`);
      return {
        truth: id,
        product: name,
        kind: 'usage',
        description: `${name} ${random.int(1, 9999)}`,
        quantity: String(count),
        unitPrice,
        amount: rounded(times([BigInt(count), 1n], frac(unitPrice)), digits),
        taxRate: '21',
        dimensions,
      };
    };
    const change = random.int(1, 1000);
    const [left, right] = [`${customer}-l${at}`, `${customer}-s${at}`];
    const isOnlyLegacy = change <= 10;
    const isOnlySolvimon = change > 10 && change <= 20;
    const count = change > 20 && change <= 40 ? quantity + random.int(1, Math.ceil(quantity / 10)) : quantity;
    const unitPrice = change > 40 && change <= 50 ? `${price}${random.int(1, 9)}` : price;
    if (!isOnlySolvimon) legacy.push(line(left, random.pick(legacyNames[product] ?? ['none']), quantity, price));
    if (!isOnlyLegacy) solvimon.push(line(right, `new-${product}`, count, unitPrice));
    if (!isOnlyLegacy && !isOnlySolvimon) truth.set(left, right);
  }
  const document = (id: string, lines: readonly LineText[]) =>
    build({ id: `${customer}-${id}`, customer, currency: code, lines: random.shuffle(lines) });
  return {
    generated: { customer, legacy: [document('L', legacy)], solvimon: [document('S', solvimon)] },
    truth,
    content,
  };
}

/** Pairs of lines as the verdict links them; a link of several lines claims each of its pairs. */
function pairsOf(verdicts: readonly PairVerdict[]): readonly IdPair[] {
  return verdicts.flatMap((verdict) =>
    verdict.links.flatMap((link) =>
      link.legacyLines.flatMap((legacy) => link.solvimonLines.map((solvimon) => [legacy, solvimon] as const)),
    ),
  );
}

type Counter = { claimed: number; right: number; true: number };
const counter = (): Counter => ({ claimed: 0, right: 0, true: 0 });

/** Lines of one document that say the same are interchangeable: a pair is right when it joins the contents of a true pair. */
function score(into: Counter, claimed: readonly IdPair[], one: Case): void {
  const key = (legacy: string, solvimon: string) =>
    `${one.content.get(legacy) ?? legacy} = ${one.content.get(solvimon) ?? solvimon}`;
  const left = new Map<string, number>();
  for (const [legacy, solvimon] of one.truth)
    left.set(key(legacy, solvimon), (left.get(key(legacy, solvimon)) ?? 0) + 1);
  into.true += one.truth.size;
  into.claimed += claimed.length;
  for (const [legacy, solvimon] of claimed) {
    const count = left.get(key(legacy, solvimon)) ?? 0;
    if (count === 0) continue;
    left.set(key(legacy, solvimon), count - 1);
    into.right += 1;
  }
}

function f1({ claimed, right, true: all }: Counter): F1 {
  const ratio = (top: number, bottom: number) => (bottom === 0 ? '–' : rounded([BigInt(top), BigInt(bottom)], 5));
  return { precision: ratio(right, claimed), recall: ratio(right, all), f1: ratio(2 * right, claimed + all) };
}
