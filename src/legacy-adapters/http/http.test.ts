import { createServer as createPlainServer } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { decimalOf, isObject, jsonText, parseJson } from './json.js';
import { retryAfterMs } from '../../model/retry-after.js';
import { HttpTransport } from './transport.js';

describe('JSON from a billing system', () => {
  test('keeps every digit of a number, there and back', () => {
    const text = '{"a":9007199254740993,"b":[33.333333333333333333,-0.10],"c":"1","d":null,"e":true,"f":1e-12}';
    expect(jsonText(parseJson(text, 'a reply'))).toBe(text);
  });

  test.each([
    ['9007199254740993', '9007199254740993'],
    ['-0.10', '-0.1'],
    ['1e-12', '0.000000000001'],
    ['1.5E3', '1500'],
    ['"20.0"', '20'],
    ['1e999', undefined],
    ['"twelve"', undefined],
    ['true', undefined],
    ['null', undefined],
  ])('reads %s as the decimal %s', (text, decimal) => {
    const value = parseJson(`{"a":${text}}`, 'a reply');
    expect(decimalOf(isObject(value) ? value['a'] : undefined)).toBe(decimal);
  });

  test('that is a web page or cut off is a reply that may be asked for again', () => {
    const page = () => parseJson(' <html>', 'the reply');
    expect(page).toThrowError(expect.objectContaining({ code: 'source_reply_invalid', retry: 'later' }));
    expect(page).toThrowError('the reply is a web page and not JSON');
    expect(() => parseJson('{"a":', 'the reply')).toThrowError('the reply is no whole JSON');
  });
});

describe('a Retry-After header', () => {
  const now = Date.UTC(2026, 10, 24, 12, 0, 0);

  test.each([
    ['7', 7000],
    ['0', 1000],
    ['1.5', 1500],
    ['Tue, 24 Nov 2026 12:00:30 GMT', 30_000],
    ['Tue, 24 Nov 2026 11:00:00 GMT', 1000],
    ['999999', 3_600_000],
    ['soon', 1000],
    [null, 1000],
  ])('of %s is a pause of %d ms', (header, ms) => {
    expect(retryAfterMs(header, now)).toBe(ms);
  });
});

const testTransport = (allowsPrivateAddress: boolean) =>
  new HttpTransport({ system: 'Test', isHarmless: () => false, allowsPrivateAddress });

describe('the transport', () => {
  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
    'lets no %s out that was not declared harmless (I13)',
    async (method) => {
      const transport = new HttpTransport({
        system: 'Test',
        isHarmless: (sent, path) => sent === 'POST' && path === '/preview',
        allowsPrivateAddress: true,
      });
      const request = { method, url: 'http://127.0.0.1:9/v1/invoices', headers: {}, body: null };
      await expect(transport.send(request, new AbortController().signal)).rejects.toThrowError(
        'nothing is ever written to a billing system (I13)',
      );
      await transport.close();
    },
  );

  test('talks to no server whose certificate nobody vouches for, even where the environment allows it', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    let requests = 0;
    const server = createServer({ key: selfSigned.key, cert: selfSigned.cert }, (_request, reply) => {
      requests += 1;
      reply.end('{}');
    });
    const transport = testTransport(true);
    try {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/v1/invoices`;
      const sent = transport.send({ method: 'GET', url, headers: {}, body: null }, new AbortController().signal);
      await expect(sent).rejects.toThrowError(
        expect.objectContaining({
          code: 'source_unreachable',
          detail: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT') as string,
        }),
      );
      expect(requests).toBe(0);
    } finally {
      vi.unstubAllEnvs();
      await transport.close();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('sends nothing into a private network, however the address is written, unless that is allowed', async () => {
    let requests = 0;
    const server = createPlainServer((_request, reply) => {
      requests += 1;
      reply.end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const { port } = server.address() as AddressInfo;
    const [guarded, open] = [testTransport(false), testTransport(true)];
    const get = (transport: HttpTransport, host: string) =>
      transport.send(
        { method: 'GET', url: `http://${host}:${port}/v1`, headers: { authorization: 'Bearer key' }, body: null },
        new AbortController().signal,
      );
    try {
      for (const host of ['127.0.0.1', 'localhost', '2130706433', '[::ffff:127.0.0.1]'])
        await expect(get(guarded, host), host).rejects.toMatchObject({ code: 'address_private', retry: 'never' });
      expect(requests).toBe(0);
      expect((await get(open, '127.0.0.1')).status).toBe(200);
      expect(requests).toBe(1);
    } finally {
      await guarded.close();
      await open.close();
      await new Promise((resolve) => server.close(resolve));
    }
  });

  test('follows no redirect: it is a reply like any other', async () => {
    let wasFollowed = false;
    const server = createPlainServer((request, reply) => {
      wasFollowed ||= request.url === '/elsewhere';
      reply.writeHead(302, { location: '/elsewhere' }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const transport = testTransport(true);
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
      const reply = await transport.send({ method: 'GET', url, headers: {}, body: null }, new AbortController().signal);
      expect([reply.status, wasFollowed]).toEqual([302, false]);
    } finally {
      await transport.close();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});

/** Made for this test only, for 127.0.0.1; signed by itself and trusted by nobody. */
const selfSigned = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgT370iU9zglOOfIdh
6juwaHf9XBP6Lg/0rQGRGDyqU3ShRANCAARCXpr4ZnqhcT0hlQC7tZPRN6k5+SMx
rgBarCtTPBMwQttc2fz/rNoh5InAtr04UYxdgQ76vCTBaLzGz19U1kgu
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBkTCCATagAwIBAgIUeIWWE7nmee6e69wmR2BVwB/Egp4wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyNDE3MzYwOFoYDzIxMjYxMDMx
MTczNjA4WjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARCXpr4ZnqhcT0hlQC7tZPRN6k5+SMxrgBarCtTPBMwQttc2fz/rNoh
5InAtr04UYxdgQ76vCTBaLzGz19U1kguo2QwYjAdBgNVHQ4EFgQULVhGWCrdSu27
FWQz2HyQAje9fa0wHwYDVR0jBBgwFoAULVhGWCrdSu27FWQz2HyQAje9fa0wDwYD
VR0TAQH/BAUwAwEB/zAPBgNVHREECDAGhwR/AAABMAoGCCqGSM49BAMCA0kAMEYC
IQCnOx1QylF+T16vg8j2e4ktJamFBDff1nhoC2EGhi6mtwIhAI3H9ClFWdcMKVJ5
ndthS1oVNgxvJkSkCgJUxUonEM1o
-----END CERTIFICATE-----`,
};
