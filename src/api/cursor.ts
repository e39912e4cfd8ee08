import { z } from 'zod';
import { AppError } from '../errors.js';
import type { Place } from '../store/mismatch-pages.js';

const shape = z.tuple([z.string(), z.string(), z.string()]);

/** A place in a list as opaque text for an address. It carries what it is a place in, so that it cannot be used elsewhere. */
export function encodeCursor(listName: string, place: Place | null): string | null {
  return place === null ? null : Buffer.from(JSON.stringify([listName, place.value, place.id])).toString('base64url');
}

/** Reads a cursor of the same list; throws AppError `usage` for any other text. */
export function decodeCursor(listName: string, text: string | undefined): Place | undefined {
  if (text === undefined) return undefined;
  let parsed: z.ZodSafeParseResult<z.output<typeof shape>>;
  try {
    parsed = shape.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
  } catch (error) {
    throw new AppError('usage', { detail: 'the cursor cannot be read', cause: error });
  }
  if (!parsed.success || parsed.data[0] !== listName)
    throw new AppError('usage', { detail: 'the cursor belongs to another list or order. Begin at the first page' });
  return { value: parsed.data[1], id: parsed.data[2] };
}
