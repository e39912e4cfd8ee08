import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export type CanaryProxy = {
  readonly url: string;
  /** Every header that came in, so that a test can see that the secret was really used. */
  readonly seen: readonly string[];
  /** From now on each request is refused with a body that says back everything that was sent, as careless systems do. */
  refuse(status: number): void;
  close(): Promise<void>;
};

/**
 * Stands before a fake billing system: takes requests with the secret of the test, passes them on with the one that the
 * fake knows, and puts `added` behind each `after` of the replies.
 */
export async function startCanaryProxy(input: {
  readonly target: string;
  readonly secrets: Readonly<Record<string, string>>;
  readonly after: string;
  readonly added: string;
}): Promise<CanaryProxy> {
  const seen: string[] = [];
  let refusal = 0;
  const server = createServer((request, reply) => {
    const headers = textsOf(request.headers);
    seen.push(JSON.stringify(headers));
    if (refusal !== 0) {
      const said = JSON.stringify({
        error: { message: `refused: ${JSON.stringify(headers)}` },
        message: headers,
        error_code: headers,
      });
      reply.writeHead(refusal, { 'content-type': 'application/json' }).end(said);
      return;
    }
    const known = Object.entries(headers).map(([name, value]): [string, string] => [name, swap(value, input.secrets)]);
    fetch(`${input.target}${request.url ?? ''}`, {
      method: request.method ?? 'GET',
      headers: known.filter(([name]) => !['host', 'connection', 'content-length', 'accept-encoding'].includes(name)),
      redirect: 'manual',
    })
      .then(async (answer) => {
        const text = (await answer.text()).replaceAll(input.after, `${input.after}${input.added}`);
        const kept = [...answer.headers].filter(
          ([name]) => !/^(content-length|content-encoding|transfer-encoding|connection)$/.test(name),
        );
        reply.writeHead(answer.status, Object.fromEntries(kept)).end(text);
      })
      .catch(() => reply.destroy());
  });
  await listening(server);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    refuse: (status) => {
      refusal = status;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

const listening = (server: Server) => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

function textsOf(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

function swap(value: string, secrets: Readonly<Record<string, string>>): string {
  return Object.entries(secrets).reduce((text, [ours, theirs]) => text.replaceAll(ours, theirs), value);
}
