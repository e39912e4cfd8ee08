import { z } from 'zod';
import { checkAddress, privateAddressOption } from '../http/private-address.js';

const variable = z
  .string()
  .regex(/^[A-Z_][A-Z0-9_]*$/, 'Write the name of an environment variable, such as AWS_ACCESS_KEY_ID');

/** Where the file of a cycle lies, and what proves it; part of the block of every adapter of files. */
export const fileOptions = {
  path: z
    .string()
    .min(1)
    .describe(
      'The file of a cycle, relative to this file, or s3://bucket/key; {cycle} is replaced, * stands for anything within a name',
    ),
  manifest: z
    .string()
    .min(1)
    .optional()
    .describe(
      'JSON that proves the file whole: rows, documents, sha256, control_totals per currency; {cycle} is replaced. With *: each names its file and as_of, and the newest counts',
    ),
  max_bytes: z
    .int()
    .min(1)
    .default(10 * 1024 * 1024 * 1024)
    .describe('A larger file is refused, as delivered or unpacked'),
  s3_endpoint: z
    .string()
    .regex(
      /^(https:\/\/[^\s/?#@]+|http:\/\/(127\.0\.0\.1|localhost)(:\d+)?)\/?$/,
      'Write https://…; http is allowed on this machine only',
    )
    .optional()
    .describe('A server that speaks S3, in place of Amazon; buckets are then part of the path'),
  ...privateAddressOption,
  s3_region: z.string().min(1).default('us-east-1').describe('Region of the bucket'),
  s3_path_style: z
    .boolean()
    .optional()
    .describe('true: the bucket is part of the path and not of the host; so with s3_endpoint, unless false'),
  s3_access_key_id_env: variable
    .default('AWS_ACCESS_KEY_ID')
    .describe('Name of the environment variable with the id of a key that can only read'),
  s3_secret_access_key_env: variable
    .default('AWS_SECRET_ACCESS_KEY')
    .describe('Name of the environment variable with the secret of that key'),
  s3_session_token_env: variable
    .default('AWS_SESSION_TOKEN')
    .describe('Name of the environment variable with the session of a temporary key; it may be unset'),
};
export type FileOptions = z.infer<z.ZodObject<typeof fileOptions>>;

/** What looks at more than one option. Used by every adapter of files. */
export function checkFiles(
  options: Pick<FileOptions, 'path' | 'manifest' | 's3_endpoint' | 'allow_private_address'>,
  context: z.RefinementCtx,
): void {
  const { path, manifest } = options;
  checkAddress('s3_endpoint', options.s3_endpoint, options.allow_private_address, context);
  const refuse = (key: 'path' | 'manifest', message: string) =>
    context.addIssue({ code: 'custom', path: [key], message });
  for (const [key, text] of [
    ['path', path],
    ['manifest', manifest],
  ] as const)
    if (text?.startsWith('s3:') === true && !/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/[^/].*$/.test(text))
      refuse(key, 'is no address of an object. Write s3://bucket/key');
  if (path.includes('*') && manifest?.includes('*') !== true)
    refuse('path', 'has a *, so there may be several files. Say by manifest: …*… which of them counts');
  if (manifest !== undefined && manifest.startsWith('s3:') !== path.startsWith('s3:'))
    refuse('manifest', 'lies elsewhere than the file. Keep a manifest beside its file');
}
