import { AppError } from '../../errors.js';
import type { CheckFinding, PullContext } from '../../model/source.js';
import { ok, wrong } from '../http/findings.js';
import { type FileStore, maxTextBytes, type Opened, type ReadText, tooLarge } from './file-store.js';
import type { FileOptions } from './options.js';
import {
  type BucketClient,
  type BucketConnection,
  connectBucket,
  missingCredentials,
  type Variables,
} from './s3-client.js';
import { spool } from './spool.js';

/** Bytes of one request; what a cut-off reply costs. */
const partBytes = 8 * 1024 * 1024;
/** Pages of a thousand names; more below one prefix are no exports of a cycle. */
const maxPages = 100;

/** Files in a bucket that speaks S3. They are copied to this machine part by part, each part of the same version. */
export function bucketStore(bucket: string, options: FileOptions, variables: Variables): FileStore {
  const connection = connectBucket(bucket, options, variables);
  return {
    shown: (name) => `s3://${bucket}/${name}`,
    list: async (pattern, prefix, context) => {
      const client = await connection.begin(context);
      return (await listAll(client, prefix)).filter((key) => pattern.matches(key)).sort();
    },
    open: async (name, _pattern, context) => openObject(connection, name, options.max_bytes, context),
    readText: async (name, _pattern, context) => readObject(connection, name, context),
    check: (pattern, context) => checkBucket(connection, bucket, pattern.root, options, variables, context),
    close: () => connection.close(),
  };
}

async function listAll(client: BucketClient, prefix: string): Promise<readonly string[]> {
  const keys: string[] = [];
  let after: string | null = null;
  for (let page = 1; page <= maxPages; page += 1) {
    const listed: Awaited<ReturnType<BucketClient['list']>> = await client.list(prefix, after);
    keys.push(...listed.keys);
    if (listed.next === null) return keys;
    after = listed.next;
  }
  throw new AppError('source_reply_invalid', { detail: `there are over ${maxPages} pages of objects below ${prefix}` });
}

/** Thrown inside a copy when the object is another version than the one that was begun. Class, because streams want errors. */
class Replaced extends Error {}

async function openObject(
  connection: BucketConnection,
  key: string,
  maxBytes: number,
  context: PullContext,
): Promise<Opened> {
  const client = await connection.begin(context);
  const head = await client.head(key);
  if (head === null) return { type: 'missing' };
  if (head.size > maxBytes) return { type: 'refused', refusal: tooLarge(head.size, maxBytes) };
  async function* parts(size: number): AsyncIterable<Uint8Array> {
    for (let from = 0; from < size; from += partBytes) {
      const part = await client.part(key, { size, etag: head?.etag ?? '' }, from, Math.min(from + partBytes, size) - 1);
      if (part === null) throw new Replaced();
      yield part;
    }
  }
  try {
    return await spool(parts(head.size), { name: key, maxBytes, signal: context.signal });
  } catch (error) {
    if (!(error instanceof Replaced)) throw error;
    const expected = 'an object that is not replaced while it is read; run again';
    return { type: 'refused', refusal: { code: 'file_changed', value: null, expected } };
  }
}

async function readObject(connection: BucketConnection, key: string, context: PullContext): Promise<ReadText> {
  const client = await connection.begin(context);
  const head = await client.head(key);
  if (head === null) return { type: 'missing' };
  if (head.size > maxTextBytes) return { type: 'refused', refusal: tooLarge(head.size, maxTextBytes) };
  const bytes = head.size === 0 ? new Uint8Array() : await client.part(key, head, 0, head.size - 1);
  if (bytes === null)
    return {
      type: 'refused',
      refusal: { code: 'file_changed', value: null, expected: 'a manifest that is not replaced while it is read' },
    };
  return { type: 'text', text: new TextDecoder().decode(bytes) };
}

async function checkBucket(
  connection: BucketConnection,
  bucket: string,
  prefix: string,
  options: FileOptions,
  variables: Variables,
  context: PullContext,
): Promise<readonly CheckFinding[]> {
  const missing = missingCredentials(options, variables);
  if (missing !== null) return [wrong('credentials', missing, 'Put a key that can only read the bucket into them.')];
  try {
    const { keys } = await (await connection.begin(context)).list(prefix, null);
    return [
      ok(
        'reachability',
        `The bucket ${bucket} can be listed; ${keys.length === 0 ? 'nothing lies' : 'files lie'} below ${prefix || 'its root'}.`,
      ),
    ];
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return [failure(error, bucket, options)];
  }
}

function failure(error: AppError, bucket: string, options: FileOptions): CheckFinding {
  const { name } = error.context;
  if (error.code === 'config_invalid')
    return wrong('reachability', `${error.message}.`.replace(/\.+$/, '.'), 'Correct sources.legacy and try again.');
  if (error.code !== 'source_unauthorised') return wrong('reachability', error.message, error.next);
  if (name === 'RequestTimeTooSkewed')
    return wrong(
      'clock',
      `The clock of this machine is too far off for the bucket ${bucket} to accept a signature.`,
      'Set the clock of this machine, for example with chrony.',
    );
  const isKnown = name === 'AccessDenied' || name === 'AllAccessDisabled';
  return isKnown
    ? wrong(
        'permissions',
        `The key in ${options.s3_access_key_id_env} may not list the bucket ${bucket}.`,
        'Allow it s3:ListBucket on the bucket and s3:GetObject on its objects, and nothing else.',
      )
    : wrong(
        'credentials',
        `The bucket ${bucket} refuses the key in ${options.s3_access_key_id_env}.`,
        `Check ${options.s3_access_key_id_env} and ${options.s3_secret_access_key_env}, and that they are of this server.`,
      );
}
