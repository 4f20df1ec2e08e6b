import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { KeptThread } from './kept-thread.ts';

/** The tests that judge the modules which scripts/mutation/run.ts has changed, and no others. */
const { CALLOFF_MUTATION_TESTS = '' } = process.env;
const files = CALLOFF_MUTATION_TESTS.split(' ');
const placeOf = ({ moduleId }: TestSpecification) => files.findIndex((file) => moduleId.endsWith(file));

/** Keeps the order in which the files are named: the quickest first, because the first test that fails ends a run. */
class AsNamed extends BaseSequencer {
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    return specifications.toSorted((one, other) => placeOf(one) - placeOf(other));
  }
}

export default defineConfig({
  resolve: {
    alias: { 'calloff/adapter': fileURLToPath(new URL('../../shared/adapter-exports.ts', import.meta.url)) },
  },
  plugins: [
    {
      name: 'kept-thread',
      // Stryker's runner knows only the pools of Vitest, so this takes their place after it has chosen one.
      configureVitest({ project }) {
        project.config.pool = 'kept';
        project.config.poolRunner = {
          name: 'kept',
          createPoolWorker: (options) => new KeptThread(options),
        };
      },
    },
  ],
  test: {
    include: files,
    sequence: { sequencer: AsNamed },
    setupFiles: ['test/mutation/setup.ts'],
    reporters: [{}],
    isolate: false,
    testTimeout: 30_000,
  },
});
