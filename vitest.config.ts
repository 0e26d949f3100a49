import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{electron,native-models,renderer}/**/*.test.{ts,tsx}'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
