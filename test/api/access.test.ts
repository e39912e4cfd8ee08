import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { apiContext } from '../../src/app-api.js';
import { type ApiRoute, route, type Rule } from '../../src/api/route.js';
import { routeTable } from '../../src/api/routes/table.js';
import { buildServer } from '../../src/api/server.js';
import { type Role, roles, type Scope, scopesOf } from '../../src/model/access.js';
import { createToken, revokeToken } from '../../src/run/tokens.js';
import { type Client, cookieOf, startTestApi, type TestApi, throughProvider } from '../support/api.js';
import { type DemoRuns, runDemo } from '../support/demo-runs.js';
import { startOidcProvider } from '../support/oidc-provider.js';

const start = new Date('2026-11-24T12:00:00Z');

/** An address of a route with something in the place of every parameter. */
function addressOf(one: ApiRoute): string {
  return one.url
    .replace(':cycle', '2026-10')
    .replace(':side', 'legacy')
    .replaceAll(/:[a-z]+/g, 'x');
}

function mayCall(role: Role, rule: Rule): boolean {
  if (rule === 'public' || rule === 'signed_in') return true;
  return scopesOf([role]).includes(rule);
}

describe('who may call what', () => {
  let demo: DemoRuns;
  let server: TestApi;
  let clock = start;
  const people = new Map<Role, Client>();

  beforeAll(async () => {
    demo = await runDemo(start);
    server = await startTestApi({ store: demo.database, loaded: demo.loaded, now: () => clock });
    for (const role of roles) people.set(role, await server.signIn(`${role}-person`, role));
  }, 120_000);
  afterAll(async () => {
    await server?.close();
    await demo?.close();
  });
  const as = (role: Role): Client => {
    const client = people.get(role);
    if (client === undefined) throw new Error(`nobody is ${role}`);
    return client;
  };

  test('every route lets in exactly the roles that its rule names, and nobody who is not signed in', async () => {
    let allowed = 0;
    let refused = 0;
    for (const one of routeTable) {
      const url = addressOf(one);
      const stranger = await server.app.inject({ method: one.method, url });
      const where = `${one.method} ${one.url}`;
      expect([where, 'nobody', stranger.statusCode === 401]).toEqual([where, 'nobody', one.rule !== 'public']);
      for (const role of roles) {
        // Ends the session of the matrix itself; it is tried below.
        if (one.url === '/api/v1/logout') continue;
        const body = one.method === 'POST' ? {} : undefined;
        const reply = await as(role).send(one.method, url, body);
        const isRefused = reply.statusCode === 403 || reply.statusCode === 401;
        expect([where, role, isRefused ? 'refused' : 'let in']).toEqual([
          where,
          role,
          mayCall(role, one.rule) ? 'let in' : 'refused',
        ]);
        expect([where, role, reply.statusCode < 500 || reply.statusCode === 503]).toEqual([where, role, true]);
        if (isRefused) refused += 1;
        else allowed += 1;
      }
    }
    expect(routeTable.length).toBeGreaterThan(40);
    expect(allowed).toBeGreaterThan(120);
    expect(refused).toBeGreaterThan(50);
  });

  test('operators and admins gain nothing over money by their office: an operator may not accept, an auditor may not act', () => {
    const of = (role: Role): readonly Scope[] => scopesOf([role]);
    expect(of('operator')).not.toContain('approve');
    expect(of('operator')).not.toContain('work');
    expect(of('auditor')).toEqual(['read', 'audit']);
    expect(of('viewer')).toEqual(['read']);
  });

  test('a route without a rule stops the start', async () => {
    const options = {
      api: apiContext(demo.database, demo.loaded, () => start),
      auth: { kind: 'local', user: 'anna' },
      session: { key: Buffer.alloc(32), seconds: 60 },
      isHttps: false,
      log: undefined,
    } as const;
    const good = route({
      method: 'GET',
      url: '/api/v1/extra',
      rule: 'read',
      tag: 'x',
      summary: 'x',
      response: z.object({}),
      handle: async () => ({}),
    });
    await (await buildServer({ ...options, extraRoutes: [good] })).close();
    const bad = { ...good, rule: undefined } as unknown as ApiRoute;
    await expect(buildServer({ ...options, extraRoutes: [bad] })).rejects.toThrow(/\/api\/v1\/extra has no rule/);
  });

  test('the description is OpenAPI 3.1 and names every route of the table with its right', async () => {
    const described = (await server.app.inject({ url: '/openapi.json' })).json() as {
      openapi: string;
      paths: Record<string, Record<string, { summary: string; security?: unknown[]; responses: object }>>;
      components: { schemas: Record<string, { type?: string }> };
    };
    expect(described.openapi).toBe('3.1.0');
    for (const one of routeTable) {
      const operation = described.paths[one.url.replaceAll(/:([a-z]+)/g, '{$1}')]?.[one.method.toLowerCase()];
      expect([one.url, operation?.summary]).toEqual([one.url, one.summary]);
      expect([one.url, operation?.security !== undefined]).toEqual([one.url, one.rule !== 'public']);
      expect(Object.keys(operation?.responses ?? {})).toEqual(
        expect.arrayContaining(['4xx', '5xx'].map((code) => code.toUpperCase())),
      );
    }
    const count = Object.values(described.paths).flatMap((path) => Object.keys(path)).length;
    expect(count).toBe(routeTable.length);
    expect(described.components.schemas['Money']?.type).toBe('string');
    // Every reference leads somewhere.
    const text = JSON.stringify(described);
    const references = [...text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(references.length).toBeGreaterThan(20);
    for (const name of references) expect(Object.keys(described.components.schemas)).toContain(name);
  });

  test('money is text in every answer: no amount is a JSON number', async () => {
    const amounts = new Set([
      'delta',
      'absDelta',
      'legacy',
      'solvimon',
      'over',
      'under',
      'gross',
      'net',
      'amount',
      'tax',
      'unitPrice',
      'quantity',
      'discount',
      'legacyGross',
      'solvimonGross',
      'maxAmount',
      'difference',
    ]);
    let seen = 0;
    const check = (value: unknown, key: string): void => {
      if (typeof value === 'number' && amounts.has(key)) throw new Error(`${key} is the number ${value}`);
      if (typeof value === 'string' && amounts.has(key)) seen += 1;
      if (Array.isArray(value)) for (const one of value) check(one, key);
      else if (typeof value === 'object' && value !== null)
        for (const [name, child] of Object.entries(value))
          if (name !== 'documents' && name !== 'count') check(child, name);
    };
    const list = (await as('viewer').get('/api/v1/cycles/2026-10/mismatches?size=50')).json() as {
      rows: { id: string; pair: { id: string } }[];
    };
    check(list, '');
    check((await as('viewer').get('/api/v1/cycles/2026-10')).json().statement, '');
    check((await as('viewer').get(`/api/v1/pairs/${list.rows[0]?.pair.id ?? ''}`)).json(), '');
    check((await as('viewer').get('/api/v1/cycles/2026-10/causes')).json(), '');
    expect(seen).toBeGreaterThan(300);
  });

  test('a sign-in is a code with PKCE: a stolen code is worth nothing without the verifier, and works once', async () => {
    const { app, provider } = server;
    const begun = await app.inject({ url: '/auth/login' });
    const address = new URL(String(begun.headers['location']));
    expect(address.searchParams.get('code_challenge_method')).toBe('S256');
    const back = await fetch(address, { redirect: 'manual' });
    const callback = new URL(back.headers.get('location') ?? '');
    const url = `${callback.pathname}${callback.search}`;
    // Another browser, which has begun its own sign-in: another verifier, another state.
    const other = await app.inject({ url: '/auth/login' });
    expect((await app.inject({ url, headers: { cookie: cookieOf(other) } })).statusCode).toBe(401);
    expect((await app.inject({ url })).statusCode).toBe(401);
    // A verifier that does not belong to the code is refused by the provider itself.
    const stolen = await fetch(`${provider.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: callback.searchParams.get('code') ?? '',
        code_verifier: 'x'.repeat(43),
        redirect_uri: 'http://shadowbill.test/auth/callback',
      }),
    });
    expect(stolen.status).toBe(400);
    expect(provider.refused.at(-1)).toBe('verifier');
    // The code is spent: even the right browser has to begin again.
    expect((await app.inject({ url, headers: { cookie: cookieOf(begun) } })).statusCode).toBe(401);
  });

  test('a sign-in gives the roles of the groups, a cookie that scripts cannot read, and no way to another site', async () => {
    const { app, provider } = server;
    provider.person = { sub: 'zoe', email: 'Zoe@Example.com', groups: ['group-analyst', 'group-auditor', 'other'] };
    const begun = await app.inject({ url: '/auth/login?to=https://evil.example/' });
    const back = await fetch(String(begun.headers['location']), { redirect: 'manual' });
    const callback = new URL(back.headers.get('location') ?? '');
    const done = await app.inject({
      url: `${callback.pathname}${callback.search}`,
      headers: { cookie: cookieOf(begun) },
    });
    expect(done.headers['location']).toBe('/');
    expect(String(done.headers['set-cookie'])).toMatch(/HttpOnly/);
    expect(String(done.headers['set-cookie'])).toMatch(/SameSite=Lax/);
    const me = (await app.inject({ url: '/api/v1/me', headers: { cookie: cookieOf(done) } })).json();
    expect(me).toMatchObject({
      name: 'zoe@example.com',
      roles: ['analyst', 'auditor'],
      scopes: ['read', 'work', 'audit'],
    });
  });

  test('a tampered cookie, an expired session and a session that was ended are nobody', async () => {
    const client = await server.signIn('eve', 'viewer');
    expect((await client.get('/api/v1/cycles')).statusCode).toBe(200);
    for (const position of [20, 60, client.cookie.length - 4]) {
      const flipped = client.cookie[position] === 'A' ? 'B' : 'A';
      const cookie = `${client.cookie.slice(0, position)}${flipped}${client.cookie.slice(position + 1)}`;
      const reply = await server.app.inject({ url: '/api/v1/cycles', headers: { cookie } });
      expect(reply.statusCode).toBe(401);
      expect(reply.json()).toMatchObject({
        code: 'unauthenticated',
        requestId: expect.stringMatching(/^[0-9a-f]{16}$/),
      });
    }
    clock = new Date(start.getTime() + 3_600_001);
    expect((await client.get('/api/v1/cycles')).statusCode).toBe(401);
    clock = start;
    const ended = await client.post('/api/v1/logout', {});
    expect(ended.statusCode).toBe(200);
    expect((await server.app.inject({ url: '/api/v1/cycles', headers: { cookie: cookieOf(ended) } })).statusCode).toBe(
      401,
    );
  });

  test('a request of another site that a browser sends with the cookie changes nothing without the token of our pages', async () => {
    const { cookie, csrf } = as('admin');
    const send = (headers: Record<string, string>) =>
      server.app.inject({
        method: 'POST',
        url: '/api/v1/tokens',
        headers: { cookie, ...headers },
        payload: { name: 'x', scopes: ['read'], days: 1 },
      });
    const before = (await as('admin').get('/api/v1/tokens')).json().rows.length;
    expect((await send({})).statusCode).toBe(403);
    expect((await send({ 'x-csrf-token': `${csrf.slice(0, -1)}!` })).statusCode).toBe(403);
    expect((await as('admin').get('/api/v1/tokens')).json().rows).toHaveLength(before);
    expect((await send({ 'x-csrf-token': csrf })).statusCode).toBe(200);
  });

  test('a token does what its scopes allow, is its maker, is never stored, and ends when it is revoked or its time has come', async () => {
    const context = { db: demo.database.db, now: () => clock };
    const actor = { name: 'ops@example.com', via: 'cli' } as const;
    const made = await createToken(context, { name: 'nightly', scopes: ['read'], days: 10, actor });
    const get = (url: string, token = made.token) =>
      server.app.inject({ url, headers: { authorization: `Bearer ${token}` } });
    expect((await get('/api/v1/me')).json()).toMatchObject({
      kind: 'token',
      name: 'ops@example.com',
      scopes: ['read'],
      csrfToken: null,
    });
    expect((await get('/api/v1/cycles')).statusCode).toBe(200);
    expect((await get('/api/v1/audit')).statusCode).toBe(403);
    expect((await get('/api/v1/cycles', `${made.token}x`)).statusCode).toBe(401);
    const stored = JSON.stringify((await demo.database.pool.query('select * from api_token')).rows);
    expect(stored).not.toContain(made.token);
    clock = new Date(start.getTime() + 10 * 86_400_000);
    expect((await get('/api/v1/cycles')).statusCode).toBe(401);
    clock = start;
    await revokeToken(context, { id: made.id, actor });
    expect((await get('/api/v1/cycles')).statusCode).toBe(401);
    await expect(revokeToken(context, { id: made.id, actor })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('bad input is refused in one shape that says what to do next, and changes nothing', async () => {
    const analyst = as('analyst');
    const cases = [
      ['/api/v1/cycles/2026-10/mismatches?status=closed', 400, 'usage', /status is not known/],
      ['/api/v1/cycles/2026-10/mismatches?sort=size', 400, 'usage', /sort is not known/],
      ['/api/v1/cycles/2026-10/mismatches?min=-1', 400, 'usage', /min is not an amount/],
      ['/api/v1/cycles/2026-10/mismatches?size=5000', 400, 'usage', /size is not from 1 to 500/],
      ['/api/v1/cycles/2026-10/mismatches?after=zzz', 400, 'usage', /cursor/],
      ['/api/v1/cycles/october/mismatches', 400, 'usage', /cycle is no cycle/],
      ['/api/v1/cycles/2031-01/mismatches', 404, 'cycle_not_found', /2031-01/],
      ['/api/v1/mismatches/M-none', 404, 'mismatch_not_found', /M-none/],
      ['/api/v1/pairs/P-none', 404, 'pair_not_found', /P-none/],
      ['/api/v1/runs/none', 404, 'run_not_found', /none/],
      ['/api/v1/cohorts/none', 404, 'cohort_not_found', /none/],
      ['/api/v1/nothing', 404, 'not_found', /nothing/],
    ] as const;
    for (const [url, status, code, message] of cases) {
      const reply = await analyst.get(url);
      expect([url, reply.statusCode]).toEqual([url, status]);
      expect(reply.json()).toEqual({
        code,
        message: expect.stringMatching(message) as string,
        next: expect.stringMatching(/./) as string,
        requestId: expect.stringMatching(/./) as string,
      });
    }
    const big = await analyst.post('/api/v1/cycles/2026-10/work/preview', {
      act: { kind: 'comment', text: 'x'.repeat(1_100_000) },
    });
    expect([big.statusCode, big.json().code]).toEqual([413, 'too_large']);
    const broken = await server.app.inject({
      method: 'POST',
      url: '/api/v1/cycles/2026-10/work/preview',
      headers: { cookie: analyst.cookie, 'x-csrf-token': analyst.csrf, 'content-type': 'application/json' },
      payload: '{"act":',
    });
    expect([broken.statusCode, broken.json().code]).toEqual([400, 'usage']);
  });

  test('pages may load nothing from elsewhere and run no inline script, and nobody may frame them', async () => {
    const { headers } = await server.app.inject({ url: '/api/v1/me' });
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https:|\*/);
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  test('too many requests in a minute are told to wait, with the seconds', async () => {
    const small = await startTestApi({
      store: demo.database,
      loaded: demo.loaded,
      now: () => start,
      requestsPerMinute: 5,
    });
    const replies = [];
    for (let index = 0; index < 7; index += 1) replies.push(await small.app.inject({ url: '/healthz' }));
    await small.close();
    expect(replies.map((reply) => reply.statusCode)).toEqual([200, 200, 200, 200, 200, 429, 429]);
    expect(replies[6]?.json()).toMatchObject({ code: 'rate_limited' });
    expect(Number(replies[6]?.headers['retry-after'])).toBeGreaterThan(0);
  });

  test('local mode answers to loopback only, whatever name another site gives itself', async () => {
    const app = await buildServer({
      api: apiContext(demo.database, demo.loaded, () => start),
      auth: { kind: 'local', user: 'anna' },
      session: { key: Buffer.alloc(32), seconds: 60 },
      isHttps: false,
      log: undefined,
    });
    const me = (host: string) => app.inject({ url: '/api/v1/me', headers: { host } });
    expect((await me('127.0.0.1:8080')).json()).toMatchObject({ name: 'anna', kind: 'local' });
    expect((await me('evil.example')).statusCode).toBe(403);
    expect((await me('localhost.evil.example')).statusCode).toBe(403);
    const unsafe = await app.inject({
      method: 'POST',
      url: '/api/v1/tokens',
      headers: { host: 'localhost' },
      payload: {},
    });
    expect(unsafe.statusCode).toBe(403);
    await app.close();
  });

  test('the identity provider may be away for a while: signing in says so, and works when it is back', async () => {
    const gone = await startOidcProvider('recon');
    await gone.close();
    const app = await buildServer({
      api: apiContext(demo.database, demo.loaded, () => start),
      auth: {
        kind: 'oidc',
        issuer: gone.issuer,
        clientId: 'recon',
        clientSecret: null,
        roles: { viewer: ['everybody'] },
        baseUrl: 'http://shadowbill.test',
      },
      session: { key: Buffer.alloc(32), seconds: 60 },
      isHttps: false,
      log: undefined,
    });
    const refused = await app.inject({ url: '/auth/login' });
    expect([refused.statusCode, refused.json().code]).toEqual([503, 'source_unreachable']);
    const back = await startOidcProvider('recon', Number(new URL(gone.issuer).port));
    back.person = { sub: 'kim', email: 'kim@example.com', groups: ['everybody'] };
    const cookie = await throughProvider(app);
    expect((await app.inject({ url: '/api/v1/me', headers: { cookie } })).json()).toMatchObject({ roles: ['viewer'] });
    await app.close();
    await back.close();
  });
});
