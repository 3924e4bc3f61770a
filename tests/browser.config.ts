/** The product in a real browser: the story, a change, commissioning, configuration, accessibility, and the screenshots of the documents. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/browser/**/*.browser.test.ts'],
    testTimeout: 420_000,
    hookTimeout: 180_000,
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  },
});
