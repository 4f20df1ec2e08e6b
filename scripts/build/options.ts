import { fileURLToPath } from 'node:url';
import type { BuildOptions } from 'esbuild';
import {
  answeredAtBuild,
  smallManifests,
  withoutJsonSchemas,
  withoutUnusedInLambda,
  zodJitless,
} from './build-time.ts';

/**
 * What the AWS client loads only when it needs it, and here never does: other places to look for credentials than the
 * environment, in which Lambda hands over those of the role, and event streams. Left out, they make the bundle 150 KB
 * smaller, and its modules can be joined without a wrapper around each.
 */
export const neverLoaded = [
  '@aws-sdk/credential-provider-http',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@smithy/core/event-streams',
  '@smithy/credential-provider-imds',
  'bowser',
];

/** What the MCP SDK would check a person's answer with: our server does that itself. 130 KB and 12 ms of every start. */
const ajv = fileURLToPath(new URL('../ajv-stub.ts', import.meta.url));
const alias = { ajv, 'ajv-formats': ajv };

/** A function, in parts: a provider that few installations use is read only by those that do. */
export const lambda = (name: string): BuildOptions => ({
  target: 'node24',
  external: neverLoaded,
  plugins: [answeredAtBuild, withoutJsonSchemas, smallManifests, withoutUnusedInLambda, zodJitless],
  splitting: true,
  chunkNames: `${name}-parts/[name]-[hash]`,
});

/** What every bundle has in common. */
export const everyBundle = {
  alias,
  bundle: true,
  format: 'esm',
  platform: 'node',
  mainFields: ['module', 'main'],
  // In a bundle every module would take itself for the one that was started.
  define: { 'import.meta.main': 'false' },
  minify: true,
} as const satisfies BuildOptions;
