import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { AppError } from '../../errors.js';

/** Names of the two files of a backup. */
export const dumpFile = 'database.dump';
export const manifestFile = 'manifest.json';

const count = z.string().regex(/^\d+$/);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const manifestSchema = z.strictObject({
  version: z.literal(1),
  /** When the backup was begun, ISO 8601 in UTC. What it holds is as of then. */
  takenAt: z.iso.datetime(),
  /** `server_version` of the Postgres it was taken from. */
  postgres: z.string(),
  /** Migrations the database had, in order. */
  migrations: z.array(z.string()),
  dump: z.strictObject({ bytes: count, sha256 }),
  content: z.strictObject({
    schema: sha256,
    tables: z.array(z.strictObject({ table: z.string(), rows: count, digest: sha256 })),
    sequences: z.array(
      z.strictObject({
        sequence: z.string(),
        last: z
          .string()
          .regex(/^-?\d+$/)
          .nullable(),
      }),
    ),
  }),
});

/** What a backup says of itself. Counts are decimal text, hashes are sha256 in hex. */
export type Manifest = z.infer<typeof manifestSchema>;

/**
 * Reads the manifest of a backup and holds the dump beside it to its size and hash. Throws AppError `file_unreadable`
 * when a file is not there and `backup_damaged` when it is not what was written.
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const manifest = parseManifest(await readBackupFile(folder, manifestFile), folder);
  const found = await measureFile(path.join(folder, dumpFile));
  const { bytes, sha256: expected } = manifest.dump;
  if (found.bytes !== bytes)
    throw new AppError('backup_damaged', { detail: `${dumpFile} has ${found.bytes} bytes instead of ${bytes}` });
  if (found.sha256 !== expected)
    throw new AppError('backup_damaged', { detail: `${dumpFile} has the hash ${found.sha256} instead of ${expected}` });
  return manifest;
}

async function readBackupFile(folder: string, name: string): Promise<string> {
  const file = path.join(folder, name);
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new AppError('file_unreadable', { detail: file, cause });
  });
}

function parseManifest(text: string, folder: string): Manifest {
  const where = path.join(folder, manifestFile);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new AppError('backup_damaged', { detail: `${where} is not JSON`, cause });
  }
  const read = manifestSchema.safeParse(json);
  if (read.success) return read.data;
  const lines = read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new AppError('backup_damaged', { detail: `${where}\n${lines.join('\n')}` });
}

/** Size and sha256 of a file, read as a stream. Throws AppError `file_unreadable`. */
export async function measureFile(file: string): Promise<Manifest['dump']> {
  const digest = createHash('sha256');
  let bytes = 0n;
  try {
    await pipeline(createReadStream(file), async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        bytes += BigInt(chunk.length);
        digest.update(chunk);
      }
    });
  } catch (cause) {
    throw new AppError('file_unreadable', { detail: file, cause });
  }
  return { bytes: bytes.toString(), sha256: digest.digest('hex') };
}
