import { createHash, createSign, generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Person = { readonly sub: string; readonly email: string; readonly groups: readonly string[] };

export type OidcProvider = {
  readonly issuer: string;
  /** Who answers at the sign-in page next. */
  person: Person;
  /** Token requests that were refused, with the reason. */
  readonly refused: string[];
  close(): Promise<void>;
};

type Grant = {
  readonly person: Person;
  readonly challenge: string;
  readonly nonce: string;
  readonly redirectUri: string;
};

/** A small identity provider: code flow with PKCE (S256 only), codes that work once, id tokens signed with RS256. */
export async function startOidcProvider(clientId: string, port = 0): Promise<OidcProvider> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'RS256' };
  const grants = new Map<string, Grant>();
  const state: { person: Person; refused: string[] } = {
    person: { sub: 'nobody', email: 'nobody@example.com', groups: [] },
    refused: [],
  };
  let issuer = '';

  const idToken = (grant: Grant): string => {
    const nowSeconds = Math.floor(Date.now() / 1000);
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const { sub, email, groups } = grant.person;
    const claims = {
      iss: issuer,
      aud: clientId,
      iat: nowSeconds,
      exp: nowSeconds + 300,
      nonce: grant.nonce,
      sub,
      email,
      email_verified: true,
      groups,
    };
    const body = `${encode({ alg: 'RS256', kid: 'one', typ: 'JWT' })}.${encode(claims)}`;
    return `${body}.${createSign('RSA-SHA256').update(body).sign(privateKey).toString('base64url')}`;
  };

  const redeem = (form: URLSearchParams): object => {
    const code = form.get('code') ?? '';
    const grant = grants.get(code);
    grants.delete(code);
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    const fault =
      grant === undefined
        ? 'code'
        : challenge !== grant.challenge
          ? 'verifier'
          : form.get('redirect_uri') !== grant.redirectUri
            ? 'redirect_uri'
            : null;
    if (grant === undefined || fault !== null) {
      state.refused.push(fault ?? 'code');
      return { error: 'invalid_grant' };
    }
    return {
      access_token: randomBytes(8).toString('hex'),
      token_type: 'bearer',
      expires_in: 300,
      id_token: idToken(grant),
    };
  };

  const server = createServer((request, reply) => {
    const url = new URL(request.url ?? '/', issuer);
    const answer = (status: number, body: unknown) => {
      reply.writeHead(status, { 'content-type': 'application/json' });
      reply.end(JSON.stringify(body));
    };
    if (url.pathname === '/.well-known/openid-configuration')
      return answer(200, {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        response_types_supported: ['code'],
        code_challenge_methods_supported: ['S256'],
        id_token_signing_alg_values_supported: ['RS256'],
        subject_types_supported: ['public'],
      });
    if (url.pathname === '/jwks') return answer(200, { keys: [jwk] });
    if (url.pathname === '/authorize') {
      const read = (name: string) => url.searchParams.get(name) ?? '';
      if (read('client_id') !== clientId || read('code_challenge_method') !== 'S256')
        return answer(400, { error: 'invalid_request' });
      const code = randomBytes(12).toString('hex');
      grants.set(code, {
        person: state.person,
        challenge: read('code_challenge'),
        nonce: read('nonce'),
        redirectUri: read('redirect_uri'),
      });
      const back = new URL(read('redirect_uri'));
      back.searchParams.set('code', code);
      back.searchParams.set('state', read('state'));
      reply.writeHead(302, { location: back.href });
      return reply.end();
    }
    if (url.pathname !== '/token') return answer(404, {});
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString('utf8');
    });
    request.on('end', () => {
      const redeemed = redeem(new URLSearchParams(body));
      answer('error' in redeemed ? 400 : 200, redeemed);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    get person() {
      return state.person;
    },
    set person(next: Person) {
      state.person = next;
    },
    refused: state.refused,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
