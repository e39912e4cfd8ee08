import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import type { Recorded } from '../fakes/solvimon/server.js';

/*
 * The vendor's OpenAPI files, where they are at hand. They are not part of this project: without them the tests that use
 * them say so and the rest still runs.
 */

const files = ['transaction', 'event', 'configuration'] as const;
const folder = resolve(process.env['SHADOWBILL_SHARED'] ?? '../shared', 'contracts/solvimon');
const fileOf = (name: string) => resolve(folder, `${name}-api.yml`);

export const specFolder = folder;
export const hasSpecification = files.every((name) => existsSync(fileOf(name)));

type Schema = { readonly [key: string]: unknown };
type Parameter = { readonly in: string; readonly name: string; readonly required?: boolean; readonly schema?: Schema };
type Content = { readonly content?: { readonly 'application/json'?: { readonly schema?: Schema } } };
type Operation = {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
};
type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: Schema;
};

type Found = { readonly api: string; readonly operation: Operation };

/** Holds requests, bodies and replies against the specification. */
export class Specification {
  readonly #documents = new Map<string, Document>();
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #compiled = new Map<string, ValidateFunction>();

  constructor() {
    addFormats.default(this.#ajv);
    for (const name of files) {
      const document = parse(readFileSync(fileOf(name), 'utf8')) as Document;
      this.#documents.set(name, document);
      this.#ajv.addSchema({ $id: `spec:${name}`, components: document.components });
    }
  }

  /** What is wrong with a value as a component of an API; empty when it is right. */
  component(api: string, name: string, value: unknown): readonly string[] {
    return this.#validate({ $ref: `spec:${api}#/components/schemas/${name}` }, value);
  }

  /** What is wrong with a request: an unknown path or method, an unknown or malformed parameter, a body against its schema. */
  request(recorded: Recorded): readonly string[] {
    const found = this.#find(recorded);
    if (found === null) return [`${recorded.method} ${recorded.path} is not in the specification`];
    const { operation } = found;
    const problems: string[] = [];
    const declared = new Map(
      (operation.parameters ?? []).filter((one) => one.in === 'query').map((one) => [one.name, one]),
    );
    for (const name of new Set(recorded.query.keys())) {
      const parameter = declared.get(name);
      if (parameter === undefined) problems.push(`${recorded.path} has no parameter ${name}`);
      else
        problems.push(
          ...this.#validate(
            parameter.schema ?? {},
            typed(parameter.schema ?? {}, recorded.query.getAll(name)),
            found.api,
          ),
        );
    }
    for (const parameter of operation.parameters ?? [])
      if (
        parameter.in === 'header' &&
        parameter.required === true &&
        recorded.headers[parameter.name.toLowerCase()] === undefined
      )
        problems.push(`${recorded.path} needs the header ${parameter.name}`);
    const schema = operation.requestBody?.content?.['application/json']?.schema;
    if (recorded.body !== '')
      problems.push(
        ...(schema === undefined
          ? [`${recorded.path} takes no body`]
          : this.#validate(schema, JSON.parse(recorded.body), found.api)),
      );
    return problems;
  }

  /** What is wrong with a reply of the fake, by the schema of its operation and status. */
  reply(request: Recorded, status: number, body: string): readonly string[] {
    const found = this.#find(request);
    if (found === null) return [];
    const { responses } = found.operation;
    const schema = (responses[String(status)] ?? responses['200'] ?? responses['201'])?.content?.['application/json']
      ?.schema;
    const isError = status >= 400;
    return schema === undefined
      ? []
      : this.#validate(isError ? { $ref: '#/components/schemas/ApiError' } : schema, JSON.parse(body), found.api);
  }

  /** The operation of a request; `/webhooks/actions` is itself and not a webhook whose id is "actions". */
  #find({ method, path }: Recorded): Found | null {
    const fitting: (Found & { readonly variables: number })[] = [];
    for (const [api, document] of this.#documents)
      for (const [template, operations] of Object.entries(document.paths)) {
        const form = template.replace('{version}', '1').replaceAll(/\{[^}]+\}/g, '[^/]+');
        const operation = operations[method.toLowerCase()];
        if (operation !== undefined && new RegExp(`^${form}$`).test(path))
          fitting.push({ api, operation, variables: template.split('{').length });
      }
    return fitting.sort((a, b) => a.variables - b.variables)[0] ?? null;
  }

  #validate(schema: Schema, value: unknown, api?: string): readonly string[] {
    const text = JSON.stringify(schema).replaceAll('"#/components', `"spec:${api ?? ''}#/components`);
    const known = this.#compiled.get(text);
    const validate = known ?? this.#ajv.compile(JSON.parse(text) as Schema);
    this.#compiled.set(text, validate);
    if (validate(value)) return [];
    // A nullable field reports three faults for one; the branches of `oneOf` are left out.
    return (validate.errors ?? [])
      .filter(({ keyword }) => keyword !== 'oneOf')
      .map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`);
  }
}

/** A query value as the type that its schema names. */
function typed(schema: Schema, values: readonly string[]): unknown {
  const [first = ''] = values;
  const type = Array.isArray(schema['type']) ? schema['type'][0] : schema['type'];
  if (type === 'array') return values;
  if (type === 'integer') return /^\d+$/.test(first) ? Number(first) : first;
  if (type === 'boolean') return first === 'true' ? true : first === 'false' ? false : first;
  return first;
}
