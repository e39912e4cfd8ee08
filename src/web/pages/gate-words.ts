import type { Gate } from './cohort-types.js';

type Measure = { readonly what: string; readonly unit: 'share' | 'hours' | 'count' | 'plain' };

/** What each field of the decision chain means, in the words of somebody who did not build it. */
const fields: Readonly<Record<string, Measure>> = {
  'data.freshnessHours': { what: 'Age of the data', unit: 'hours' },
  'data.pairCoverage': { what: 'Expected invoices that could be compared', unit: 'share' },
  'data.usageCompleteness': { what: 'Usage that reached Solvimon, least complete meter', unit: 'share' },
  'data.ambiguousShare': { what: 'Pairs that fit more than one partner', unit: 'share' },
  'data.pipelineErrors': { what: 'Documents that could not be read', unit: 'count' },
  step: { what: 'Step of the policy', unit: 'plain' },
  'census.overShare': { what: 'Money billed too much by Solvimon, of all money', unit: 'share' },
  'census.underShare': { what: 'Money billed too little by Solvimon, of all money', unit: 'share' },
  'census.unexplainedGrossShare': { what: 'Money whose difference nobody can explain', unit: 'share' },
  'census.openCritical': { what: 'Findings that stop an expansion by themselves', unit: 'count' },
  'census.taxMismatchCustomers': { what: 'Customers with wrong tax', unit: 'count' },
  'census.missingNew': { what: 'Invoices missing in Solvimon', unit: 'count' },
  'census.missingShare': { what: 'Invoices missing in Solvimon, of those expected', unit: 'share' },
  'census.extraNew': { what: 'Invoices that only Solvimon has', unit: 'count' },
  'census.duplicates': { what: 'Invoices or lines that Solvimon has twice', unit: 'count' },
  'cause.customersShare': { what: 'Customers hit by the widest cause', unit: 'share' },
  'cause.customers': { what: 'Customers hit by the widest cause', unit: 'count' },
  'evidence.cyclesObserved': { what: 'Closed cycles observed', unit: 'count' },
  'evidence.cleanCycles': { what: 'Clean cycles in a row', unit: 'count' },
  'evidence.customers': { what: 'Randomly drawn customers that were watched long enough', unit: 'count' },
  'evidence.strataOk': { what: 'Kinds of customers that go live next', unit: 'plain' },
  'evidence.featureCoverage': { what: 'Combinations of features seen to work', unit: 'share' },
  'evidence.nextRevenueShare': { what: 'Revenue that would be live after the step', unit: 'share' },
  'evidence.agreeNights': { what: 'Nights in a row with this recommendation', unit: 'count' },
  'evidence.topStratumBad': { what: 'Wrong customers among the largest', unit: 'count' },
  atCycleBoundary: { what: 'The look falls on a billing boundary', unit: 'plain' },
};

/** Fields that carry their tolerance in their name. */
const patterns: readonly (readonly [RegExp, (share: string) => string])[] = [
  [/^bad customers at (.+)$/, (share) => `Confidence that fewer than ${share} of customers are billed wrongly`],
  [/^over-billed value at (.+)$/, (share) => `Confidence that less than ${share} of the money is over-billed`],
  [/^over-billed value$/, () => 'Over-billed money'],
];

