import { defineConfig } from 'vitest/config';

// The one default export in the repository: vitest asks for it.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/seed.ts'],
    pool: 'threads',
    maxWorkers: 2,
    // Property tests and runs of the built command share this ceiling; most tests take milliseconds.
    testTimeout: 60_000,
  },
});
