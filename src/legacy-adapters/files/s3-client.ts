import { Readable } from 'node:stream';
import type { GetObjectCommandOutput, S3Client } from '@aws-sdk/client-s3';
import { AppError } from '../../errors.js';
import type { PullContext } from '../../model/source.js';
import { retrying } from '../http/exchange.js';
import { retryAfterMs } from '../../model/retry-after.js';
import { HttpTransport } from '../http/transport.js';
import type { FileOptions } from './options.js';

export type Variables = Readonly<Record<string, string | undefined>>;

/** What of an object identifies the version that is read. */
export type ObjectHead = { readonly size: number; readonly etag: string };

/** A bucket as far as it is read. Every call is one request with the shared budget of attempts. */
export type BucketClient = {
  /** Keys with a prefix, a page of at most a thousand; `next` asks for the page after it. */
  list(
    prefix: string,
    after: string | null,
  ): Promise<{ readonly keys: readonly string[]; readonly next: string | null }>;
  /** Null when there is no such object. */
  head(key: string): Promise<ObjectHead | null>;
  /** Bytes `from` to `to`, both included, of one version; null when the object is no longer that version. */
  part(key: string, head: ObjectHead, from: number, to: number): Promise<Uint8Array | null>;
};

/** The client of a bucket, and what closes its connections. */
export type BucketConnection = {
  begin(context: PullContext): Promise<BucketClient>;
  close(): Promise<void>;
};

/** Why credentials are not complete, in words; null when they are. */
export function missingCredentials(options: FileOptions, variables: Variables): string | null {
  const names = [options.s3_access_key_id_env, options.s3_secret_access_key_env];
  const unset = names.filter((name) => (variables[name] ?? '') === '');
  if (unset.length === 0) return null;
  return `${unset.length === 1 ? 'The environment variable' : 'The environment variables'} ${unset.join(' and ')} ${unset.length === 1 ? 'is' : 'are'} not set.`;
}

/**
 * The official SDK for signing and for reading replies, over our own transport, so that a request can only read, a body is
 * bounded, and attempts are counted once.
 */
export function connectBucket(bucket: string, options: FileOptions, variables: Variables): BucketConnection {
  const transport = new HttpTransport({
    system: 'S3',
    isHarmless: (method) => method === 'HEAD',
    allowsPrivateAddress: options.allow_private_address,
  });
  return {
    begin: async (context) => {
      const missing = missingCredentials(options, variables);
      if (missing !== null) throw new AppError('config_invalid', { detail: `sources.legacy: ${missing}` });
      return bucketClient(bucket, await makeClient(options, variables, transport, context.signal), context);
    },
    close: () => transport.close(),
  };
}

async function makeClient(
  options: FileOptions,
  variables: Variables,
  transport: HttpTransport,
  signal: AbortSignal,
): Promise<S3Client> {
  // Loaded when it is needed: every command would pay for it.
  const { S3Client: Client } = await import('@aws-sdk/client-s3');
  const sessionToken = variables[options.s3_session_token_env];
  return new Client({
    region: options.s3_region,
    ...(options.s3_endpoint !== undefined && { endpoint: options.s3_endpoint }),
    forcePathStyle: options.s3_path_style ?? options.s3_endpoint !== undefined,
    credentials: {
      accessKeyId: variables[options.s3_access_key_id_env] ?? '',
      secretAccessKey: variables[options.s3_secret_access_key_env] ?? '',
      ...(sessionToken !== undefined && sessionToken !== '' && { sessionToken }),
    },
    maxAttempts: 1,
    // The manifest's sha256 and the version of the object tell whether it is whole; servers that only speak S3 have no more.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: new TransportHandler(transport, signal),
  });
}

type SdkRequest = {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
};

/** Sends the SDK's signed requests through our transport. Class, because the SDK wants one. */
class TransportHandler {
  readonly metadata = { handlerProtocol: 'http/1.1' };
  readonly #transport: HttpTransport;
  readonly #signal: AbortSignal;

  constructor(transport: HttpTransport, signal: AbortSignal) {
    this.#transport = transport;
    this.#signal = signal;
  }

  async handle(request: SdkRequest) {
    const { host: _host, ...headers } = request.headers;
    const sent = { method: request.method, url: urlOf(request), headers, body: null };
    const { status, headers: received, bytes } = await this.#transport.send(sent, this.#signal);
    return { response: { statusCode: status, headers: received, body: Readable.from([bytes], { objectMode: false }) } };
  }

  updateHttpClientConfig(): void {
    // Timeouts are the transport's own.
  }

  httpHandlerConfigs(): object {
    return {};
  }
}

