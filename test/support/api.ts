import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { apiContext } from '../../src/app-api.js';
import type { ApiContext } from '../../src/api/context.js';
import type { ApiRoute } from '../../src/api/route.js';
import { buildServer } from '../../src/api/server.js';
import type { LoadedConfig } from '../../src/config.js';
import { type Role, roles } from '../../src/model/access.js';
import type { Store } from '../../src/store/database.js';
import { type OidcProvider, startOidcProvider } from './oidc-provider.js';

const baseUrl = 'http://shadowbill.test';

/** Somebody who has signed in: sends requests as them. */
export type Client = {
  readonly name: string;
  readonly cookie: string;
  readonly csrf: string;
  get(url: string): Promise<LightMyRequestResponse>;
  post(url: string, body?: unknown): Promise<LightMyRequestResponse>;
  send(method: 'GET' | 'POST' | 'DELETE', url: string, body?: unknown): Promise<LightMyRequestResponse>;
};

export type TestApi = {
  readonly app: FastifyInstance;
  readonly api: ApiContext;
  readonly provider: OidcProvider;
  /** Signs somebody in with a role, through the identity provider as a browser does. */
  signIn(name: string, role: Role): Promise<Client>;
  close(): Promise<void>;
};

export type TestApiOptions = {
  readonly store: Pick<Store, 'db'>;
  readonly loaded: LoadedConfig;
  readonly now: () => Date;
  readonly extraRoutes?: readonly ApiRoute[];
  readonly sessionSeconds?: number;
  readonly requestsPerMinute?: number;
};

/** The real server with a real sign-in; everything but the network to the browser. */
export async function startTestApi(options: TestApiOptions): Promise<TestApi> {
  const provider = await startOidcProvider('recon');
  const api = apiContext(options.store as never, options.loaded, options.now);
  const app = await buildServer({
    api,
    auth: {
      kind: 'oidc',
      issuer: provider.issuer,
      clientId: 'recon',
      clientSecret: null,
      roles: Object.fromEntries(roles.map((role) => [role, [`group-${role}`]])),
      baseUrl,
    },
    session: { key: Buffer.alloc(32, 7), seconds: options.sessionSeconds ?? 3600 },
    isHttps: false,
    log: undefined,
    requestsPerMinute: options.requestsPerMinute ?? 1_000_000,
    ...(options.extraRoutes !== undefined && { extraRoutes: options.extraRoutes }),
  });
  const signIn = async (name: string, role: Role): Promise<Client> => {
    provider.person = { sub: name, email: `${name}@example.com`, groups: [`group-${role}`] };
    const cookie = await throughProvider(app);
    const me = (await app.inject({ url: '/api/v1/me', headers: { cookie } })).json() as {
      name: string;
      csrfToken: string;
    };
    const send: Client['send'] = (method, url, body) =>
      app.inject({
        method,
        url,
        headers: { cookie, 'x-csrf-token': me.csrfToken },
        ...(body !== undefined && { payload: body as object }),
      });
    return {
      name: me.name,
      cookie,
      csrf: me.csrfToken,
      send,
      get: (url) => send('GET', url),
      post: (url, body) => send('POST', url, body),
    };
  };
  return {
    app,
    api,
    provider,
    signIn,
    close: async () => {
      await app.close();
      await provider.close();
    },
  };
}

/** Follows the redirects of a sign-in; answers the session's cookie. */
export async function throughProvider(app: FastifyInstance, to = '/'): Promise<string> {
  const begun = await app.inject({ url: `/auth/login?to=${encodeURIComponent(to)}` });
  const back = await fetch(String(begun.headers['location']), { redirect: 'manual' });
  const callback = new URL(back.headers.get('location') ?? '');
  const done = await app.inject({
    url: `${callback.pathname}${callback.search}`,
    headers: { cookie: cookieOf(begun) },
  });
  return cookieOf(done);
}

export function cookieOf(reply: LightMyRequestResponse): string {
  const [first] = [reply.headers['set-cookie'] ?? ''].flat();
  return (first ?? '').split(';')[0] ?? '';
}
