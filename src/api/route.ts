import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Scope } from '../model/access.js';
import type { ApiContext, Caller } from './context.js';

/** Who may call a route: holders of a scope, whoever is signed in, or everybody. */
export type Rule = Scope | 'signed_in' | 'public';

export type Method = 'GET' | 'POST' | 'DELETE';

export type RouteInput<Params, Query, Body> = {
  readonly api: ApiContext;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
};

/** A route as the table holds it: where it is, who may call it, what goes in and out, and what it does. */
export type ApiRoute = {
  readonly method: Method;
  readonly url: string;
  readonly rule: Rule;
  readonly tag: string;
  readonly summary: string;
  readonly params: z.ZodType | undefined;
  readonly query: z.ZodType | undefined;
  readonly body: z.ZodType | undefined;
  /** What a 200 carries; undefined for files and streams, whose type `produces` names. */
  readonly response: z.ZodType | undefined;
  readonly produces: string | undefined;
  readonly bodyLimit: number | undefined;
  run(input: RouteInput<unknown, unknown, unknown>): Promise<unknown>;
};

type Common = Pick<ApiRoute, 'method' | 'url' | 'rule' | 'tag' | 'summary'> & { readonly bodyLimit?: number };

/** Declares a route that answers JSON. Its schemas are checked on the way in and on the way out. */
export function route<
  Response extends z.ZodType,
  Params extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
>(
  spec: Common & {
    readonly params?: Params;
    readonly query?: Query;
    readonly body?: Body;
    readonly response: Response;
    handle(input: RouteInput<z.output<Params>, z.output<Query>, z.output<Body>>): Promise<z.output<Response>>;
  },
): ApiRoute {
  return erase(spec, spec.response, undefined);
}

/** Declares a route that answers with a file or a stream: the handler sends it. */
export function fileRoute<
  Params extends z.ZodType = z.ZodUndefined,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
>(
  spec: Common & {
    readonly produces: string;
    readonly params?: Params;
    readonly query?: Query;
    readonly body?: Body;
    handle(input: RouteInput<z.output<Params>, z.output<Query>, z.output<Body>>): Promise<FastifyReply>;
  },
): ApiRoute {
  return erase(spec, undefined, spec.produces);
}

type Spec<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType> = Common & {
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  handle(input: RouteInput<z.output<Params>, z.output<Query>, z.output<Body>>): Promise<unknown>;
};

/** Forgets the types of one route, which its schemas hold at run time, so that all routes fit one table. */
function erase<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType>(
  spec: Spec<Params, Query, Body>,
  response: z.ZodType | undefined,
  produces: string | undefined,
): ApiRoute {
  return {
    method: spec.method,
    url: spec.url,
    rule: spec.rule,
    tag: spec.tag,
    summary: spec.summary,
    params: spec.params,
    query: spec.query,
    body: spec.body,
    response,
    produces,
    bodyLimit: spec.bodyLimit,
    run: (input) => spec.handle(input as RouteInput<z.output<Params>, z.output<Query>, z.output<Body>>),
  };
}

/** The caller of a request whose rule is not `public`; the hook before it has refused everybody else. */
export function callerOf(request: FastifyRequest): Caller {
  const { caller } = request;
  if (caller === null) throw new TypeError('a route without a public rule has a caller');
  return caller;
}
