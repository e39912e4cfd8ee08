import { AppError } from '../../errors.js';
import { type Instant, parseInstant } from '../../model/period.js';
import { type Problem, problem } from '../../model/problem.js';
import type { PullContext } from '../../model/source.js';
import { type Manifest, readManifest } from '../rows/manifest.js';
import type { FileStore, LocalFile } from './file-store.js';
import type { FileOptions } from './options.js';
import { listPrefix, type Pattern, patternOf } from './pattern.js';

/** The one delivery of a cycle that counts, or why there is none. */
export type Delivery = {
  /** Null when there is none to read; `problems` then says why. */
  readonly file: LocalFile | null;
  readonly shownFile: string;
  /** What the delivery says of itself; null when no manifest is configured. */
  readonly manifest: { readonly shown: string; readonly content: Manifest | null } | null;
  /** The time that the manifest says the export is of. */
  readonly asOf: Instant | null;
  /** Deliveries that do not count, each with the reason. */
  readonly superseded: readonly { readonly id: string; readonly reason: string }[];
  readonly problems: readonly Problem[];
};

export type DeliveryInput = {
  readonly store: FileStore;
  readonly options: FileOptions;
  readonly baseDir: string;
  readonly cycle: string;
  readonly context: PullContext;
  /** What the file holds and where it is configured, for messages; invoices when it is not said. */
  readonly content?: { readonly what: string; readonly option: string };
};

const invoices = { what: 'the invoices', option: 'sources.legacy.path' };

/**
 * Finds and opens the file of a cycle. With a * in `manifest` there may be several deliveries: each manifest names its file
 * and the time it is of (`as_of`), and the newest counts, as a whole. Closing the file is the caller's.
 */
export async function openDelivery(input: DeliveryInput): Promise<Delivery> {
  const { options, cycle, baseDir } = input;
  const files = patternOf(options.path, cycle, baseDir);
  const manifests = options.manifest === undefined ? null : patternOf(options.manifest, cycle, baseDir);
  if (manifests !== null && manifests.name === null) return openNewest(input, files, manifests);
  if (files.name === null) throw new AppError('internal', { detail: 'a path with * is refused without manifests' });
  const manifest =
    manifests === null || manifests.name === null ? null : await readOne(input, manifests.name, manifests);
  const delivery = await openFile(input, files.name, files);
  return {
    ...delivery,
    manifest: manifest === null ? null : { shown: manifest.shown, content: manifest.content },
    asOf: manifest?.asOf ?? null,
    superseded: [],
    problems: [...delivery.problems, ...(manifest?.problems ?? [])],
  };
}

type ManifestRead = {
  readonly name: string;
  readonly shown: string;
  readonly content: Manifest | null;
  readonly asOf: Instant | null;
  readonly problems: readonly Problem[];
};

async function readOne(input: DeliveryInput, name: string, pattern: Pattern): Promise<ManifestRead> {
  const { store } = input;
  const shown = store.shown(name);
  const place = { file: shown };
  const fault = (one: Problem): ManifestRead => ({ name, shown, content: null, asOf: null, problems: [one] });
  const read = await store.readText(name, pattern, input.context);
  if (read.type === 'missing') return fault(problem('file_missing', place, null, null, 'a JSON manifest of the file'));
  if (read.type === 'refused')
    return fault(problem(read.refusal.code, place, null, read.refusal.value, read.refusal.expected));
  const content = readManifest(read.text);
  if (typeof content === 'string') return fault(problem('json_malformed', place, null, null, content));
  const asOf = content.as_of === undefined ? null : (parseInstant(content.as_of) ?? null);
  return { name, shown, content, asOf, problems: [] };
}

/** The file by its name. */
async function openFile(
  input: DeliveryInput,
  name: string,
  pattern: Pattern,
): Promise<Pick<Delivery, 'file' | 'shownFile' | 'problems'>> {
  const shownFile = input.store.shown(name);
  const opened = await input.store.open(name, pattern, input.context);
  const fault = (one: Problem) => ({ file: null, shownFile, problems: [one] });
  const place = { file: shownFile };
  switch (opened.type) {
    case 'file':
      return { file: opened.file, shownFile, problems: [] };
    case 'missing':
      return fault(
        problem('file_missing', place, null, null, `${(input.content ?? invoices).what} of cycle ${input.cycle}`),
      );
    case 'refused':
      return fault(problem(opened.refusal.code, place, null, opened.refusal.value, opened.refusal.expected));
  }
}

