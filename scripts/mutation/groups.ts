import { type ProviderId, providerIds } from '../../shared/contract/provider-ids.ts';

/** Modules that are changed together, and the quick tests that must notice. */
export interface MutationGroup {
  readonly name: string;
  /** What the modules decide, as the table names it. */
  readonly decides: string;
  readonly modules: readonly string[];
  /** The quickest first. */
  readonly tests: readonly string[];
  /** Words in the titles of tests that simulate hours, and that the run leaves out. */
  readonly leavesOut?: readonly string[];
  /** What a mutant may take beyond the time of its tests, in milliseconds. Default: 20,000. */
  readonly timeoutMs?: number;
  /** Whether the modules make schemas when they are first needed: then each mutant has them loaded for it alone. */
  readonly makesLate?: boolean;
  /** The provider, if the module is an adapter: test/mutation/one-adapter.ts holds it to its laws. */
  readonly adapter?: string;
}

const adapterTest = 'test/mutation/one-adapter.ts';
/** What else judges one adapter alone. */
const ownTests: { readonly [id in ProviderId]?: readonly string[] } = {
  'github-actions': ['test/providers/github-actions-pages.test.ts'],
};

/** Modules of the rate limiter. */
function ofLimiter(...names: readonly string[]): string[] {
  return names.map((name) => `shared/http/rate-limit/${name}.ts`);
}

/** What decides whether a cancel is sent, and what is said of it. */
export const mutationGroups: readonly MutationGroup[] = [
  {
    name: 'outcomes',
    decides: 'what may be said of a job',
    modules: ['shared/engine/classify-outcome.ts', 'shared/engine/attempt-history.ts'],
    tests: ['test/truth/outcome-rows.test.ts', 'test/truth/attempt-history.test.ts'],
  },
  {
    name: 'policy',
    decides: 'who may cancel what',
    modules: ['shared/access/policy.ts', 'shared/lib/wildcard.ts'],
    tests: ['test/access/policy.test.ts', 'test/wildcard.test.ts'],
  },
  {
    name: 'confirmations',
    decides: 'what needs a yes, and whose counts',
    modules: ['shared/access/confirmation/*.ts'],
    tests: [
      'test/access/confirmation-rules.test.ts',
      'test/access/confirmation-waiting.test.ts',
      'test/access/confirmation-scope.test.ts',
    ],
    makesLate: true,
  },
  {
    name: 'turns',
    decides: 'whose request is next, and when there is room for it',
    modules: ofLimiter(
      'ask-to-leave',
      'ceiling',
      'pool',
      'refused-burst',
      'retry-after-hold',
      'start-window',
      'turn',
      'turn-queue',
    ),
    tests: [
      'test/http/limiter-parts.test.ts',
      'test/http/start-window.test.ts',
      'test/http/turn-queue.test.ts',
    ],
    timeoutMs: 5_000,
  },
  {
    name: 'learned-limit',
    decides: 'how many requests may start in a second',
    modules: ofLimiter('learned-limit', 'pool-size', 'trial-patience'),
    tests: ['test/http/learned-limit.test.ts', 'test/http/trial-patience.test.ts'],
    timeoutMs: 5_000,
  },
  {
    name: 'learned-state',
    decides: 'what one process takes over from another',
    modules: ofLimiter('learned-state'),
    tests: ['test/http/learned-schema.test.ts'],
    makesLate: true,
    timeoutMs: 5_000,
  },
  {
    name: 'accounts',
    decides: 'which requests share a limit',
    modules: ofLimiter('accounts'),
    tests: ['test/http/limiter-copies.test.ts', 'test/http/accounts.test.ts'],
    timeoutMs: 5_000,
  },
  {
    name: 'limiter',
    decides: 'how fast requests are sent',
    modules: ofLimiter('adaptive-rate-limiter'),
    tests: [
      'test/http/limiter-copies.test.ts',
      'test/http/at-once.test.ts',
      'test/http/adaptive-rate-limiter.test.ts',
      'test/http/turns.test.ts',
    ],
    leavesOut: ['never exceeded', 'calls that wait take turns'],
    timeoutMs: 5_000,
  },
  {
    name: 'operation-limiter',
    decides: 'whether two operations share a limit that is not documented',
    modules: ofLimiter('operation-limiter'),
    tests: [
      'test/http/operation-sharing.test.ts',
      'test/http/operation-limiter.test.ts',
      'test/http/limiter-copies.test.ts',
      'test/http/shared-limit.test.ts',
    ],
    leavesOut: ['is met once'],
    timeoutMs: 5_000,
  },
  {
    name: 'readings',
    decides: 'what adapters read answers with',
    makesLate: true,
    modules: ['shared/adapter/*.ts'],
    tests: [
      'test/providers/attributes.test.ts',
      'test/providers/errors.test.ts',
      'test/providers/job-ids.test.ts',
      'test/providers/openai-api.test.ts',
      'test/providers/options.test.ts',
      'test/providers/pages.test.ts',
      'test/providers/reading.test.ts',
      'test/providers/common-details.test.ts',
      'test/mutation/some-adapters.ts',
    ],
  },
  ...providerIds.map((id) => ({
    name: id,
    decides: 'what is sent, and what an answer means',
    modules: [`shared/providers/${id}.ts`],
    tests: [adapterTest, ...(ownTests[id] ?? [])],
    adapter: id,
  })),
];
