import { z } from 'zod';
import { didYouMean } from './did-you-mean.js';
import type { Plain } from './yaml-text.js';

/** The configuration schema of each adapter, by its kind. */
export type SourceSchemas = Readonly<Record<string, z.ZodType>>;

/** A source as configured: its kind, and whatever else its adapter's schema read. Plain JSON. */
export type SourceConfig = { readonly kind: string; readonly [key: string]: unknown };

/** Each round can type one more layer of defaults; more rounds than this mean a schema that never agrees. */
const maxRounds = 10;

/**
 * A block whose other keys depend on its `kind`. The adapter's schema sees the block without `kind`, unless it names
 * `kind` itself. Scalars arrive as text; where the adapter's schema asks for a number or a boolean they are read as one.
 */
export function sourceBlock(schemas: SourceSchemas) {
  return z.record(z.string(), z.unknown()).transform((block, context): SourceConfig => {
    const kinds = Object.keys(schemas).sort();
    const kind = block['kind'];
    const schema = typeof kind === 'string' && Object.hasOwn(schemas, kind) ? schemas[kind] : undefined;
    if (typeof kind !== 'string' || schema === undefined) {
      context.issues.push({
        code: 'custom',
        input: kind,
        path: ['kind'],
        message:
          typeof kind === 'string'
            ? `${JSON.stringify(kind)} is no known kind.${didYouMean(kind, kinds) ?? ` Write one of ${kinds.join(', ')}`}`
            : `missing. Write one of ${kinds.join(', ')}`,
      });
      return z.NEVER;
    }
    const { kind: _kind, ...rest } = block;
    const parsed = parseTyped(schema, namesKind(schema) ? block : rest);
    if (parsed.success) return { ...(parsed.data as Record<string, unknown>), kind };
    context.issues.push(
      ...parsed.error.issues.map(
        (issue) => ({ ...issue, known: knownKeys(schema, issue), input: undefined }) as z.core.$ZodRawIssue,
      ),
    );
    return z.NEVER;
  });
}

/** The keys that a block may have, for the message about one that it may not. */
function knownKeys(schema: z.ZodType, issue: z.core.$ZodIssue): readonly string[] {
  if (issue.code !== 'unrecognized_keys' || issue.path.length > 0 || !(schema instanceof z.ZodObject)) return [];
  return Object.keys(schema.shape);
}

function namesKind(schema: z.ZodType): boolean {
  return schema instanceof z.ZodObject && 'kind' in schema.shape;
}

/** Parses text-only data; a text where the schema wants a number or boolean is read as one when it plainly is one. */
export function parseTyped(schema: z.ZodType, data: unknown): z.ZodSafeParseResult<unknown> {
  let current = structuredClone({ root: data });
  let result = schema.safeParse(current.root);
  for (let round = 0; round < maxRounds && !result.success; round += 1) {
    const next = structuredClone(current);
    if (!result.error.issues.map((issue) => retype(next, issue)).includes(true)) return result;
    current = next;
    result = schema.safeParse(current.root);
  }
  return result;
}

function retype(holder: { root: unknown }, issue: z.core.$ZodIssue): boolean {
  if (issue.code !== 'invalid_type') return false;
  const path: readonly PropertyKey[] = ['root', ...issue.path];
  let parent: unknown = holder;
  for (const part of path.slice(0, -1)) parent = (parent as Record<PropertyKey, unknown> | undefined)?.[part];
  const last = path.at(-1);
  if (typeof parent !== 'object' || parent === null || last === undefined) return false;
  const slots = parent as Record<PropertyKey, unknown>;
  const typed = typedScalar(slots[last] as Plain | undefined, issue.expected);
  if (typed === undefined) return false;
  slots[last] = typed;
  return true;
}

function typedScalar(value: unknown, expected: string): number | boolean | undefined {
  if (typeof value !== 'string') return undefined;
  if (expected === 'boolean') return value === 'true' ? true : value === 'false' ? false : undefined;
  if (expected === 'number' || expected === 'int')
    return /^-?\d{1,15}(\.\d{1,6})?$/.test(value) ? Number(value) : undefined;
  return undefined;
}