const nothing = { file: null, manifest: null, asOf: null, superseded: [] } as const;

async function openNewest(input: DeliveryInput, files: Pattern, manifests: Pattern): Promise<Delivery> {
  const { store, options, cycle, context } = input;
  const names = await store.list(manifests, listPrefix(options.manifest ?? '', cycle), context);
  const read: ManifestRead[] = [];
  for (const name of names) read.push(checkNames(await readOne(input, name, manifests)));
  const shownFile = options.path.replaceAll('{cycle}', cycle);
  // A manifest that cannot be read may be the newest: then nobody knows which file counts.
  const problems = read.flatMap((one) => one.problems);
  if (problems.length > 0) return { ...nothing, shownFile, problems };
  const byAge = read.toSorted((a, b) => ((a.asOf ?? '') < (b.asOf ?? '') ? 1 : -1));
  const [newest, ...older] = byAge;
  if (newest === undefined) {
    const expected = `a manifest of cycle ${cycle}: ${options.manifest?.replaceAll('{cycle}', cycle) ?? ''}`;
    return { ...nothing, shownFile, problems: [problem('file_missing', { file: shownFile }, null, null, expected)] };
  }
  const { sha256 } = newest.content ?? {};
  const isSame = (one: ManifestRead) => sha256 !== undefined && one.content?.sha256 === sha256;
  const twin = older.find((one) => one.asOf === newest.asOf && !isSame(one));
  if (twin !== undefined) {
    const expected = `an as_of of its own; ${newest.shown} has the same, and which of them counts is not guessed`;
    return {
      ...nothing,
      shownFile,
      problems: [problem('id_duplicate', { file: twin.shown }, 'as_of', twin.asOf, expected)],
    };
  }
  return openNamed(input, files, newest, older);
}

/** A manifest among several has to say which file it is of, and when. */
function checkNames(read: ManifestRead): ManifestRead {
  const { content, shown, asOf } = read;
  if (content === null) return read;
  const place = { file: shown };
  const problems: Problem[] = [...read.problems];
  // A name and nothing else: what is delivered must not lead to other folders.
  if (content.file === undefined || !isPlainName(content.file))
    problems.push(
      problem('field_malformed', place, 'file', content.file ?? null, 'the name of a file beside this one'),
    );
  // A lone manifest may write what it likes there; among several it decides.
  if (asOf === null) {
    const code = content.as_of === undefined ? 'field_missing' : 'date_malformed';
    const expected = 'the time that the export is of, with its offset: 2026-11-01T02:00:00Z';
    problems.push(problem(code, place, 'as_of', content.as_of ?? null, expected));
  }
  return { ...read, problems };
}

const isPlainName = (name: string): boolean => name !== '' && name !== '.' && name !== '..' && !/[/\\\0]/.test(name);

async function openNamed(
  input: DeliveryInput,
  files: Pattern,
  newest: ManifestRead,
  older: readonly ManifestRead[],
): Promise<Delivery> {
  const beside = (one: ManifestRead) => `${one.name.replace(/[^/\\]*$/, '')}${one.content?.file ?? ''}`;
  const name = beside(newest);
  const manifest = { shown: newest.shown, content: newest.content };
  const shownFile = input.store.shown(name);
  if (!files.matches(name)) {
    const expected = `the name of a file that ${(input.content ?? invoices).option} allows: ${input.options.path}`;
    const fault = problem('field_malformed', { file: newest.shown }, 'file', newest.content?.file ?? null, expected);
    return { ...nothing, manifest, shownFile, problems: [fault] };
  }
  const delivery = await openFile(input, name, files);
  const named = new Set([newest, ...older].map(beside));
  const present = await input.store.list(files, listPrefix(input.options.path, input.cycle), input.context);
  const superseded = [
    ...older.map((one) => ({
      id: one.shown,
      reason: `superseded by ${newest.shown}, which is of ${newest.asOf ?? ''}; this one is of ${one.asOf ?? ''}`,
    })),
    ...present
      .filter((file) => !named.has(file))
      .map((file) => ({ id: input.store.shown(file), reason: 'no manifest names it, so it is not known to be whole' })),
  ];
  return { ...delivery, manifest, asOf: newest.asOf, superseded, problems: delivery.problems };
}
