import { z } from 'zod';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** What a sign-off pack says of itself. Every file of the pack but this one is in `files`, with its hash. */
export const manifestSchema = z.object({
  schemaVersion: z.literal(1),
  cycle: z.string(),
  run: z.string(),
  resultHash: z.string(),
  configHash: z.string(),
  state: z.string(),
  finishedAt: z.string().nullable(),
  inputs: z.array(z.object({ side: z.string(), inputHash: z.string().nullable(), asOf: z.string().nullable() })),
  signatures: z.array(
    z.object({
      person: z.string(),
      part: z.string(),
      signedAt: z.string(),
      resultHash: z.string(),
      certification: z.string(),
      counts: z.boolean(),
    }),
  ),
  /** The last entry of the audit log when the pack was made: with it, a log that was cut later is found out. */
  audit: z.object({ seq: z.string(), hash: sha256 }),
  /** What is not in the pack, and why. */
  leftOut: z.array(z.string()),
  files: z.array(z.object({ name: z.string(), bytes: z.number().int(), sha256 })),
});
export type Manifest = z.output<typeof manifestSchema>;