function urlOf({ protocol, hostname, port, path, query }: SdkRequest): string {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]) => {
    const values = value === null ? [null] : typeof value === 'string' ? [value] : value;
    return values.map((one) => (one === null ? encode(name) : `${encode(name)}=${encode(one)}`));
  });
  const search = pairs.length === 0 ? '' : `?${pairs.join('&')}`;
  return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}${search}`;
}

const encode = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);

async function bucketClient(bucket: string, client: S3Client, context: PullContext): Promise<BucketClient> {
  const { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command } = await import('@aws-sdk/client-s3');
  const ask = <Reply>(what: string, send: () => Promise<Reply>) =>
    retrying(context, async () => {
      try {
        return await send();
      } catch (error) {
        throw translated(error, `s3://${bucket}/${what}`, context);
      }
    });
  return {
    list: (prefix, after) =>
      ask(prefix, async () => {
        const command = new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          ...(after !== null && { ContinuationToken: after }),
        });
        const reply = await client.send(command);
        // A login page is XML without any of this.
        if (reply.KeyCount === undefined) throw invalid(`s3://${bucket}/${prefix}`, 'a list of objects');
        const keys = (reply.Contents ?? []).flatMap(({ Key }) => Key ?? []);
        return { keys, next: reply.IsTruncated === true ? (reply.NextContinuationToken ?? null) : null };
      }),
    head: (key) =>
      ask(key, async () => {
        try {
          const reply = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
          if (reply.ETag === undefined || reply.ContentLength === undefined)
            throw invalid(`s3://${bucket}/${key}`, 'the size and version of an object');
          return { size: reply.ContentLength, etag: reply.ETag };
        } catch (error) {
          if (statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket') return null;
          throw error;
        }
      }),
    part: (key, head, from, to) =>
      ask(key, async () => {
        try {
          const command = new GetObjectCommand({
            Bucket: bucket,
            Key: key,
            Range: `bytes=${from}-${to}`,
            IfMatch: head.etag,
          });
          return await bytesOf(await client.send(command), { key, head, from, to });
        } catch (error) {
          const status = statusOf(error);
          if (status === 412 || status === 404 || status === 416) return null;
          throw error;
        }
      }),
  };
}

/** The bytes of a reply that is exactly what was asked for; anything else, such as a web page, is none. */
async function bytesOf(
  reply: GetObjectCommandOutput,
  asked: { readonly key: string; readonly head: ObjectHead; readonly from: number; readonly to: number },
): Promise<Uint8Array> {
  const { key, head, from, to } = asked;
  const bytes = await reply.Body?.transformToByteArray();
  const isWhole =
    reply.ETag === head.etag &&
    reply.ContentRange === `bytes ${from}-${to}/${head.size}` &&
    bytes?.length === to - from + 1;
  if (!isWhole || bytes === undefined) throw invalid(key, `bytes ${from} to ${to} of ${head.size}`);
  return bytes;
}

const invalid = (what: string, expected: string): AppError =>
  new AppError('source_reply_invalid', { detail: `the reply to ${what} is not ${expected}` });

function statusOf(error: unknown): number | undefined {
  const metadata = error instanceof Error && '$metadata' in error ? error.$metadata : undefined;
  return typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata
    ? (metadata.httpStatusCode as number | undefined)
    : undefined;
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');

/** An error of the SDK as one of ours, by its status and name and never by its text. */
function translated(error: unknown, what: string, context: PullContext): unknown {
  context.signal.throwIfAborted();
  if (error instanceof AppError) return error;
  const [status, name] = [statusOf(error), nameOf(error)];
  const detail = `${what}: ${name === '' ? 'no reply' : name}`;
  if (status === undefined) return error;
  if (status === 429 || (status === 503 && name === 'SlowDown')) {
    const waitMs = retryAfterMs(retryAfterOf(error), context.now());
    context.rateLimited(waitMs, what);
    return new AppError('source_rate_limited', { detail, retryAfterMs: waitMs, cause: error });
  }
  if (status === 401 || status === 403)
    return new AppError('source_unauthorised', { detail, cause: error, context: { status, name } });
  if (status >= 500) return new AppError('source_unreachable', { detail, cause: error, context: { status } });
  if (name === 'NoSuchBucket')
    return new AppError('config_invalid', { detail: `sources.legacy.path names a bucket that is not there: ${what}` });
  if (status === 301 || status === 307 || status === 400)
    return new AppError('config_invalid', {
      detail: `${what} is refused with ${name}; sources.legacy.s3_region, s3_endpoint or s3_path_style may be wrong`,
      cause: error,
    });
  return new AppError('source_reply_invalid', { detail, cause: error, context: { status } });
}

function retryAfterOf(error: unknown): string | null {
  const response = error instanceof Error && '$response' in error ? error.$response : undefined;
  const headers = typeof response === 'object' && response !== null && 'headers' in response ? response.headers : {};
  const value = (headers as Readonly<Record<string, unknown>>)['retry-after'];
  return typeof value === 'string' ? value : null;
}
