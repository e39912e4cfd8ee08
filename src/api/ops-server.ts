import Fastify from 'fastify';
import { AppError } from '../errors.js';
import { type MetricsContext, renderMetrics } from './metrics.js';

export type OpsOptions = MetricsContext & {
  readonly host: string;
  readonly port: number;
  /** What keeps this process from working now; empty when it is ready. */
  notReady(): Promise<readonly string[]>;
};

export type OpsServer = { readonly address: string; close(): Promise<void> };

/**
 * Health and metrics on an address of their own, without a sign-in: it belongs on a network that only the platform
 * reaches. /healthz says that the process lives; /readyz that database, schema and queue are as it needs them. A billing
 * system that is down changes neither: starting again would not mend it. Throws AppError `config_invalid`.
 */
export async function startOpsServer(options: OpsOptions): Promise<OpsServer> {
  const app = Fastify({ logger: false, forceCloseConnections: true });
  app.get('/healthz', async (_request, reply) => reply.type('text/plain').send('ok\n'));
  app.get('/readyz', async (_request, reply) => {
    const because = await options.notReady();
    return reply
      .code(because.length === 0 ? 200 : 503)
      .type('text/plain')
      .send(because.length === 0 ? 'ready\n' : `${because.join('\n')}\n`);
  });
  app.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await renderMetrics(options)),
  );
  const { host, port } = options;
  try {
    return { address: await app.listen({ host, port }), close: () => app.close() };
  } catch (error) {
    await app.close();
    throw new AppError('config_invalid', { detail: `ops: ${host}:${port} cannot be listened on`, cause: error });
  }
}
