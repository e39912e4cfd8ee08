import { AssertionError } from 'node:assert';
import { expect } from 'vitest';
import { AppError } from '../../src/errors.js';
import type { PullEvent } from '../../src/model/source.js';
import type { Harness } from './harness.js';
import { conformanceChecks } from './suite.js';

/** What a broken variant makes of an event of the whole adapter: another event, or nothing. */
export type Break = (event: PullEvent) => PullEvent | null;

/** The harness with its source broken in one way, so that an adapter's own tests can show that the suite finds it out. */
export function broken(harness: Harness, change: Break): Harness {
  return {
    ...harness,
    open: async (setup) => {
      const opened = await harness.open(setup);
      const { source } = opened;
      return {
        ...opened,
        source: {
          ...source,
          pull: async function* (scope, context) {
            for await (const event of source.pull(scope, context)) {
              const changed = change(event);
              if (changed !== null) yield changed;
            }
          },
        },
      };
    },
  };
}

/** Expects the law with this name to refuse the variant: by an assertion, or by what the source then throws. */
export async function expectFoundOut(law: string, variant: Harness): Promise<void> {
  const check = conformanceChecks.find(({ name }) => name === law);
  if (check === undefined) throw new Error(`there is no law named ${law}`);
  await expect(check.run(variant)).rejects.toSatisfy(
    (error: unknown) => error instanceof AssertionError || error instanceof AppError,
  );
}
