import type { Role } from '../../model/access.js';

/** How people sign in. Tokens are taken in both. */
export type AuthOptions =
  | {
      /** One person without a password, for a demo on one's own machine: refused on any address but loopback. */
      readonly kind: 'local';
      readonly user: string;
    }
  | {
      readonly kind: 'oidc';
      readonly issuer: string;
      readonly clientId: string;
      readonly clientSecret: string | null;
      /** Groups of the issuer that have each role. */
      readonly roles: Readonly<Partial<Record<Role, readonly string[]>>>;
      /** Where browsers reach us, without a path: the callback is below it. */
      readonly baseUrl: string;
    };

export type SessionOptions = {
  /** 32 bytes. */
  readonly key: Buffer;
  readonly seconds: number;
};
