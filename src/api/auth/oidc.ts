import { randomBytes } from 'node:crypto';
import * as oidc from 'openid-client';
import { z } from 'zod';
import { AppError } from '../../errors.js';
import { parseActor, type Role } from '../../model/access.js';
import type { AuthOptions } from './options.js';
import { rolesOfGroups, type SessionLogin } from './session.js';

type OidcOptions = AuthOptions & { readonly kind: 'oidc' };

/** Where somebody goes to sign in, and where they come back from. */
export type Oidc = {
  begin(to: string): Promise<{ readonly address: string; readonly login: SessionLogin }>;
  finish(url: URL, login: SessionLogin): Promise<{ readonly name: string; readonly roles: readonly Role[] }>;
};

const claims = z.object({
  sub: z.string(),
  email: z.string().optional(),
  email_verified: z.boolean().optional(),
  preferred_username: z.string().optional(),
  groups: z.array(z.string()).default([]),
});

const timeoutSeconds = 10;

/** OpenID Connect with code and PKCE. The issuer is looked up at the first sign-in and again after a failure, so that it may start after us. */
export function openOidc(options: OidcOptions): Oidc {
  let known: Promise<oidc.Configuration> | undefined;
  const configuration = async () => {
    known ??= discover(options);
    try {
      return await known;
    } catch (error) {
      known = undefined;
      throw unreachable(options, error);
    }
  };
  const redirectUri = new URL('/auth/callback', options.baseUrl).href;
  return {
    begin: async (to) => {
      const verifier = oidc.randomPKCECodeVerifier();
      const login = { state: oidc.randomState(), nonce: oidc.randomNonce(), verifier, to };
      const address = oidc.buildAuthorizationUrl(await configuration(), {
        redirect_uri: redirectUri,
        scope: 'openid email profile groups',
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state: login.state,
        nonce: login.nonce,
      });
      return { address: address.href, login };
    },
    finish: async (url, login) => {
      const current = new URL(`${redirectUri}${url.search}`);
      const tokens = await exchange(await configuration(), current, login);
      const read = claims.safeParse(tokens.claims());
      if (!read.success)
        throw new AppError('unauthenticated', { detail: 'the identity provider sent no usable claims' });
      return personOf(read.data, options);
    },
  };
}

async function discover(options: OidcOptions): Promise<oidc.Configuration> {
  const issuer = new URL(options.issuer);
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(issuer.hostname);
  const found = await oidc.discovery(
    issuer,
    options.clientId,
    options.clientSecret ?? undefined,
    options.clientSecret === null ? oidc.None() : undefined,
    // Plain HTTP never leaves the machine.
    {
      timeout: timeoutSeconds,
      ...(isLoopback && issuer.protocol === 'http:' && { execute: [oidc.allowInsecureRequests] }),
    },
  );
  return found;
}

async function exchange(configuration: oidc.Configuration, url: URL, login: SessionLogin) {
  try {
    return await oidc.authorizationCodeGrant(configuration, url, {
      pkceCodeVerifier: login.verifier,
      expectedState: login.state,
      expectedNonce: login.nonce,
      idTokenExpected: true,
    });
  } catch (error) {
    throw new AppError('unauthenticated', {
      detail: 'the identity provider did not confirm the sign-in',
      cause: error,
    });
  }
}

/** A verified address where there is one, so that people recognise each other; else the name, else the subject. */
function personOf(
  read: z.output<typeof claims>,
  options: OidcOptions,
): { readonly name: string; readonly roles: readonly Role[] } {
  const email = read.email_verified === false ? undefined : read.email;
  const actor = parseActor(email ?? read.preferred_username ?? read.sub, 'api');
  if (actor === undefined) throw new AppError('unauthenticated', { detail: 'the identity provider sent no name' });
  return { name: actor.name, roles: rolesOfGroups(read.groups, options.roles) };
}

function unreachable(options: OidcOptions, error: unknown): AppError {
  return new AppError('source_unreachable', {
    detail: `the identity provider ${new URL(options.issuer).host}`,
    cause: error,
  });
}

/** A new secret for the pages of one session. */
export function newCsrf(): string {
  return randomBytes(24).toString('base64url');
}
