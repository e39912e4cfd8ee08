import { z } from 'zod';
import type { Path } from './yaml-text.js';

/** The keys that the block at `path` may have; empty when it has none or they are an adapter's matter. */
export function keysAt(schema: z.ZodType, path: Path): readonly string[] {
  const found = inner(schemaAt(schema, path));
  return found instanceof z.ZodObject ? Object.keys(found.shape) : [];
}

/** Every path of the schema in its order, lists as [], with its description. */
export function describeAll(
  schema: z.ZodType,
  path = '',
): readonly { readonly path: string; readonly description: string; readonly isRequired: boolean }[] {
  const found = inner(schema);
  if (found instanceof z.ZodArray) return describeAll(found.element as z.ZodType, `${path}[]`);
  if (!(found instanceof z.ZodObject)) return [];
  return Object.entries(found.shape).flatMap(([key, child]) => {
    const childSchema = child as z.ZodType;
    const childPath = path === '' ? key : `${path}.${key}`;
    const own = {
      path: childPath,
      description: childSchema.description ?? '',
      isRequired: !childSchema.safeParse(undefined).success,
    };
    return [own, ...describeAll(childSchema, childPath)];
  });
}

function schemaAt(schema: z.ZodType, path: Path): z.ZodType | undefined {
  let current: z.ZodType | undefined = schema;
  for (const part of path) {
    const found = inner(current);
    if (found instanceof z.ZodObject && typeof part === 'string') current = found.shape[part] as z.ZodType | undefined;
    else if (found instanceof z.ZodArray && typeof part === 'number') current = found.element as z.ZodType;
    else return undefined;
  }
  return current;
}

/** Without the wrappers for defaults and optional values. */
function inner(schema: z.ZodType | undefined): z.ZodType | undefined {
  let current = schema;
  while (current instanceof z.ZodOptional || current instanceof z.ZodDefault || current instanceof z.ZodPrefault)
    current = current.def.innerType as z.ZodType;
  return current;
}
