import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export type Mail = { readonly from: string; readonly to: readonly string[]; readonly raw: string };

export type Mailbox = {
  /** smtp://… with the user and the password that it wants. */
  readonly url: string;
  readonly mails: Mail[];
  /** Recipients that are refused, with the code of SMTP. */
  readonly refused: Map<string, number>;
  close(): Promise<void>;
};

/** A real SMTP server on this machine that wants a sign-in and keeps what it is sent. */
export async function startMailbox(): Promise<Mailbox> {
  const mails: Mail[] = [];
  const refused = new Map<string, number>();
  const server = new SMTPServer({
    authOptional: false,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    onAuth: ({ username, password }, _session, done) =>
      username === 'bot' && password === 'p@ss' ? done(null, { user: 'bot' }) : done(new Error('no')),
    onRcptTo: ({ address }, _session, done) => {
      const code = refused.get(address);
      done(code === undefined ? null : Object.assign(new Error('refused'), { responseCode: code }));
    },
    onData: (stream, session, done) => {
      let raw = '';
      stream.setEncoding('utf8').on('data', (text: string) => {
        raw += text;
      });
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({ from: mailFrom === false ? '' : mailFrom.address, to: rcptTo.map(({ address }) => address), raw });
        done();
      });
    },
  });
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const { port } = listening.address() as AddressInfo;
  return {
    url: `smtp://bot:p%40ss@127.0.0.1:${port}`,
    mails,
    refused,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
