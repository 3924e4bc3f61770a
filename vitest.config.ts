import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{kernel,contracts,platform,packages,modules,apps,tests,tools}/**/*.test.{ts,tsx}'],
    exclude: ['**/node_modules/**', 'tests/foreign/**', 'tests/browser/**', 'tests/storage/**'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    pool: 'forks',
    maxWorkers: 2,
    execArgv: ['--liftoff-only', '--disable-warning=ExperimentalWarning'],
  },
});