const rules: Readonly<Record<string, string>> = {
  DATA_NOT_TRUSTED: 'the data cannot be trusted yet',
  SEVERE: 'severe limit',
  CATASTROPHIC: 'catastrophic limit',
  SEVERE_FIX_IN_TIME: 'there is severe harm, and a verified fix arrives before the next bill run',
  SEVERE_NO_FIX_IN_TIME: 'there is severe harm, and no fix arrives before the next bill run',
  SEVERE_NO_WAY_BACK: 'there is severe harm, and the way back is closed',
  SEVERE_CAUSE_KNOWN: 'there is a severe difference whose cause is known',
  SEVERE_UNEXPLAINED_REPEATED: 'there is a severe difference that nobody can explain, again',
  SEVERE_UNEXPLAINED: 'there is a severe difference that nobody can explain',
  UNEXPLAINED_VARIANCE: 'too much difference is unexplained',
  OPEN_VIOLATION: 'differences over the limit',
  OPEN_VIOLATION_NO_CAUSE: 'a limit is broken and the cause is not known',
  KNOWN_ISSUE: 'a limit is broken and its cause is known',
  CYCLES: 'too few cycles were observed',
  CLEAN_CYCLES: 'too few clean cycles in a row',
  SAMPLE: 'too few customers were watched long enough',
  COUNT_EVIDENCE: 'too little evidence about the share of wrong customers',
  VALUE_EVIDENCE: 'too little evidence about over-billed money',
  STRATA: 'a kind of customer that would go live does not pass',
  COVERAGE: 'combinations of features that nobody has seen work',
  BLAST_RADIUS: 'the step would move too much revenue at once',
  AGREEMENT: 'too few nights agree',
  BOUNDARY: 'this is no billing boundary',
  ALL_GATES_PASSED: 'every gate passed',
};

/** Whether a field and a rule have words of their own; a test asks it of every check there is. */
export const isWorded = ({ id, field }: Pick<Gate, 'id' | 'field'>): boolean =>
  Object.hasOwn(rules, id) && (Object.hasOwn(fields, field) || patterns.some(([pattern]) => pattern.test(field)));

/** A rule or reason code as the end of a sentence that begins with "because". */
export const ruleWords = (id: string): string => rules[id] ?? id.replaceAll('_', ' ').toLowerCase();

export function fieldWords(field: string): string {
  const known = fields[field];
  if (known !== undefined) return known.what;
  for (const [pattern, say] of patterns) {
    const found = pattern.exec(field);
    if (found !== null) return say(percent(found[1] ?? '', 'nearest'));
  }
  return field;
}

/** "at least 0.995" of a share as "at least 99.5 %". */
export function requiredWords({ field, required }: Pick<Gate, 'field' | 'required'>): string {
  if (required.startsWith('any-look confidence'))
    return required.replace(/[\d.]+$/, (share) => percent(share, 'nearest'));
  if (fields[field]?.unit === 'share')
    return required.replaceAll(/(?<![\w.])\d+(\.\d+)?(e-\d+)?(?! customers)\b/g, (share) => percent(share, 'nearest'));
  if (fields[field]?.unit === 'hours') return `${required} hours`;
  return required;
}

/** What was measured, rounded against us: a share that just misses a limit never looks as if it met it. */
export function observedWords({ field, required, observed }: Pick<Gate, 'field' | 'required' | 'observed'>): string {
  if (typeof observed === 'boolean') return observed ? 'yes' : 'no';
  if (typeof observed !== 'number') return String(observed);
  const way = required.startsWith('at most') || required.startsWith('below') ? 'up' : 'down';
  if (fields[field]?.unit === 'share' || required.startsWith('any-look confidence')) return percent(observed, way);
  if (fields[field]?.unit === 'hours') return `${rounded(observed, 10, way)} hours`;
  return String(observed);
}

/** A share of 1 as percent with at most four digits after the point. */
function percent(share: number | string, way: 'up' | 'down' | 'nearest'): string {
  const value = Number(share);
  if (share === '' || Number.isNaN(value)) return String(share);
  return `${rounded(value * 100, 10_000, way)}\u00a0%`;
}

function rounded(value: number, digits: number, way: 'up' | 'down' | 'nearest'): string {
  // Twelve digits first: 0.07 * 100 is 7.000000000000001, and rounding that up would be a digit that nobody measured.
  const scaled = Number((value * digits).toPrecision(12));
  const whole = way === 'up' ? Math.ceil(scaled) : way === 'down' ? Math.floor(scaled) : Math.round(scaled);
  return String(whole / digits);
}
