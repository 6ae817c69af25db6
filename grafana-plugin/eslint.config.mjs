import { defineConfig } from 'eslint/config';
import baseConfig from './.config/eslint.config.mjs';

export default defineConfig([
  {
    ignores: ['**/node_modules/', '**/dist/', '**/coverage', 'test-results/', 'playwright-report/', 'playwright/.auth/', '**/.eslintcache'],
  },
  ...baseConfig,
  {
    // These run in Node.js, not in Grafana.
    files: ['scripts/**/*.ts'],
    rules: { '@typescript-eslint/no-explicit-any': 'error' },
  },
]);
