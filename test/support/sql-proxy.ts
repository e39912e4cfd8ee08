import net from 'node:net';

/*
 * Stands between an adapter and a real database server, reads the statements that pass and lets the connection fail at
 * one of them. It knows as much of both protocols as finding statements takes: Postgres' messages of type Q and P, and
 * MySQL's packets that begin a command COM_QUERY.
 */

/** What to do with a statement: forward it; close both ends; close them in the middle of the reply; leave it unanswered. */
export type Verdict = 'forward' | 'close' | 'cut_reply' | 'hang';

export type SqlProxy = {
  readonly port: number;
  /** Texts of the statements that arrived, in order. */
  readonly statements: readonly string[];
  close(): Promise<void>;
};

type Protocol = 'postgres' | 'mysql';

/** Bytes of a reply that still pass when it is cut: a header and not a row. */
const bytesBeforeCut = 12;

/** Starts a proxy on a free port. `judge` sees each statement before it is forwarded, and may take its time. */
export async function startSqlProxy(
  protocol: Protocol,
  target: { readonly host: string; readonly port: number },
  judge: (statement: string) => Verdict | Promise<Verdict>,
): Promise<SqlProxy> {
  const statements: string[] = [];
  const open = new Set<net.Socket>();
  const server = net.createServer((client) => {
    const upstream = net.connect(target.port, target.host);
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', () => {
        open.delete(socket);
        end();
      });
    }
    let bytesLeft = Number.POSITIVE_INFINITY;
    upstream.on('data', (chunk: Buffer) => {
      client.write(chunk.subarray(0, bytesLeft));
      bytesLeft -= chunk.length;
      if (bytesLeft <= 0) end();
    });
    const reader = new StatementReader(protocol);
    let work: Promise<void> = Promise.resolve();
    client.on('data', (chunk: Buffer) => {
      work = work.then(async () => {
        for (const message of reader.read(chunk)) {
          if (message.statement !== undefined) {
            statements.push(message.statement);
            const verdict = await judge(message.statement);
            if (verdict === 'hang') return;
            if (verdict === 'close') return end();
            if (verdict === 'cut_reply') bytesLeft = bytesBeforeCut;
          }
          if (!upstream.destroyed) upstream.write(message.bytes);
        }
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    statements,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

type Message = { readonly bytes: Buffer; readonly statement: string | undefined };

/** Cuts what a client sends into messages. Class, because a message may come in pieces. */
class StatementReader {
  readonly #protocol: Protocol;
  #pending = Buffer.alloc(0);
  #isStarted = false;

  constructor(protocol: Protocol) {
    this.#protocol = protocol;
  }

  read(chunk: Buffer): readonly Message[] {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    const messages: Message[] = [];
    for (let message = this.#next(); message !== undefined; message = this.#next()) messages.push(message);
    return messages;
  }

  #next(): Message | undefined {
    const size = this.#protocol === 'postgres' ? this.#postgresSize() : this.#mysqlSize();
    if (size === undefined || this.#pending.length < size) return undefined;
    const bytes = this.#pending.subarray(0, size);
    this.#pending = this.#pending.subarray(size);
    const statement = this.#protocol === 'postgres' ? this.#postgresStatement(bytes) : mysqlStatement(bytes);
    this.#isStarted = true;
    return { bytes, statement };
  }

  /** The first message has no type byte. */
  #postgresSize(): number | undefined {
    const at = this.#isStarted ? 1 : 0;
    return this.#pending.length < at + 4 ? undefined : at + this.#pending.readUInt32BE(at);
  }

  #mysqlSize(): number | undefined {
    return this.#pending.length < 4 ? undefined : 4 + this.#pending.readUIntLE(0, 3);
  }

  #postgresStatement(bytes: Buffer): string | undefined {
    if (!this.#isStarted) return undefined;
    const type = String.fromCharCode(bytes[0] ?? 0);
    if (type !== 'Q' && type !== 'P') return undefined;
    const parts = bytes.subarray(5).toString('utf8').split('\0');
    return type === 'Q' ? parts[0] : parts[1];
  }
}

function mysqlStatement(bytes: Buffer): string | undefined {
  const isCommand = bytes[3] === 0;
  return isCommand && bytes[4] === 3 ? bytes.subarray(5).toString('utf8') : undefined;
}
