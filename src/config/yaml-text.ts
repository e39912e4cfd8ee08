import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';

/** A mistake in the configuration with its place. Lines and columns count from 1. */
export type ConfigProblem = {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** "tolerance.rules[1].over"; '' for the file as a whole. */
  readonly path: string;
  /** What is wrong, and what to write instead. */
  readonly message: string;
};

export type Path = readonly (string | number)[];
export type Plain = string | readonly Plain[] | { readonly [key: string]: Plain };
export type Position = { readonly line: number; readonly column: number };

export type YamlText = {
  /** Text, lists and maps only: failsafe YAML makes no numbers, dates or booleans. */
  readonly data: Plain;
  /** Where each key or list item stands, and for values where the value begins. */
  readonly positions: ReadonlyMap<string, { readonly key: Position; readonly value: Position }>;
  readonly problems: readonly ConfigProblem[];
};

/** "a.b[0].c" of a path. */
export function pathText(path: Path): string {
  let shown = '';
  for (const part of path) shown += typeof part === 'number' ? `[${part}]` : shown === '' ? part : `.${part}`;
  return shown;
}

/**
 * Reads YAML as text, lists and maps with the place of everything. Faults of the YAML itself, doubled keys, aliases and
 * tags are problems, all at once: what counts must stand in the file as it is read, so that a person can audit it.
 */
export function readYaml(file: string, source: string): YamlText {
  const counter = new LineCounter();
  // Doubled keys are looked for in the walk, which can name the path and the first place.
  const document = parseDocument(source, {
    schema: 'failsafe',
    lineCounter: counter,
    prettyErrors: false,
    uniqueKeys: false,
  });
  const walk = new Walk(file, counter);
  for (const fault of [...document.errors, ...document.warnings])
    walk.report(fault.pos[0], [], `${fault.message}. Mend the YAML`);
  const data = document.contents === null ? {} : walk.plain(document.contents, []);
  return { data, positions: walk.positions, problems: walk.problems };
}

class Walk {
  readonly positions = new Map<string, { key: Position; value: Position }>();
  readonly problems: ConfigProblem[] = [];
  readonly #file: string;
  readonly #counter: LineCounter;

  constructor(file: string, counter: LineCounter) {
    this.#file = file;
    this.#counter = counter;
  }

  at(offset: number): Position {
    const { line, col } = this.#counter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }

  report(offset: number, path: Path, message: string): void {
    this.problems.push({ file: this.#file, ...this.at(offset), path: pathText(path), message });
  }

  plain(node: Node, path: Path): Plain {
    const start = node.range?.[0] ?? 0;
    if (isAlias(node)) {
      this.report(start, path, 'is a YAML alias. Write the value out');
      return '';
    }
    if (isMap(node)) return this.#map(node.items, path);
    if (isSeq(node))
      return node.items.map((item, index) => {
        const itemPath = [...path, index];
        const value = item as Node;
        const position = this.at(value.range?.[0] ?? start);
        this.positions.set(pathText(itemPath), { key: position, value: position });
        return this.plain(value, itemPath);
      });
    return isScalar(node) && typeof node.value === 'string' ? node.value : '';
  }

  #map(items: readonly { key: unknown; value: unknown }[], path: Path): Plain {
    // No prototype: a key named __proto__ is an unknown key like any other.
    const map: Record<string, Plain> = Object.create(null);
    for (const { key, value } of items) {
      const keyNode = key as Node;
      const offset = keyNode.range?.[0] ?? 0;
      if (!isScalar(keyNode)) {
        this.report(offset, path, 'has a key that is not plain text. Write a plain key');
        continue;
      }
      const name = String(keyNode.value);
      const childPath = [...path, name];
      const first = this.positions.get(pathText(childPath));
      if (first !== undefined) {
        this.report(offset, childPath, `is set twice, first on line ${first.key.line}. Keep one of them`);
        continue;
      }
      const keyAt = this.at(offset);
      const valueNode = value as Node | null;
      this.positions.set(pathText(childPath), {
        key: keyAt,
        value: valueNode?.range ? this.at(valueNode.range[0]) : keyAt,
      });
      map[name] = valueNode === null ? '' : this.plain(valueNode, childPath);
    }
    return map;
  }
}
