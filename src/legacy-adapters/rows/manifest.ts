import { isLosslessNumber, parse } from 'lossless-json';
import { z } from 'zod';
import { Decimal, parseDecimalText, toDecimalText } from '../../model/money.js';
import { problem, type Problem } from '../../model/problem.js';
import type { ControlTotal } from '../../model/source.js';

/** A number with every digit it was written with, or text. */
const figure = z.union([z.string(), z.custom(isLosslessNumber)]).transform((value) => String(value));

/** What a manifest may state. Other keys are the export's own business; at least one of these must be there to prove anything. */
const manifestSchema = z.looseObject({
  /** Rows below the header that are not blank. */
  rows: figure.optional(),
  documents: figure.optional(),
  /** Of the whole file, hexadecimal. */
  sha256: figure.optional(),
  /** Currency → sum of the documents' gross totals in major units, credits negative. */
  control_totals: z.record(z.string(), figure).optional(),
  /** Name of the file that this is the manifest of, beside it. Needed where there may be several. */
  file: z.string().optional(),
  /** The time that the export is of, with its offset. The newest of several counts. */
  as_of: z.string().optional(),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** Rows, documents and gross totals per currency as they were read, to hold against a manifest. */
export class Control {
  rows = 0;
  documents = 0;
  readonly #gross = new Map<string, Decimal>();

  add(currency: string, gross: string): void {
    this.#gross.set(currency, (this.#gross.get(currency) ?? new Decimal(0)).plus(gross));
  }

  gross(currency: string): string {
    return toDecimalText(this.#gross.get(currency) ?? new Decimal(0));
  }

  currencies(): readonly string[] {
    return [...this.#gross.keys()].sort();
  }
}

export type ManifestResult = { readonly totals: readonly ControlTotal[]; readonly problems: readonly Problem[] };

/**
 * Holds a file as read against its manifest. Whatever the manifest leaves out is not checked; a currency that it leaves
 * out while it states others is a difference.
 */
export function checkManifest(input: {
  readonly manifest: Manifest;
  readonly shownManifest: string;
  readonly shownFile: string;
  readonly sha256: string;
  readonly control: Control;
}): ManifestResult {
  const place = { file: input.shownManifest };
  const totals = totalsOf(input.manifest, input.sha256, input.control);
  if (totals.length === 0)
    return fault(
      problem('field_missing', place, 'rows, documents, sha256, control_totals', null, 'at least one of them'),
    );
  const problems = totals
    .filter((total) => !total.agrees)
    .map(({ name, actual, expected }) =>
      problem(
        'control_total_differs',
        { file: input.shownFile },
        name,
        actual,
        `${expected}, as ${input.shownManifest} says`,
      ),
    );
  return { totals, problems };
}

function fault(one: Problem): ManifestResult {
  return { totals: [], problems: [one] };
}

/** The manifest, or a sentence about why it is none. */
export function readManifest(text: string): Manifest | string {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    return `JSON: ${error instanceof Error ? error.message : 'unreadable'}`;
  }
  const parsed = manifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  return `{rows, documents, sha256, control_totals, file, as_of} with numbers or text; ${first?.path.join('.') || 'the file'} is neither`;
}

function totalsOf(manifest: Manifest, sha256: string, control: Control): readonly ControlTotal[] {
  const totals: ControlTotal[] = [];
  const compare = (name: string, expected: string | undefined, actual: string) => {
    if (expected === undefined) return;
    const agrees = (parseDecimalText(expected) ?? expected) === (parseDecimalText(actual) ?? actual);
    totals.push({ name, expected, actual, agrees });
  };
  compare('rows', manifest.rows, String(control.rows));
  compare('documents', manifest.documents, String(control.documents));
  compare('sha256', manifest.sha256?.toLowerCase(), sha256);
  const stated = manifest.control_totals;
  if (stated === undefined) return totals;
  for (const currency of [...new Set([...Object.keys(stated), ...control.currencies()])].sort())
    compare(`gross ${currency}`, stated[currency] ?? 'nothing', control.gross(currency));
  return totals;
}
