import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import secureSession from '@fastify/secure-session';
import fastifyStatic from '@fastify/static';
import swagger from '@fastify/swagger';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import {
  createSerializerCompiler,
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  validatorCompiler,
} from 'fastify-type-provider-zod';
import { AppError } from '../errors.js';
import { authenticator, authorise } from './auth/authenticate.js';
import type { AuthOptions, SessionOptions } from './auth/options.js';
import type { ApiContext, Caller } from './context.js';
import { answerError } from './errors.js';
import type { ApiRoute, Rule } from './route.js';
import { addLoginRoutes } from './routes/login.js';
import { routeTable } from './routes/table.js';
import { errorBody } from './schemas/common.js';

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null;
  }
  interface FastifyContextConfig {
    /** Who may call it; a route without one stops the start. */
    rule?: Rule;
  }
}

/** Answers one delivery: the headers, and the body as it came over the wire, whose signature it proves. */
export type WebhookHandler = (input: {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}) => Promise<{ readonly status: number; readonly body: string }>;

export type ServerOptions = {
  readonly api: ApiContext;
  readonly auth: AuthOptions;
  readonly session: SessionOptions;
  /** Whether browsers reach us over TLS, directly or through a proxy. */
  readonly isHttps: boolean;
  /** Takes Solvimon's webhooks; null: there is no address for them. */
  readonly webhook?: WebhookHandler | null;
  readonly log: FastifyBaseLogger | undefined;
  /** Requests a minute of one address. */
  readonly requestsPerMinute?: number;
  /** Folder of the built pages; the one beside this package without it. */
  readonly webDir?: string;
  /** Routes besides those of the table; for tests. */
  readonly extraRoutes?: readonly ApiRoute[];
};

const bodyLimit = 1024 * 1024;
const ourWebDir = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../dist/web');

/** The whole HTTP side, ready to listen. Throws when a route has no rule. */
export async function buildServer(options: ServerOptions): Promise<FastifyInstance> {
  const app = Fastify({
    bodyLimit,
    ...(options.log === undefined ? { logger: false } : { loggerInstance: options.log }),
    // Who asked for what is not logged: addresses hold customers and searches.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomBytes(8).toString('hex'),
    return503OnClosing: true,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 500 },
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(createSerializerCompiler());
  app.setErrorHandler(answerError);
  refuseRoutesWithoutRule(app);
  await addPlugins(app, options);
  addGuard(app, options);
  await app.register(async (scope) => {
    for (const one of [...routeTable, ...(options.extraRoutes ?? [])]) addRoute(scope, options.api, one);
    addLoginRoutes(scope, options);
    scope.get('/openapi.json', { config: { rule: 'public' }, schema: { hide: true } }, async () => app.swagger());
  });
  if (options.webhook !== undefined && options.webhook !== null) await addWebhook(app, options.webhook);
  addPages(app, options.webDir ?? ourWebDir);
  await app.ready();
  return app;
}

async function addPlugins(app: FastifyInstance, options: ServerOptions): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: options.isHttps,
    referrerPolicy: { policy: 'same-origin' },
  });
  await app.register(rateLimit, {
    max: options.requestsPerMinute ?? 600,
    timeWindow: 60_000,
    errorResponseBuilder: (_request, limit) => new AppError('rate_limited', { retryAfterMs: limit.ttl }),
  });
  await app.register(secureSession, {
    key: options.session.key,
    cookieName: 'shadowbill',
    expiry: options.session.seconds,
    cookie: { path: '/', httpOnly: true, sameSite: 'lax', secure: options.isHttps },
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'shadowbill',
        version: '1',
        description:
          'Runs, cycles, pairs and mismatches of a parallel run. Amounts are decimal text; a delta is solvimon minus legacy; over means Solvimon bills more.',
      },
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer' },
          session: { type: 'apiKey', in: 'cookie', name: 'shadowbill' },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
}

function refuseRoutesWithoutRule(app: FastifyInstance): void {
  app.addHook('onRoute', (one) => {
    // HEAD routes are made from GET routes and share their configuration.
    if (one.config?.rule === undefined)
      throw new TypeError(`the route ${String(one.method)} ${one.url} has no rule that says who may call it`);
  });
}

/** Who it is and whether they may, before a body is read: somebody who may not gets to know nothing else. */
function addGuard(app: FastifyInstance, { api, auth }: ServerOptions): void {
  const authenticate = authenticator(api, auth);
  app.decorateRequest('caller', null);
  app.addHook('onRequest', async (request) => {
    const { rule } = request.routeOptions.config;
    if (rule === undefined || rule === 'public') return;
    request.caller = await authenticate(request);
    authorise(request, request.caller, rule);
  });
}

/** Most bytes of a delivery. */
const webhookLimit = 5 * 1024 * 1024;

/** The address that Solvimon calls. Its signature is its sign-in; the body stays bytes, because parsed and written again it has another signature. */
async function addWebhook(app: FastifyInstance, handle: WebhookHandler): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.post(
      '/webhooks/solvimon',
      { config: { rule: 'public' }, bodyLimit: webhookLimit, schema: { hide: true } },
      async (request, reply) => {
        const headers = Object.fromEntries(
          Object.entries(request.headers).map(([name, value]) => [
            name,
            Array.isArray(value) ? value.join(',') : value,
          ]),
        );
        const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const answer = await handle({ headers, body });
        return reply.code(answer.status).type('text/plain').send(answer.body);
      },
    );
  });
}

function addRoute(app: FastifyInstance, api: ApiContext, one: ApiRoute): void {
  const { method, url, rule, params, query, body, response, produces } = one;
  app.route({
    method,
    url,
    config: { rule },
    ...(one.bodyLimit !== undefined && { bodyLimit: one.bodyLimit }),
    schema: {
      summary: one.summary,
      description: rule === 'public' ? 'For everybody.' : `Takes the right: ${rule}.`,
      tags: [one.tag],
      ...(produces !== undefined && { produces: [produces] }),
      ...(rule !== 'public' && { security: [{ token: [] }, { session: [] }] }),
      ...(params !== undefined && { params }),
      ...(query !== undefined && { querystring: query }),
      ...(body !== undefined && { body }),
      response: { ...(response !== undefined && { 200: response }), '4xx': errorBody, '5xx': errorBody },
    },
    handler: (request, reply) =>
      one.run({ api, params: request.params, query: request.query, body: request.body, request, reply }),
  });
}

/** The built pages, when they are there; every address that is no file is theirs to show. */
function addPages(app: FastifyInstance, webDir: string): void {
  const hasPages = existsSync(path.join(webDir, 'index.html'));
  if (hasPages) {
    app.register(fastifyStatic, { root: webDir, serve: false });
    app.get('/*', { config: { rule: 'public' }, schema: { hide: true } }, async (request, reply) => {
      const wanted = (request.params as { '*': string })['*'];
      const isFile = /^(assets\/)?[\w.-]+\.[a-z0-9]+$/.test(wanted) && existsSync(path.join(webDir, wanted));
      if (wanted.startsWith('api/') || (wanted.startsWith('assets/') && !isFile))
        throw new AppError('not_found', { detail: request.url });
      return isFile ? reply.sendFile(wanted) : reply.sendFile('index.html', { maxAge: 0 });
    });
  }
  app.setNotFoundHandler((request) => {
    throw new AppError('not_found', { detail: `${request.method} ${request.url.split('?')[0] ?? ''}` });
  });
}
