/** Programs that others wrote against the real listeners; what is absent is skipped with its name. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/foreign/**/*.foreign.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 180_000,
    pool: 'forks',
    maxWorkers: 1,
    execArgv: ['--liftoff-only', '--disable-warning=ExperimentalWarning'],
  },
});
