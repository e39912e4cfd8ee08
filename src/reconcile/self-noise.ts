import { hash } from 'node:crypto';
import type { CompareRules } from '../model/compare-rules.js';
import type { Document, Line } from '../model/document.js';
import { compareText } from './text-order.js';

/*
 * What a source says differently when it is asked twice. A field that differs from itself would sooner or later be called
 * a mismatch between the systems; here it is seen before.
 */

type Field = {
  /** Everything that the field says about a document, as text. The order of lines says nothing. */
  readonly read: (document: Document) => string;
  /** Whether a difference here would be a mismatch under the rules. */
  readonly isCompared: (rules: CompareRules) => boolean;
};

const always = () => true;
const never = () => false;
const ofLines = (read: (line: Line) => string | null) => (document: Document) =>
  JSON.stringify(document.lines.map((line) => [chargeOf(line), read(line)].join('\u001f')).sort(compareText));
/** A line without its id: ids may change from reading to reading, and that is a field of its own. */
const chargeOf = (line: Line) => [line.productRef, line.priceRef, line.subscriptionRef, line.kind].join('\u001e');

const fields = {
  currency: { read: (document) => document.currency, isCompared: always },
  customer: { read: (document) => document.customerRef, isCompared: always },
  kind: { read: (document) => document.kind, isCompared: always },
  state: { read: (document) => document.state, isCompared: always },
  'not ready': { read: (document) => [...document.notReady].sort(compareText).join(' '), isCompared: always },
  net: { read: (document) => document.totals.net, isCompared: always },
  tax: { read: (document) => document.totals.tax, isCompared: (rules) => rules.tax !== 'off' },
  gross: { read: (document) => document.totals.gross, isCompared: (rules) => rules.tax !== 'off' },
  'line charge': { read: ofLines(() => ''), isCompared: always },
  'line net': { read: ofLines((line) => line.net), isCompared: always },
  'line discount': { read: ofLines((line) => line.discount), isCompared: (rules) => rules.unitPrice },
  'line tax': { read: ofLines((line) => line.tax), isCompared: (rules) => rules.tax === 'line' },
  'line quantity': { read: ofLines((line) => line.quantity), isCompared: (rules) => rules.quantity },
  'line unit price': { read: ofLines((line) => line.unitPrice), isCompared: (rules) => rules.unitPrice },
  'line period': {
    read: ofLines((line) => (line.period === null ? null : `${line.period.start} ${line.period.end}`)),
    isCompared: (rules) => rules.period !== 'off',
  },
  number: { read: (document) => document.number ?? '', isCompared: never },
  'issue date': { read: (document) => document.issuedAt ?? '', isCompared: never },
  'raw status': { read: (document) => document.rawStatus, isCompared: never },
  'line id': { read: ofLines((line) => line.id), isCompared: never },
  'line description': { read: ofLines((line) => line.description), isCompared: never },
  'line order': { read: (document) => JSON.stringify(document.lines.map(chargeOf)), isCompared: never },
} as const satisfies Record<string, Field>;
export type NoiseField = keyof typeof fields;
const fieldNames = Object.keys(fields) as readonly NoiseField[];

/** One short digest for each field of a document, in the order of the fields: some 200 bytes, so that a whole cycle fits into memory. */
export type Prints = string;

const printLength = 10;

/** The digests of a document's fields. Pure: equal documents give equal prints. */
export function printsOf(document: Document): Prints {
  return fieldNames.map((name) => hash('sha1', fields[name].read(document), 'base64').slice(0, printLength)).join('');
}

/** What was read once: prints by document id, and the problems of those that could not be read. */
export type Reading = {
  readonly documents: ReadonlyMap<string, Prints>;
  readonly rejected: ReadonlyMap<string, string>;
};

export type UnstableField = {
  readonly field: NoiseField;
  /** True when it would be a mismatch; the others are flagged and harm nothing. */
  readonly isCompared: boolean;
  readonly documentCount: number;
  readonly examples: readonly string[];
};

export type Appearance = { readonly count: number; readonly examples: readonly string[] };

export type SelfNoise = {
  /** Documents in both readings. */
  readonly documentCount: number;
  readonly unstable: readonly UnstableField[];
  readonly onlyFirst: Appearance;
  readonly onlySecond: Appearance;
  /** Documents that were readable once and once not, or rejected for other reasons. */
  readonly rejectedDifferently: Appearance;
};

const exampleCount = 5;

/** Compares two readings of one side. Fields that are compared come first, then those of more documents. Pure. */
export function selfNoise(first: Reading, second: Reading, rules: CompareRules): SelfNoise {
  const ids = [...first.documents.keys()].sort(compareText);
  const both = ids.filter((id) => second.documents.has(id));
  const changed = both.filter((id) => first.documents.get(id) !== second.documents.get(id));
  const unstable = fieldNames
    .map((field, index) => {
      const print = (reading: Reading, id: string) =>
        reading.documents.get(id)?.slice(index * printLength, (index + 1) * printLength);
      const differing = changed.filter((id) => print(first, id) !== print(second, id));
      return { field, isCompared: fields[field].isCompared(rules), ...appearance(differing) };
    })
    .filter(({ count }) => count > 0)
    .map(({ count, ...rest }) => ({ ...rest, documentCount: count }))
    .sort((a, b) => Number(b.isCompared) - Number(a.isCompared) || b.documentCount - a.documentCount);
  const isRejected = (id: string) => first.rejected.has(id) || second.rejected.has(id);
  const rejections = new Set([...first.rejected.keys(), ...second.rejected.keys()]);
  const differently = [...rejections].filter((id) => first.rejected.get(id) !== second.rejected.get(id));
  return {
    documentCount: both.length,
    unstable,
    onlyFirst: appearance(ids.filter((id) => !second.documents.has(id) && !isRejected(id))),
    onlySecond: appearance([...second.documents.keys()].filter((id) => !first.documents.has(id) && !isRejected(id))),
    rejectedDifferently: appearance(differently),
  };
}

function appearance(ids: readonly string[]): Appearance {
  return { count: ids.length, examples: [...ids].sort(compareText).slice(0, exampleCount) };
}

/** Whether anything differed that would be a mismatch, or a document came or went. */
export function isNoisy(noise: SelfNoise): boolean {
  const { unstable, onlyFirst, onlySecond, rejectedDifferently } = noise;
  return (
    unstable.some(({ isCompared }) => isCompared) || onlyFirst.count + onlySecond.count + rejectedDifferently.count > 0
  );
}
