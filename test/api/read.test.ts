import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FastifyInstance } from 'fastify';
import { apiContext } from '../../src/app-api.js';
import { buildServer } from '../../src/api/server.js';
import { type DemoRuns, runDemo } from '../support/demo-runs.js';

const now = new Date('2026-11-24T12:00:00Z');

describe('the read routes over the demo', () => {
  let demo: DemoRuns;
  let app: FastifyInstance;
  beforeAll(async () => {
    demo = await runDemo(now);
    app = await buildServer({
      api: apiContext(demo.database, demo.loaded, () => now),
      auth: { kind: 'local', user: 'anna' },
      session: { key: Buffer.alloc(32, 1), seconds: 3600 },
      isHttps: false,
      log: undefined,
      requestsPerMinute: 100_000,
    });
  }, 120_000);
  afterAll(async () => {
    await app?.close();
    await demo?.close();
  });

  test('smoke', async () => {
    const urls = [
      '/api/v1/me',
      '/api/v1/cycles',
      '/api/v1/cycles/2026-10',
      '/api/v1/cycles/2026-10/mismatches?size=2&facets=true',
      '/api/v1/cycles/2026-10/mismatches?cohort=',
      '/api/v1/cycles/2026-10/pairs?size=1',
      '/api/v1/cycles/2026-10/causes',
      '/api/v1/runs',
      '/api/v1/settings',
      '/api/v1/jobs',
      '/api/v1/audit',
      '/api/v1/mapping/coverage?cycle=2026-10',
      '/openapi.json',
      '/api/v1/tokens',
      '/api/v1/cycles/2026-10/mismatches?status=foo&sort=x',
    ];
    for (const url of urls) {
      const reply = await app.inject({ url, headers: { host: 'localhost' } });
      console.log(url, reply.statusCode, reply.body.slice(0, 900));
    }
    const list = (
      await app.inject({ url: '/api/v1/cycles/2026-10/mismatches?size=3', headers: { host: 'localhost' } })
    ).json();
    for (const url of [
      `/api/v1/mismatches/${list.rows[0].id}`,
      `/api/v1/pairs/${list.rows[0].pair.id}`,
      `/api/v1/runs/${list.run}/events`,
    ]) {
      const reply = await app.inject({ url, headers: { host: 'localhost' } });
      console.log(url, reply.statusCode, reply.body.slice(0, 1500));
    }
    expect(list.rows).toHaveLength(3);
  });
});
