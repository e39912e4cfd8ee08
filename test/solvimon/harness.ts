import { httpConfig, type HttpConfig } from '../../src/solvimon-adapter/http-config.js';
import { type HttpEnvironment, openHttp } from '../../src/solvimon-adapter/http-source.js';
import type { Source } from '../../src/model/source.js';
import type { Incident } from '../../src/solvimon-adapter/pull-deps.js';
import type { Surroundings } from '../../src/solvimon-adapter/wait.js';
import { type FakeOptions, FakeSolvimon, readKey, writeKey } from '../fakes/solvimon/server.js';
import { scopeOf, testContext } from '../support/pull.js';

/** Waits pass at once and move the fake's clock, so that no test depends on the time it takes. */
export function fakeTime(server: FakeSolvimon): {
  readonly surroundings: Surroundings;
  readonly waits: number[];
  onWait: ((ms: number) => void) | null;
} {
  const waits: number[] = [];
  const time: ReturnType<typeof fakeTime> = {
    waits,
    onWait: null,
    surroundings: {
      random: () => 0.5,
      wait: async (ms, signal) => {
        signal.throwIfAborted();
        waits.push(ms);
        server.advance(ms);
        time.onWait?.(ms);
      },
    },
  };
  return time;
}

export type Bench = {
  readonly server: FakeSolvimon;
  readonly source: Source;
  readonly config: HttpConfig;
  readonly environment: HttpEnvironment;
  readonly incidents: Incident[];
  readonly time: ReturnType<typeof fakeTime>;
  readonly context: (input?: Parameters<typeof testContext>[0]) => ReturnType<typeof testContext>;
  readonly close: () => Promise<void>;
};

export const october = scopeOf('2026-10', 'Europe/Amsterdam');

/** A running fake and the real source in front of it. */
export async function openBench(options: FakeOptions = {}, overrides: Record<string, unknown> = {}): Promise<Bench> {
  const server = await FakeSolvimon.start(options);
  const time = fakeTime(server);
  const incidents: Incident[] = [];
  const environment: HttpEnvironment = {
    baseDir: '.',
    variables: { SOLVIMON_KEY: readKey, SOLVIMON_WRITE_KEY: writeKey },
    surroundings: time.surroundings,
    environmentUrls: { live: server.url, test: 'http://127.0.0.1:9' },
    onIncident: async (incident) => void incidents.push(incident),
  };
  const config = httpConfig.parse({
    kind: 'http',
    api_key_env: 'SOLVIMON_KEY',
    platform_id: 'plat_shadow',
    allow_private_address: 'true',
    page_size: 10,
    ...overrides,
  });
  const source = openHttp(config, environment);
  return {
    server,
    source,
    config,
    environment,
    incidents,
    time,
    context: (input = {}) => testContext({ now: () => server.now, ...input }),
    close: async () => {
      await source.close();
      await server.close();
    },
  };
}
