import fc from 'fast-check';
import { expect } from 'vitest';

/**
 * Checks a property over `runs` cases and fails when fewer than `floor` of them were interesting, so that no property
 * passes by never meeting what it speaks of. Floors lie well below what is usual, so that chance alone does not fail. The body says `seen()` when its case was one. SHADOWBILL_PROPERTY_RUNS
 * multiplies the runs for a soak. A failure prints the shrunk case and fast-check's seed; SHADOWBILL_PROPERTY_SEED runs
 * it again.
 */
export function holds<Input>(
  arbitrary: fc.Arbitrary<Input>,
  options: { readonly runs: number; readonly floor: number },
  body: (input: Input, seen: () => void) => void,
  show: (input: Input) => string = () => '',
): void {
  let interesting = 0;
  fc.assert(
    fc.property(arbitrary, (input) => {
      let isInteresting = false;
      try {
        body(input, () => {
          isInteresting = true;
        });
      } catch (error) {
        throw withCase(error, show(input));
      }
      if (isInteresting) interesting += 1;
    }),
    parameters(options.runs),
  );
  expect(interesting, 'interesting cases').toBeGreaterThanOrEqual(options.floor);
}

/** As `holds`, for a body that waits for the database. */
export async function holdsAsync<Input>(
  arbitrary: fc.Arbitrary<Input>,
  options: { readonly runs: number; readonly floor: number },
  body: (input: Input, seen: (count?: number) => void) => Promise<void>,
  show: (input: Input) => string = () => '',
): Promise<void> {
  let interesting = 0;
  await fc.assert(
    fc.asyncProperty(arbitrary, async (input) => {
      let found = 0;
      try {
        await body(input, (count = 1) => {
          found += count;
        });
      } catch (error) {
        throw withCase(error, show(input));
      }
      interesting += found;
    }),
    parameters(options.runs),
  );
  expect(interesting, 'interesting cases').toBeGreaterThanOrEqual(options.floor);
}

function withCase(error: unknown, shown: string): Error {
  return new Error(`${error instanceof Error ? error.message : String(error)}\n${shown}`, { cause: error });
}

function parameters(runs: number): { readonly numRuns: number; readonly seed?: number } {
  const factor = process.env['SHADOWBILL_PROPERTY_RUNS'];
  const seed = process.env['SHADOWBILL_PROPERTY_SEED'];
  return {
    numRuns: factor === undefined ? runs : runs * Number(factor),
    ...(seed !== undefined && { seed: Number(seed) }),
  };
}
