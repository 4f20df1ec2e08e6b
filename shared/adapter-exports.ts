/**
 * What the package exports as `calloff/adapter`: all that a file needs that describes a provider of its own, and the
 * fixtures that `calloff test-adapter` holds it against. Nothing else of calloff is for others to import.
 */

export type * from './adapter/adapter.ts';
export { attributeField, costField, labelsField, tagsField } from './adapter/attributes.ts';
export { commonDetails } from './adapter/common-details.ts';
export * from './adapter/failures.ts';
export * from './adapter/job-ids.ts';
export { jobReader } from './adapter/job-reader.ts';
export {
  emptyPage,
  isBareEmpty,
  jobNameField,
  jobTimes,
  listEntries,
  missingJob,
  missingJobMessage,
  missingOf,
  nextCursor,
  noError,
  offsetOf,
  optional,
  readAll,
  readStateWord,
  time,
  unixMillis,
  unixSeconds,
} from './adapter/parsing.ts';
export type * from './adapter/provider.ts';
export type * from './adapter/provider-facts.ts';
export { z } from './adapter/zod-parts.ts';
export type { State } from './contract/outcome.ts';
export { type Auth, secret } from './http/auth/auth.ts';
export type { ProviderRequest, ProviderResponse, TurnedAway } from './http/types.ts';
export { path } from './http/url-path.ts';
export * from './laws/fixtures.ts';
