import { hash } from 'node:crypto';
import { canonicalJson } from '../model/canonical-json.js';
import { limitText } from './scalars.js';
import type { Config } from './schema.js';
import { type Path, pathText, type Position } from './yaml-text.js';

/** One value of the effective configuration. `source` is "shadowbill.yml:12" or "default". */
export type EffectiveValue = { readonly path: string; readonly value: string; readonly source: string };

/** Every value with where it came from. An empty list or block is a value too: "[]", "{}". */
export function effectiveValues(
  config: Config,
  file: string,
  positions: ReadonlyMap<string, { readonly key: Position }>,
): readonly EffectiveValue[] {
  return leaves(config, []).map(({ path, value }) => {
    const at = positions.get(pathText(path));
    return { path: pathText(path), value, source: at === undefined ? 'default' : `${file}:${at.key.line}` };
  });
}

/** sha256 over the canonical JSON: keys sorted at every level, absent values left out. Lower-case hex. */
export function hashConfig(config: Config): string {
  return hash('sha256', canonicalJson(config), 'hex');
}

function leaves(value: unknown, path: Path): readonly { readonly path: Path; readonly value: string }[] {
  if (typeof value !== 'object' || value === null) {
    return value === undefined ? [] : [{ path, value: typeof value === 'string' ? value : JSON.stringify(value) }];
  }
  if (isLimit(value)) return [{ path, value: limitText(value) }];
  const children = Array.isArray(value)
    ? value.flatMap((child, index) => leaves(child, [...path, index]))
    : Object.entries(value).flatMap(([key, child]) => leaves(child, [...path, key]));
  if (children.length > 0 || path.length === 0) return children;
  return [{ path, value: Array.isArray(value) ? '[]' : '{}' }];
}

function isLimit(value: object): value is Parameters<typeof limitText>[0] {
  return 'kind' in value && 'value' in value && Object.keys(value).length === 2;
}
