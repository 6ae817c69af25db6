import { defineConfig } from 'vitest/config';

/**
 * `unit` runs anywhere, in parallel.
 * `browser` needs Chromium and runs one file after another. `lab` needs root and the lab's packages, and runs one file after another.
 * What emulated guests and a browser do on a busy machine is tried once more; the run's summary names every test that needed it.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['exporter/**/*.test.ts', 'test/**/*.test.ts', 'alert-rules/**/*.test.ts', 'grafana-plugin/scripts/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', '**/*.lab.test.ts', '**/*.browser.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/**/*.browser.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 180_000,
          retry: 1,
        },
      },
      {
        test: {
          name: 'lab',
          include: ['**/*.lab.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          retry: 1,
        },
      },
    ],
  },
});
