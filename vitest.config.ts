import os from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Much of a test file's time is waiting for a process or a server, so two run at once even on two processors.
    maxWorkers: Math.max(2, os.availableParallelism() - 1),
  },
});
