import { describe, test } from 'vitest';
import type { Check } from './check.js';
import { contractChecks } from './contract-checks.js';
import { faultChecks } from './fault-checks.js';
import type { Harness } from './harness.js';
import { readingChecks } from './reading-checks.js';

/** Every law of the adapter contract. An adapter is done when all of them hold. */
export const conformanceChecks: readonly Check[] = [...readingChecks, ...faultChecks, ...contractChecks];

/**
 * Registers one test for each law. A law that does not apply because of a declared capability is not left out: the
 * check then asserts that the behaviour is truly absent.
 */
export function adapterConformance(name: string, harness: Harness): void {
  describe(`${name} keeps the adapter contract`, () => {
    for (const check of conformanceChecks) test(check.name, () => check.run(harness));
  });
}
